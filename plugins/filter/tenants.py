# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filters for tenants; their documentation is in the YAML files of the same names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.policy import tenant_names


def tenant_name_fault(name: Any) -> str:
    """What is wrong with a tenant's name, empty if nothing is."""
    return tenant_names.fault(name)


class FilterModule:
    """Registers the filters."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filters by name."""
        return {tenant_name_fault.__name__: tenant_name_fault}
