# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filters that read the site for the ledger, and the ledger's work for the clouds; what they take and give is in their YAML files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.policy import site
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.tiers import CatalogError
from ansible_collections.sovereign.vdc.plugins.plugin_utils.filters import said


class FilterModule:
    """Ansible's entry."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filters by name."""
        works = (
            site.machine_states,
            site.machines_remade,
            site.machines_unserved,
            site.placement_nodes,
            site.placement_pools,
            site.tenant_records,
        )
        return {work.__name__: said(work, CatalogError) for work in works}
