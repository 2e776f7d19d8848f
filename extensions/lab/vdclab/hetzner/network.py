"""A private network: its subnets, its addresses and the servers and load balancers in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, ip_address, ip_network
from typing import Any

from ..core.errors import ApiError
from .labels import invalid
from .store import Identity, Resource

# The default gateway of public interfaces (the vendor's document).
RESERVED = IPv4Address("172.31.1.1")


class Member(Resource):
    """A resource that can be in networks: a server or a load balancer."""

    def __init__(self, identity: Identity) -> None:
        super().__init__(*identity)
        # Network id -> membership.
        self.networks: dict[int, Membership] = {}


@dataclass
class Subnet:
    """One subnet; ``cursor`` is the offset at which the search for a free address starts."""

    type: str
    range: IPv4Network
    zone: str
    vswitch: int | None = None
    cursor: int = 1


@dataclass
class Membership:
    """The addresses of a server or load balancer in a network."""

    member: Member
    network: Network
    ip: IPv4Address
    mac: str
    alias_ips: list[IPv4Address] = field(default_factory=list)
    status: str = "ok"

    def view(self) -> dict[str, Any]:
        """The membership as a server shows it."""
        return {
            "network": self.network.id,
            "ip": str(self.ip),
            "alias_ips": [str(ip) for ip in self.alias_ips],
            "mac_address": self.mac,
        }


class Network(Resource):
    """One private network."""

    kind = "network"

    def __init__(self, identity: Identity, ip_range: IPv4Network) -> None:
        super().__init__(*identity)
        self.range = ip_range
        self.subnets: list[Subnet] = []
        self.routes: list[dict[str, str]] = []
        # Kind and id of the member -> membership.
        self.members: dict[tuple[str, int], Membership] = {}
        self.used: set[IPv4Address] = set()
        self.protection = {"delete": False}
        self.to_vswitch = False

    @property
    def gateway(self) -> IPv4Address:
        """The network's first address."""
        return self.range[1]

    @property
    def segment(self) -> str:
        """The name of the machines' layer-2 network."""
        return f"hetzner-net-{self.id}"

    def view(self) -> dict[str, Any]:
        by_kind: dict[str, list[int]] = {"server": [], "load_balancer": []}
        for kind, ident in self.members:
            by_kind[kind].append(ident)
        return {
            "id": self.id,
            "name": self.name,
            "created": self.created,
            "ip_range": str(self.range),
            "subnets": [
                {
                    "type": subnet.type,
                    "ip_range": str(subnet.range),
                    "network_zone": subnet.zone,
                    "gateway": str(self.gateway),
                    "vswitch_id": subnet.vswitch,
                }
                for subnet in self.subnets
            ],
            "routes": self.routes,
            "servers": by_kind["server"],
            "load_balancers": by_kind["load_balancer"],
            "protection": self.protection,
            "labels": self.labels,
            "expose_routes_to_vswitch": self.to_vswitch,
        }

    def require_idle(self) -> None:
        """Raise ``ApiError`` 409 while another change of the network runs."""
        if self.locks:
            raise ApiError(409, "conflict", "another change of the network is running")

    def free_ip(self, zone: str, wanted: str | None = None, within: str | None = None) -> IPv4Address:
        """A free address for a member in network zone ``zone``: ``wanted``, or the next free one
        (of the subnet ``within``, if given). Raises ``ApiError`` 422."""
        subnets = [s for s in self.subnets if s.zone == zone and s.type != "vswitch"]
        if within is not None:
            subnets = [s for s in subnets if str(s.range) == within]
        if wanted is not None:
            address = parse_address(wanted, "ip")
            if not any(address in s.range for s in subnets) or not self.is_free(address):
                raise ApiError(422, "ip_not_available", f"IP {wanted} is not available in the network")
            return address
        for subnet in subnets:
            size = subnet.range.num_addresses
            for step in range(size):
                offset = (subnet.cursor + step) % size
                if self.is_free(subnet.range[offset]):
                    subnet.cursor = offset
                    return subnet.range[offset]
        raise ApiError(422, "no_subnet_available", "no subnet or IP is available in the network")

    def is_free(self, address: IPv4Address) -> bool:
        """Whether a member may get ``address``."""
        if address in self.used or address in (self.gateway, RESERVED):
            return False
        subnet = next((s for s in self.subnets if address in s.range), None)
        return subnet is not None and address not in (subnet.range[0], subnet.range[-1])

    def attach(self, member: Member, address: IPv4Address, mac: str, aliases: list[IPv4Address]) -> Membership:
        """Add ``member`` with these addresses, which must be free."""
        membership = Membership(member, self, address, mac, aliases)
        self.members[member.kind, member.id] = membership
        self.used |= {address, *aliases}
        member.networks[self.id] = membership
        member.invalidate()
        self.invalidate()
        return membership

    def detach(self, member: Member) -> None:
        """Remove ``member``, which must be in the network."""
        membership = self.members.pop((member.kind, member.id))
        self.used -= {membership.ip, *membership.alias_ips}
        del member.networks[self.id]
        member.invalidate()
        self.invalidate()


def parse_range(text: Any, name: str) -> IPv4Network:
    """``text`` as an IPv4 network; raises ``ApiError`` 422 that names the field ``name``."""
    try:
        found = ip_network(text)
    except (ValueError, TypeError):
        found = None
    if not isinstance(found, IPv4Network):
        raise invalid(name, f"'{text}' is not an IPv4 network")
    return found


def parse_address(text: Any, name: str) -> IPv4Address:
    """``text`` as an IPv4 address; raises ``ApiError`` 422 that names the field ``name``."""
    try:
        found = ip_address(text)
    except (ValueError, TypeError):
        found = None
    if not isinstance(found, IPv4Address):
        raise invalid(name, f"'{text}' is not an IPv4 address")
    return found
