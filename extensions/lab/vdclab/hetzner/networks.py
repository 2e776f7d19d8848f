"""Networks: private IPv4 ranges with subnets, routes and members."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, ip_address, ip_network
from typing import TYPE_CHECKING, Any

from ..core.errors import ApiError
from ..core.routing import Call, Reply
from .catalog import NETWORK_ZONES
from .labels import invalid
from .listing import in_order, page
from .project import Family, guard, need, operation
from .store import Resource

if TYPE_CHECKING:
    from .load_balancers import LoadBalancer
    from .servers import Server

PRIVATE = tuple(IPv4Network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))
# The default gateway of public interfaces (the vendor's document).
RESERVED = IPv4Address("172.31.1.1")


@dataclass
class Subnet:
    """One subnet; ``cursor`` is where the search for a free address goes on."""

    type: str
    range: IPv4Network
    zone: str
    vswitch: int | None = None
    cursor: int = 1


@dataclass
class Membership:
    """A server's or load balancer's place in a network."""

    member: Server | LoadBalancer
    network: Network
    ip: IPv4Address
    mac: str
    alias_ips: list[IPv4Address] = field(default_factory=list)
    status: str = "ok"

    def draw(self) -> dict[str, Any]:
        """As a server shows it."""
        return {
            "network": self.network.id,
            "ip": str(self.ip),
            "alias_ips": [str(ip) for ip in self.alias_ips],
            "mac_address": self.mac,
        }


class Network(Resource):
    kind = "network"

    def __init__(self, identity: tuple[int, str, dict[str, str], str], whole: IPv4Network) -> None:
        super().__init__(*identity)
        self.range = whole
        self.subnets: list[Subnet] = []
        self.routes: list[dict[str, str]] = []
        self.members: dict[tuple[str, int], Membership] = {}
        self.used: set[IPv4Address] = set()
        self.protection = {"delete": False}
        self.to_vswitch = False

    @property
    def gateway(self) -> IPv4Address:
        return self.range[1]

    @property
    def segment(self) -> str:
        """The layer-2 network of the machines."""
        return f"hetzner-net-{self.id}"

    def draw(self) -> dict[str, Any]:
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

    def place(self, zone: str, wanted: str | None = None, within: str | None = None) -> IPv4Address:
        """A free address for a member in ``zone``: the ``wanted`` one, or the next one free
        (of the subnet ``within``, if given). Raises ``ApiError`` 422."""
        subnets = [s for s in self.subnets if s.zone == zone and s.type != "vswitch"]
        if within is not None:
            subnets = [s for s in subnets if str(s.range) == within]
        if wanted is not None:
            address = address_of(wanted, "ip")
            if not any(address in s.range for s in subnets) or not self.free(address):
                raise ApiError(422, "ip_not_available", f"IP {wanted} is not available in the network")
            return address
        for subnet in subnets:
            size = subnet.range.num_addresses
            for step in range(size):
                at = (subnet.cursor + step) % size
                if self.free(subnet.range[at]):
                    subnet.cursor = at
                    return subnet.range[at]
        raise ApiError(422, "no_subnet_available", "no subnet or IP is available in the network")

    def free(self, address: IPv4Address) -> bool:
        """Whether a member may have ``address``."""
        if address in self.used or address in (self.gateway, RESERVED):
            return False
        subnet = next((s for s in self.subnets if address in s.range), None)
        return subnet is not None and address not in (subnet.range[0], subnet.range[-1])

    def join(self, member: Server | LoadBalancer, address: IPv4Address, mac: str, aliases: list[IPv4Address]) -> None:
        place = Membership(member, self, address, mac, aliases)
        self.members[member.kind, member.id] = place
        self.used |= {address, *aliases}
        member.networks[self.id] = place
        member.touch()
        self.touch()

    def leave(self, member: Server | LoadBalancer) -> None:
        place = self.members.pop((member.kind, member.id))
        self.used -= {place.ip, *place.alias_ips}
        del member.networks[self.id]
        member.touch()
        self.touch()


class Networks(Family[Network]):
    kind, plural, label = "network", "networks", "network"

    @operation("create_network")
    def create(self, call: Call) -> Reply:
        body = call.body or {}
        whole = range_of(need(body, "ip_range"), "ip_range")
        if not any(whole.subnet_of(private) for private in PRIVATE) or whole.prefixlen > 24:
            raise invalid("ip_range", "must be a private IPv4 network (RFC 1918) of /24 or larger")
        network = Network((0, "", {}, ""), whole)
        for wish in body.get("subnets") or []:
            network.subnets.append(self._subnet(network, wish))
        for wish in body.get("routes") or []:
            network.routes.append(self._route(network, wish))
        network.to_vswitch = bool(body.get("expose_routes_to_vswitch"))
        network.id, network.name, network.labels, network.created = self.identity(body)
        self.store.add(network)
        return Reply(201, {"network": network.render()})

    def edit(self, resource: Network, body: dict[str, Any]) -> None:
        settled(resource)
        super().edit(resource, body)
        if body.get("expose_routes_to_vswitch") is not None:
            resource.to_vswitch = bool(body["expose_routes_to_vswitch"])
            resource.touch()

    @operation("delete_network")
    def delete(self, call: Call) -> Reply:
        network = self.find(call.params["id"])
        guard(network)
        for place in list(network.members.values()):
            server = self.project.servers.store.get(place.member.id)
            if server is place.member:
                self.project.machines.unplug_nic(server.key, network.segment)
            network.leave(place.member)
        self.store.remove(network)
        return Reply(204)

    @operation("list_network_members")
    def list_members(self, call: Call) -> Reply:
        network = self.find(call.params["id"])
        found = [_member(place) for place in network.members.values()]
        for name in ("type", "status", "subnet"):
            wanted = call.query.get(name)
            if wanted:
                found = [member for member in found if member[name] in wanted]
        ordered = in_order(
            found, call.query.get("sort", []), ("id", "type", "status", "ip"), lambda member, name: member[name]
        )
        return page(call, "members", ordered, lambda member: member)

    @operation("add_network_subnet")
    def add_subnet(self, call: Call) -> Reply:
        network = self._settled(call)
        subnet = self._subnet(network, call.body or {})
        network.subnets.append(subnet)
        return self._changed(network, "add_subnet")

    @operation("delete_network_subnet")
    def delete_subnet(self, call: Call) -> Reply:
        network = self._settled(call)
        wanted = range_of(need(call.body or {}, "ip_range"), "ip_range")
        subnet = next((s for s in network.subnets if s.range == wanted), None)
        if subnet is None:
            raise ApiError(404, "not_found", f"subnet {wanted} not found")
        if any(address in subnet.range for address in network.used):
            raise ApiError(422, "service_error", "subnet has attached resources")
        network.subnets.remove(subnet)
        return self._changed(network, "delete_subnet")

    @operation("add_network_route")
    def add_route(self, call: Call) -> Reply:
        network = self._settled(call)
        network.routes = [*network.routes, self._route(network, call.body or {})]
        return self._changed(network, "add_route")

    @operation("delete_network_route")
    def delete_route(self, call: Call) -> Reply:
        network = self._settled(call)
        body = call.body or {}
        route = {"destination": need(body, "destination"), "gateway": need(body, "gateway")}
        if route not in network.routes:
            raise ApiError(404, "not_found", f"route to {route['destination']} not found")
        network.routes = [other for other in network.routes if other != route]
        return self._changed(network, "delete_route")

    @operation("change_network_ip_range")
    def change_ip_range(self, call: Call) -> Reply:
        network = self._settled(call)
        whole = range_of(need(call.body or {}, "ip_range"), "ip_range")
        if whole.network_address != network.range.network_address or whole.prefixlen >= network.range.prefixlen:
            raise invalid("ip_range", f"must extend {network.range}: same first address, smaller netmask")
        if not any(whole.subnet_of(private) for private in PRIVATE):
            raise invalid("ip_range", "must be a private IPv4 network (RFC 1918)")
        network.range = whole
        return self._changed(network, "change_ip_range")

    @operation("change_network_protection")
    def change_protection(self, call: Call) -> Reply:
        return self.protect(self._settled(call), call)

    def _settled(self, call: Call) -> Network:
        network = self.find(call.params["id"])
        settled(network)
        return network

    def _changed(self, network: Network, command: str) -> Reply:
        network.touch()
        return self.begun(command, [network], holds=[network])

    @staticmethod
    def _subnet(network: Network, wish: dict[str, Any]) -> Subnet:
        kind, zone = need(wish, "type"), need(wish, "network_zone")
        if kind not in ("cloud", "server", "vswitch"):
            raise invalid("type", "must be 'cloud', 'server' or 'vswitch'")
        if zone not in NETWORK_ZONES:
            raise invalid("network_zone", f"'{zone}' is not a network zone")
        if kind == "vswitch":
            need(wish, "vswitch_id")
        others = [subnet.range for subnet in network.subnets]
        if wish.get("ip_range"):
            whole = range_of(wish["ip_range"], "ip_range")
            if not whole.subnet_of(network.range) or whole.prefixlen > 30:
                raise invalid("ip_range", f"must lie in {network.range} and be /30 or larger")
            if any(whole.overlaps(other) for other in others):
                raise ApiError(422, "service_error", "subnet overlaps with another subnet of the network")
        else:
            free = (
                block for block in network.range.subnets(new_prefix=24) if not any(block.overlaps(o) for o in others)
            )
            whole = next(free, None)  # type: ignore[assignment]
            if whole is None:
                raise ApiError(422, "service_error", "no free /24 is left in the network")
        return Subnet(kind, whole, zone, wish.get("vswitch_id"))

    @staticmethod
    def _route(network: Network, wish: dict[str, Any]) -> dict[str, str]:
        destination = range_of(need(wish, "destination"), "destination")
        gateway = address_of(need(wish, "gateway"), "gateway")
        if gateway not in network.range or gateway == network.gateway:
            raise invalid("gateway", "must be an address of the network other than its first")
        if any(route["destination"] == str(destination) for route in network.routes):
            raise invalid("destination", f"a route to {destination} exists already")
        return {"destination": str(destination), "gateway": str(gateway)}


def settled(network: Network) -> None:
    """Raise ``ApiError`` 409 while another change of the network runs."""
    if network.busy:
        raise ApiError(409, "conflict", "another change of the network is running")


def _member(place: Membership) -> dict[str, Any]:
    subnet = next((s.range for s in place.network.subnets if place.ip in s.range), None)
    return {
        "type": place.member.kind,
        "id": place.member.id,
        "ip": str(place.ip),
        "alias_ips": [str(ip) for ip in place.alias_ips],
        "subnet": str(subnet) if subnet else None,
        "status": place.status,
    }


def range_of(text: Any, name: str) -> IPv4Network:
    """``text`` as an IPv4 network; raises ``ApiError`` 422."""
    try:
        found = ip_network(text)
    except (ValueError, TypeError):
        found = None
    if not isinstance(found, IPv4Network):
        raise invalid(name, f"'{text}' is not an IPv4 network")
    return found


def address_of(text: Any, name: str) -> IPv4Address:
    """``text`` as an IPv4 address; raises ``ApiError`` 422."""
    try:
        found = ip_address(text)
    except (ValueError, TypeError):
        found = None
    if not isinstance(found, IPv4Address):
        raise invalid(name, f"'{text}' is not an IPv4 address")
    return found
