"""Load balancers: the resource, its networks and its public interface."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..core.errors import ApiError
from ..core.routing import Call, Reply
from . import catalog
from .actions import unlocked
from .balancer_parts import Target, check_service, check_target, draw_target
from .labels import invalid, parse_selector
from .machine import mac
from .metrics import LOAD_BALANCER_SERIES, answer
from .networks import settled
from .primary_ips import Address
from .project import Family, Project, guard, need, operation
from .store import Resource

if TYPE_CHECKING:
    from .networks import Membership
    from .offers import LoadBalancerType, Location
    from .servers import Server

ALGORITHMS = ("round_robin", "least_connections")


class LoadBalancer(Resource):
    kind = "load_balancer"

    def __init__(
        self,
        identity: tuple[int, str, dict[str, str], str],
        kind: LoadBalancerType,
        location: Location,
        project: Project,
    ) -> None:
        super().__init__(*identity)
        self.type = kind
        self.location = location
        self.algorithm = "round_robin"
        self.services: list[dict[str, Any]] = []
        self.targets: list[Target] = []
        self.networks: dict[int, Membership] = {}
        self.public = True
        self.protection = {"delete": False}
        self.addresses = {
            version: Address((0, "", {}, ""), version, project.addresses.take(version), location)
            for version in ("ipv4", "ipv6")
        }
        self._project = project

    def render(self) -> dict[str, Any]:
        """Drawn anew each time: targets come, go and fail without telling."""
        return self.draw()

    @property
    def certificates(self) -> set[int]:
        """Certificates in use."""
        return {ident for service in self.services for ident in service.get("http", {}).get("certificates", [])}

    def servers_of(self, target: Target) -> list[Server]:
        """The servers behind a target (none behind a plain address)."""
        servers = self._project.servers.store
        if target.type == "label_selector":
            return servers.select(parse_selector(target.value))
        found = servers.get(int(target.value)) if target.type == "server" else None
        return [found] if found else []

    def forget(self, server: Server) -> None:
        """Drop a deleted server from the targets."""
        self.targets = [t for t in self.targets if (t.type, t.value) != ("server", str(server.id))]
        server.load_balancers.pop(self.id, None)

    def draw(self) -> dict[str, Any]:
        v4, v6 = self.addresses["ipv4"], self.addresses["ipv6"]
        place = str(self.location.name)
        return {
            "id": self.id,
            "name": self.name,
            "public_net": {
                "enabled": self.public,
                "ipv4": {"ip": v4.ip, "dns_ptr": v4.names[v4.ip]},
                "ipv6": {"ip": v6.ip.replace("::/64", "::1"), "dns_ptr": next(iter(v6.names.values()), None)},
            },
            "private_net": [{"network": p.network.id, "ip": str(p.ip)} for p in self.networks.values()],
            "location": self.location.render(),
            "load_balancer_type": self.type.render(),
            "protection": self.protection,
            "labels": self.labels,
            "created": self.created,
            "services": self.services,
            "targets": [draw_target(target, self.servers_of(target), self.services) for target in self.targets],
            "algorithm": {"type": self.algorithm},
            "outgoing_traffic": 0,
            "ingoing_traffic": 0,
            "included_traffic": catalog.traffic(place)["included_traffic"],
        }


class LoadBalancers(Family[LoadBalancer]):
    kind, plural, label = "load_balancer", "load_balancers", "load balancer"

    def free(self, call: Call) -> LoadBalancer:
        """The path's load balancer; raises ``ApiError`` 404, 423."""
        balancer = self.find(call.params["id"])
        unlocked(balancer)
        return balancer

    @operation("create_load_balancer")
    def create(self, call: Call) -> Reply:
        project, body = self.project, call.body or {}
        if body.get("public_net") is not None:
            raise ApiError(501, "not_built", "the lab has not built primary IPs for load balancers")
        kind = project.load_balancer_types.referred(need(body, "load_balancer_type"), "load_balancer_type")
        network = None
        if body.get("network") is not None:
            network = project.networks.referred(body["network"], "network")
        balancer = LoadBalancer(self.identity(body), kind, self._location(body), project)
        balancer.algorithm = _algorithm(body.get("algorithm") or {"type": "round_robin"})
        balancer.public = body.get("public_interface") is not False
        if network is not None:
            settled(network)
            network.join(balancer, network.place(balancer.location.network_zone), mac("86:01", project.new_id()), [])
        try:
            for wish in body.get("services") or []:
                balancer.services.append(check_service(project, balancer, wish))
            for wish in body.get("targets") or []:
                balancer.targets.append(check_target(project, balancer, wish))
        except ApiError:
            self._release(balancer)
            raise
        self.store.add(balancer)
        for target in balancer.targets:
            self.point(balancer, target)
        action = project.begin("create_load_balancer", [balancer], holds=[balancer])
        return Reply(201, {"load_balancer": balancer.render(), "action": project.shown(action)})

    def _location(self, body: dict[str, Any]) -> Location:
        if body.get("location") is not None:
            return self.project.locations.referred(body["location"], "location")
        zone = body.get("network_zone")
        found = next((place for place in self.project.locations.store if place.network_zone == zone), None)
        if found is None:
            raise invalid("location", "one of 'location' and 'network_zone' must be given")
        return found

    def _release(self, balancer: LoadBalancer) -> None:
        for place in list(balancer.networks.values()):
            place.network.leave(balancer)
        for version, address in balancer.addresses.items():
            self.project.addresses.give_back(version, address.ip)

    def point(self, balancer: LoadBalancer, target: Target) -> None:
        """Let a server know whose target it is."""
        if target.type == "server":
            for server in balancer.servers_of(target):
                server.load_balancers[balancer.id] = balancer
                server.touch()

    @operation("delete_load_balancer")
    def delete(self, call: Call) -> Reply:
        balancer = self.find(call.params["id"])
        guard(balancer)
        self._release(balancer)
        for target in balancer.targets:
            for server in balancer.servers_of(target):
                server.load_balancers.pop(balancer.id, None)
                server.touch()
        self.store.remove(balancer)
        action = self.project.begin("delete_load_balancer", [balancer])
        return Reply(200, {"action": self.project.shown(action)})

    @operation("change_load_balancer_algorithm")
    def change_algorithm(self, call: Call) -> Reply:
        balancer = self.free(call)
        balancer.algorithm = _algorithm(call.body or {})
        return self.begun("change_algorithm", [balancer])

    @operation("change_load_balancer_type")
    def change_type(self, call: Call) -> Reply:
        balancer = self.free(call)
        wanted = need(call.body or {}, "load_balancer_type")
        kind = self.project.load_balancer_types.referred(wanted, "load_balancer_type")
        fits = len(balancer.services) <= kind.services and len(balancer.targets) <= kind.targets
        if kind is balancer.type or not fits or len(balancer.certificates) > kind.certificates:
            raise ApiError(422, "invalid_load_balancer_type", f"{kind.name} does not fit for this load balancer")
        balancer.type = kind
        return self.begun("change_load_balancer_type", [balancer], holds=[balancer])

    @operation("change_load_balancer_protection")
    def change_protection(self, call: Call) -> Reply:
        return self.protect(self.free(call), call)

    @operation("change_load_balancer_dns_ptr")
    def change_dns_ptr(self, call: Call) -> Reply:
        balancer, body = self.free(call), call.body or {}
        ip = need(body, "ip")
        balancer.addresses["ipv6" if ":" in ip else "ipv4"].rename(ip, body.get("dns_ptr"))
        return self.begun("change_dns_ptr", [balancer])

    @operation("attach_load_balancer_to_network")
    def attach(self, call: Call) -> Reply:
        balancer, body = self.free(call), call.body or {}
        network = self.project.networks.referred(need(body, "network"), "network")
        settled(network)
        if balancer.networks:
            raise ApiError(422, "load_balancer_already_attached", "the load balancer is already attached to a network")
        address = network.place(balancer.location.network_zone, body.get("ip"), body.get("ip_range"))
        network.join(balancer, address, mac("86:01", self.project.new_id()), [])
        return self.begun("attach_to_network", [balancer, network], holds=[balancer])

    @operation("detach_load_balancer_from_network")
    def detach(self, call: Call) -> Reply:
        balancer = self.free(call)
        network = self.project.networks.referred(need(call.body or {}, "network"), "network")
        if network.id not in balancer.networks:
            raise ApiError(422, "load_balancer_not_attached_to_network", "the load balancer is not in this network")
        network.leave(balancer)
        return self.begun("detach_from_network", [balancer, network], holds=[balancer])

    @operation("enable_load_balancer_public_interface")
    def enable_public(self, call: Call) -> Reply:
        balancer = self.free(call)
        balancer.public = True
        return self.begun("enable_public_interface", [balancer])

    @operation("disable_load_balancer_public_interface")
    def disable_public(self, call: Call) -> Reply:
        balancer = self.free(call)
        if not balancer.networks:
            raise ApiError(422, "load_balancer_not_attached_to_network", "the load balancer is in no network")
        if any(not target.private for target in balancer.targets):
            raise ApiError(422, "targets_without_use_private_ip", "a target uses the public address")
        balancer.public = False
        return self.begun("disable_public_interface", [balancer])

    @operation("get_load_balancer_metrics")
    def metrics(self, call: Call) -> Reply:
        return answer(call, LOAD_BALANCER_SERIES, bool(self.find(call.params["id"]).services))


def _algorithm(wish: dict[str, Any]) -> str:
    if wish.get("type") not in ALGORITHMS:
        raise invalid("type", f"must be one of {', '.join(ALGORITHMS)}")
    return str(wish["type"])
