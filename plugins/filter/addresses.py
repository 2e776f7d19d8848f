# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filters for networks and the tunnel's address plan; their documentation is in the YAML files of the same names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.policy import addresses
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.admin_networks import admin_networks
from ansible_collections.sovereign.vdc.plugins.plugin_utils.filters import as_filter


def tunnel_plan(network: str, others: list[str]) -> str:
    """The network, validated."""
    return str(addresses.plan(network, others))


def node_tunnel_address(name: str, network: str, role: str, remote_range: str = "1") -> str:
    """The tunnel address of the node with that derived name."""
    return addresses.node_address(network, *addresses.kind_and_number(name, role, remote_range))


def tenant_tunnel_addresses(number: Any, network: str) -> dict[str, str]:
    """The client and the server address of the tenant with that id."""
    return addresses.tenant_addresses(network, int(number))


class FilterModule:
    """Registers the filters."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filters by name."""
        functions = (node_tunnel_address, tenant_tunnel_addresses, tunnel_plan)
        plan = {function.__name__: as_filter(function, addresses.PlanError) for function in functions}
        return {**plan, "admin_networks": as_filter(admin_networks, ValidationError)}
