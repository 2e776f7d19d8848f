# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filters for nodes, pools, machines and DNS records; their documentation is in the YAML files of the same names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.policy import site
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.tiers import CatalogError
from ansible_collections.sovereign.vdc.plugins.plugin_utils.filters import as_filter


class FilterModule:
    """Registers the filters."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filters by name."""
        functions = (
            site.machine_states,
            site.machines_remade,
            site.machines_unserved,
            site.placement_nodes,
            site.placement_pools,
            site.record_problem,
            site.tenant_records,
        )
        return {function.__name__: as_filter(function, CatalogError) for function in functions}
