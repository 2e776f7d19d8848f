# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filters about whose resources are; their documentation is in the YAML files of the same names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.policy import identity


class FilterModule:
    """Registers the filters."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filters by name."""
        return {"claim_conflict": identity.claim_conflict, "tenant_claims": identity.tenant_claims}
