# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The tunnel's address plan: every address derives from a number, so it is the same in every run.

One network is cut into: storage nodes (the first 1/16), shared compute nodes (the second 1/16),
tenants' own compute nodes (the second 1/8), tenants' client addresses (the second quarter),
tenants' server addresses (the third), and tenants' own compute nodes in other locations than the
site's (the last quarter, in two halves: while a tenant moves, two of them are there).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

try:
    import netaddr
except ImportError:
    netaddr = None

# Where the addresses of a kind of node begin and how many there are, in sixteenths of the network.
KINDS = {"storage": (0, 1), "compute": (1, 1), "tenant": (2, 2), "remote 1": (12, 2), "remote 2": (14, 2)}
# fleet-compute-3, fleet-tenant-7, fleet-tenant-7-hel1
NODE = re.compile(r"-tenant-(\d+)(?P<location>-(?!(?:compute|storage|tenant)-\d)[a-z][a-z0-9-]*)?$|-(\d+)$")
SMALLEST = 20  # a prefix longer than this leaves too few addresses for a fleet


class PlanError(ValueError):
    """The plan or a number does not fit; the text names what would do."""


def plan(network: str, others: Iterable[str] = ()) -> netaddr.IPNetwork:
    """The tunnel's ``network``, checked against the ``others`` that the nodes know; raises ``PlanError``."""
    if netaddr is None:
        raise PlanError("the Python library netaddr is missing on the controller; install it")
    try:
        net = netaddr.IPNetwork(network)
    except (netaddr.AddrFormatError, ValueError):
        raise PlanError(f"vdc_tunnel_network: {network!r} is no network; give one such as 10.99.0.0/16") from None
    if net.version != 4 or not net.network.is_ipv4_private_use() or net.prefixlen > SMALLEST:
        raise PlanError(f"vdc_tunnel_network: {network} must be a private IPv4 network of /{SMALLEST} or larger")
    if net.ip != net.network:
        raise PlanError(f"vdc_tunnel_network: {network} has host bits set; {net.cidr} would do")
    for other in others:
        if net in netaddr.IPNetwork(other) or netaddr.IPNetwork(other) in net:
            raise PlanError(f"vdc_tunnel_network: {network} overlaps {other}; choose a network that no node uses")
    return net


def node_address(network: str, kind: str, number: int) -> str:
    """The address of node ``number`` (from 1) of ``kind`` (storage, compute; tenant, remote 1 or remote 2
    for a tenant's own compute node); raises ``PlanError``."""
    net = plan(network)
    if kind not in KINDS:
        raise PlanError(f"role: {kind!r} has no addresses in the tunnel; choose one of {', '.join(KINDS)}")
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
    """What a node's derived name says of it: ``acme-compute-3`` is number 3 of its ``role``,
    ``acme-tenant-7`` the own node of tenant 7, ``acme-tenant-7-hel1`` the one that it has in hel1, where
    ``remote_range`` (1 or 2) tells two of them apart; raises ``PlanError``."""
    match = NODE.search(name)
    if not match:
        raise PlanError(f"node {name!r} has no number: names of nodes end in one, as in fleet-compute-1")
    if match["location"]:
        return f"remote {remote_range}", int(match[1])
    return "tenant" if match[1] and role == "compute" else role, int(match[1] or match[3])


def _nth(net: netaddr.IPNetwork, offset: int, size: int, number: int, what: str) -> str:
    # The first address of a part is its network's, the last would be a broadcast's.
    if not 1 <= number <= size - 2:
        raise PlanError(f"{what} number {number} does not fit into {net.cidr}: numbers go from 1 to {size - 2}")
    return str(net[offset + number])
