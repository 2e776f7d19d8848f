"""Networks: private IPv4 ranges with subnets, routes and members."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Any

from ..core.errors import ApiError
from ..core.routing import Call, Reply
from .catalog import NETWORK_ZONES
from .collection import Collection, operation, require_deletable, required
from .labels import invalid
from .listing import page, sort_items
from .network import Membership, Network, Subnet, parse_address, parse_range
from .project import Project
from .server import Server
from .servers import Servers
from .store import ANONYMOUS

PRIVATE = tuple(IPv4Network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))


class Networks(Collection[Network]):
    """All networks."""

    kind, plural, label = "network", "networks", "network"

    def __init__(self, project: Project, servers: Servers) -> None:
        super().__init__(project)
        servers.on_delete.append(self._detach_all)

    @staticmethod
    def _detach_all(server: Server) -> None:
        for membership in list(server.networks.values()):
            membership.network.detach(server)

    @operation("create_network")
    def create(self, call: Call) -> Reply:
        body = call.body or {}
        whole = parse_range(required(body, "ip_range"), "ip_range")
        if not any(whole.subnet_of(private) for private in PRIVATE) or whole.prefixlen > 24:
            raise invalid("ip_range", "must be a private IPv4 network (RFC 1918) of /24 or larger")
        network = Network(ANONYMOUS, whole)
        for spec in body.get("subnets") or []:
            network.subnets.append(self._subnet(network, spec))
        for spec in body.get("routes") or []:
            network.routes.append(self._route(network, spec))
        network.to_vswitch = bool(body.get("expose_routes_to_vswitch"))
        network.id, network.name, network.labels, network.created = self.new_identity(body)
        self.store.add(network)
        return Reply(201, {"network": network.render()})

    def edit(self, resource: Network, body: dict[str, Any]) -> None:
        resource.require_idle()
        super().edit(resource, body)
        if body.get("expose_routes_to_vswitch") is not None:
            resource.to_vswitch = bool(body["expose_routes_to_vswitch"])
            resource.invalidate()

    @operation("delete_network")
    def delete(self, call: Call) -> Reply:
        network = self.find(call.params["id"])
        require_deletable(network)
        for membership in list(network.members.values()):
            if isinstance(membership.member, Server):
                self.project.machines.unplug_nic(membership.member.key, network.segment)
            network.detach(membership.member)
        self.store.remove(network)
        return Reply(204)

    @operation("list_network_members")
    def list_members(self, call: Call) -> Reply:
        network = self.find(call.params["id"])
        found = [_member_view(membership) for membership in network.members.values()]
        for name in ("type", "status", "subnet"):
            wanted = call.query.get(name)
            if wanted:
                found = [member for member in found if member[name] in wanted]
        ordered = sort_items(
            found, call.query.get("sort", []), ("id", "type", "status", "ip"), lambda member, name: member[name]
        )
        return page(call, "members", ordered, lambda member: member)

    @operation("add_network_subnet")
    def add_subnet(self, call: Call) -> Reply:
        network = self._find_idle(call)
        subnet = self._subnet(network, call.body or {})
        network.subnets.append(subnet)
        return self._start_change(network, "add_subnet")

    @operation("delete_network_subnet")
    def delete_subnet(self, call: Call) -> Reply:
        network = self._find_idle(call)
        wanted = parse_range(required(call.body or {}, "ip_range"), "ip_range")
        subnet = next((s for s in network.subnets if s.range == wanted), None)
        if subnet is None:
            raise ApiError(404, "not_found", f"subnet {wanted} not found")
        if any(address in subnet.range for address in network.used):
            raise ApiError(422, "service_error", "subnet has attached resources")
        network.subnets.remove(subnet)
        return self._start_change(network, "delete_subnet")

    @operation("add_network_route")
    def add_route(self, call: Call) -> Reply:
        network = self._find_idle(call)
        network.routes = [*network.routes, self._route(network, call.body or {})]
        return self._start_change(network, "add_route")

    @operation("delete_network_route")
    def delete_route(self, call: Call) -> Reply:
        network = self._find_idle(call)
        body = call.body or {}
        route = {"destination": required(body, "destination"), "gateway": required(body, "gateway")}
        if route not in network.routes:
            raise ApiError(404, "not_found", f"route to {route['destination']} not found")
        network.routes = [other for other in network.routes if other != route]
        return self._start_change(network, "delete_route")

    @operation("change_network_ip_range")
    def change_ip_range(self, call: Call) -> Reply:
        network = self._find_idle(call)
        whole = parse_range(required(call.body or {}, "ip_range"), "ip_range")
        if whole.network_address != network.range.network_address or whole.prefixlen >= network.range.prefixlen:
            raise invalid("ip_range", f"must extend {network.range}: same first address, smaller netmask")
        if not any(whole.subnet_of(private) for private in PRIVATE):
            raise invalid("ip_range", "must be a private IPv4 network (RFC 1918)")
        network.range = whole
        return self._start_change(network, "change_ip_range")

    @operation("change_network_protection")
    def change_protection(self, call: Call) -> Reply:
        return self.protect(self._find_idle(call), call)

    def _find_idle(self, call: Call) -> Network:
        network = self.find(call.params["id"])
        network.require_idle()
        return network

    def _start_change(self, network: Network, command: str) -> Reply:
        network.invalidate()
        return self.answer_with_action(command, [network], locks=[network])

    @staticmethod
    def _subnet(network: Network, spec: dict[str, Any]) -> Subnet:
        kind, zone = required(spec, "type"), required(spec, "network_zone")
        if kind not in ("cloud", "server", "vswitch"):
            raise invalid("type", "must be 'cloud', 'server' or 'vswitch'")
        if zone not in NETWORK_ZONES:
            raise invalid("network_zone", f"'{zone}' is not a network zone")
        if kind == "vswitch":
            required(spec, "vswitch_id")
        others = [subnet.range for subnet in network.subnets]
        if spec.get("ip_range"):
            whole = parse_range(spec["ip_range"], "ip_range")
            if not whole.subnet_of(network.range) or whole.prefixlen > 30:
                raise invalid("ip_range", f"must be within {network.range} and be /30 or larger")
            if any(whole.overlaps(other) for other in others):
                raise ApiError(422, "service_error", "subnet overlaps with another subnet of the network")
        else:
            free = (
                block for block in network.range.subnets(new_prefix=24) if not any(block.overlaps(o) for o in others)
            )
            whole = next(free, None)  # type: ignore[assignment]
            if whole is None:
                raise ApiError(422, "service_error", "no free /24 is left in the network")
        return Subnet(kind, whole, zone, spec.get("vswitch_id"))

    @staticmethod
    def _route(network: Network, spec: dict[str, Any]) -> dict[str, str]:
        destination = parse_range(required(spec, "destination"), "destination")
        gateway = parse_address(required(spec, "gateway"), "gateway")
        if gateway not in network.range or gateway == network.gateway:
            raise invalid("gateway", "must be an address of the network other than its first")
        if any(route["destination"] == str(destination) for route in network.routes):
            raise invalid("destination", f"a route to {destination} exists already")
        return {"destination": str(destination), "gateway": str(gateway)}


def _member_view(membership: Membership) -> dict[str, Any]:
    subnet = next((s.range for s in membership.network.subnets if membership.ip in s.range), None)
    return {
        "type": membership.member.kind,
        "id": membership.member.id,
        "ip": str(membership.ip),
        "alias_ips": [str(ip) for ip in membership.alias_ips],
        "subnet": str(subnet) if subnet else None,
        "status": membership.status,
    }
