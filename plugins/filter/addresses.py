# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filters that read the tunnel's address plan; what they take and give is in their YAML files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.policy import addresses
from ansible_collections.sovereign.vdc.plugins.plugin_utils.filters import said


def tunnel_plan(network: str, others: list[str]) -> str:
    """The network, checked."""
    return str(addresses.plan(network, others))


def node_tunnel_address(name: str, network: str, role: str, remote_range: str = "1") -> str:
    """The address of the node of that derived name."""
    return addresses.node_address(network, *addresses.kind_and_number(name, role, remote_range))


def tenant_tunnel_addresses(number: Any, network: str) -> dict[str, str]:
    """The two addresses of the tenant of that number."""
    return addresses.tenant_addresses(network, int(number))


class FilterModule:
    """Ansible's entry."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filters by name."""
        works = (node_tunnel_address, tenant_tunnel_addresses, tunnel_plan)
        return {work.__name__: said(work, addresses.PlanError) for work in works}
