# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The tunnel's address plan: every address derives from a number, so it is the same in every run.

One network is divided into: storage nodes (the first 1/16), shared compute nodes (the second 1/16),
dedicated compute nodes of tenants (the second 1/8), tenants' client addresses (the second quarter),
tenants' server addresses (the third), and dedicated compute nodes in remote locations (the last quarter,
in two ranges, because a tenant that moves between remote locations has two of them for a while).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

try:
    import netaddr
except ImportError:
    netaddr = None

# The first address and the number of addresses of each kind of node, in sixteenths of the network.
KINDS = {"storage": (0, 1), "compute": (1, 1), "tenant": (2, 2), "remote 1": (12, 2), "remote 2": (14, 2)}
# fleet-compute-3, fleet-tenant-7, fleet-tenant-7-hel1
NODE = re.compile(r"-tenant-(\d+)(?P<location>-(?!(?:compute|storage|tenant)-\d)[a-z][a-z0-9-]*)?$|-(\d+)$")
MAX_PREFIX = 20  # a longer prefix leaves too few addresses for a fleet


class PlanError(ValueError):
    """The network or a number is invalid; the message says which values are valid."""


def plan(network: str, others: Iterable[str] = ()) -> netaddr.IPNetwork:
    """The tunnel's ``network``, checked against the ``others`` that the nodes use; raises ``PlanError``."""
    if netaddr is None:
        raise PlanError("the Python library netaddr is missing on the controller; install it")
    try:
        net = netaddr.IPNetwork(network)
    except (netaddr.AddrFormatError, ValueError):
        raise PlanError(f"vdc_tunnel_network: {network!r} is not a network; use one such as 10.99.0.0/16") from None
    if net.version != 4 or not net.network.is_ipv4_private_use() or net.prefixlen > MAX_PREFIX:
        raise PlanError(f"vdc_tunnel_network: {network} must be a private IPv4 network of /{MAX_PREFIX} or larger")
    if net.ip != net.network:
        raise PlanError(f"vdc_tunnel_network: {network} has host bits set; use {net.cidr}")
    for other in others:
        if net in netaddr.IPNetwork(other) or netaddr.IPNetwork(other) in net:
            raise PlanError(f"vdc_tunnel_network: {network} overlaps {other}; choose a network that no node uses")
    return net


def node_address(network: str, kind: str, number: int) -> str:
    """The address of node ``number`` (from 1) of ``kind`` (storage, compute; tenant, remote 1 or remote 2
    for the dedicated compute node of a tenant); raises ``PlanError``."""
    net = plan(network)
    if kind not in KINDS:
        raise PlanError(f"role: {kind!r} has no addresses in the tunnel network; choose one of {', '.join(KINDS)}")
    first, parts = KINDS[kind]
    return _nth(net, net.size // 16 * first, net.size // 16 * parts, number, f"{kind} node")


def tenant_addresses(network: str, number: int) -> dict[str, str]:
    """The tenant's addresses in the tunnel: ``client`` on its compute node, ``server`` on its
    storage node; raises ``PlanError``."""
    net = plan(network)
    quarter = net.size // 4
    return {
        "client": _nth(net, quarter, quarter, number, "tenant"),
        "server": _nth(net, 2 * quarter, quarter, number, "tenant"),
    }


def kind_and_number(name: str, role: str, remote_range: str = "1") -> tuple[str, int]:
    """The kind and the number of a node, parsed from its derived name; raises ``PlanError``.

    ``acme-compute-3`` is number 3 of its ``role``, ``acme-tenant-7`` the dedicated node of tenant 7 and
    ``acme-tenant-7-hel1`` its dedicated node in the remote location hel1, in range ``remote_range`` (1 or 2).
    """
    match = NODE.search(name)
    if not match:
        raise PlanError(f"node: the name {name!r} does not end in a number; use names such as fleet-compute-1")
    if match["location"]:
        return f"remote {remote_range}", int(match[1])
    return "tenant" if match[1] and role == "compute" else role, int(match[1] or match[3])


def _nth(net: netaddr.IPNetwork, offset: int, size: int, number: int, what: str) -> str:
    # The first and the last address of a range stay unused, as network and broadcast addresses.
    if not 1 <= number <= size - 2:
        raise PlanError(f"{what}: number {number} does not fit into {net.cidr}; use 1 to {size - 2}")
    return str(net[offset + number])
