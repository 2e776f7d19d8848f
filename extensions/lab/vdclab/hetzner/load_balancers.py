"""Load balancers: their calls."""

from __future__ import annotations

from typing import Any

from ..core.errors import ApiError
from ..core.routing import Call, Reply
from .certificates import Certificates
from .collection import Collection, operation, require_deletable, required
from .labels import invalid
from .load_balancer import LoadBalancer, Target
from .load_balancer_services import check_service
from .load_balancer_targets import check_target, parse_target
from .machine import mac
from .metrics import LOAD_BALANCER_SERIES, answer
from .networks import Networks
from .products import LoadBalancerTypes, Location, Locations
from .project import Project
from .server import Server
from .servers import Servers
from .store import Resource

ALGORITHMS = ("round_robin", "least_connections")


class LoadBalancers(Collection[LoadBalancer]):
    """All load balancers."""

    kind, plural, label = "load_balancer", "load_balancers", "load balancer"

    def __init__(
        self,
        project: Project,
        servers: Servers,
        networks: Networks,
        certificates: Certificates,
        locations: Locations,
        types: LoadBalancerTypes,
    ) -> None:
        super().__init__(project)
        self._servers = servers
        self._networks = networks
        self._certificates = certificates
        self._locations = locations
        self._types = types
        servers.on_delete.append(self._remove_server)
        certificates.find_users = self._users_of_certificate

    def _remove_server(self, server: Server) -> None:
        for balancer in [self.store.get(ident) for ident in server.load_balancers]:
            if balancer is not None:
                balancer.remove_server(server)

    def _users_of_certificate(self, ident: int) -> list[Resource]:
        return [balancer for balancer in self.store if ident in balancer.certificates]

    @operation("create_load_balancer")
    def create(self, call: Call) -> Reply:
        project, body = self.project, call.body or {}
        if body.get("public_net") is not None:
            raise ApiError(501, "not_built", "the lab has not built primary IPs for load balancers")
        kind = self._types.lookup(required(body, "load_balancer_type"), "load_balancer_type")
        network = None
        if body.get("network") is not None:
            network = self._networks.lookup(body["network"], "network")
        balancer = LoadBalancer(
            self.new_identity(body), kind, self._location(body), project.addresses, self._servers.store
        )
        balancer.algorithm = _algorithm(body.get("algorithm") or {"type": "round_robin"})
        balancer.public = body.get("public_interface") is not False
        if network is not None:
            network.require_idle()
            network.attach(
                balancer, network.free_ip(balancer.location.network_zone), mac("86:01", project.new_id()), []
            )
        try:
            for spec in body.get("services") or []:
                balancer.services.append(check_service(self._certificates, balancer, spec))
            for spec in body.get("targets") or []:
                balancer.targets.append(check_target(self._servers, balancer, spec))
        except ApiError:
            self._release(balancer)
            raise
        self.store.add(balancer)
        for target in balancer.targets:
            self._register_target(balancer, target)
        action = project.start_action("create_load_balancer", [balancer], locks=[balancer])
        return Reply(201, {"load_balancer": balancer.render(), "action": project.action_view(action)})

    def _location(self, body: dict[str, Any]) -> Location:
        if body.get("location") is not None:
            return self._locations.lookup(body["location"], "location")
        zone = body.get("network_zone")
        found = next((location for location in self._locations.store if location.network_zone == zone), None)
        if found is None:
            raise invalid("location", "one of 'location' and 'network_zone' must be given")
        return found

    def _release(self, balancer: LoadBalancer) -> None:
        for membership in list(balancer.networks.values()):
            membership.network.detach(balancer)
        for version, address in balancer.addresses.items():
            self.project.addresses.release(version, address.ip)

    def _register_target(self, balancer: LoadBalancer, target: Target) -> None:
        """Make a server show the load balancer whose target it is."""
        if target.type == "server":
            for server in balancer.servers_of(target):
                server.load_balancers[balancer.id] = balancer
                server.invalidate()

    @operation("delete_load_balancer")
    def delete(self, call: Call) -> Reply:
        balancer = self.find(call.params["id"])
        require_deletable(balancer)
        self._release(balancer)
        for target in balancer.targets:
            for server in balancer.servers_of(target):
                server.load_balancers.pop(balancer.id, None)
                server.invalidate()
        self.store.remove(balancer)
        action = self.project.start_action("delete_load_balancer", [balancer])
        return Reply(200, {"action": self.project.action_view(action)})

    @operation("change_load_balancer_algorithm")
    def change_algorithm(self, call: Call) -> Reply:
        balancer = self.find_unlocked(call)
        balancer.algorithm = _algorithm(call.body or {})
        return self.answer_with_action("change_algorithm", [balancer])

    @operation("change_load_balancer_type")
    def change_type(self, call: Call) -> Reply:
        balancer = self.find_unlocked(call)
        wanted = required(call.body or {}, "load_balancer_type")
        kind = self._types.lookup(wanted, "load_balancer_type")
        fits = len(balancer.services) <= kind.services and len(balancer.targets) <= kind.targets
        if kind is balancer.type or not fits or len(balancer.certificates) > kind.certificates:
            raise ApiError(422, "invalid_load_balancer_type", f"{kind.name} does not fit for this load balancer")
        balancer.type = kind
        return self.answer_with_action("change_load_balancer_type", [balancer], locks=[balancer])

    @operation("change_load_balancer_protection")
    def change_protection(self, call: Call) -> Reply:
        return self.protect(self.find_unlocked(call), call)

    @operation("change_load_balancer_dns_ptr")
    def change_dns_ptr(self, call: Call) -> Reply:
        balancer, body = self.find_unlocked(call), call.body or {}
        ip = required(body, "ip")
        balancer.addresses["ipv6" if ":" in ip else "ipv4"].rename(ip, body.get("dns_ptr"))
        return self.answer_with_action("change_dns_ptr", [balancer])

    @operation("attach_load_balancer_to_network")
    def attach(self, call: Call) -> Reply:
        balancer, body = self.find_unlocked(call), call.body or {}
        network = self._networks.lookup(required(body, "network"), "network")
        network.require_idle()
        if balancer.networks:
            raise ApiError(422, "load_balancer_already_attached", "the load balancer is already attached to a network")
        address = network.free_ip(balancer.location.network_zone, body.get("ip"), body.get("ip_range"))
        network.attach(balancer, address, mac("86:01", self.project.new_id()), [])
        return self.answer_with_action("attach_to_network", [balancer, network], locks=[balancer])

    @operation("detach_load_balancer_from_network")
    def detach(self, call: Call) -> Reply:
        balancer = self.find_unlocked(call)
        network = self._networks.lookup(required(call.body or {}, "network"), "network")
        if network.id not in balancer.networks:
            raise ApiError(422, "load_balancer_not_attached_to_network", "the load balancer is not in this network")
        network.detach(balancer)
        return self.answer_with_action("detach_from_network", [balancer, network], locks=[balancer])

    @operation("enable_load_balancer_public_interface")
    def enable_public(self, call: Call) -> Reply:
        balancer = self.find_unlocked(call)
        balancer.public = True
        return self.answer_with_action("enable_public_interface", [balancer])

    @operation("disable_load_balancer_public_interface")
    def disable_public(self, call: Call) -> Reply:
        balancer = self.find_unlocked(call)
        if not balancer.networks:
            raise ApiError(422, "load_balancer_not_attached_to_network", "the load balancer is in no network")
        if any(not target.private for target in balancer.targets):
            raise ApiError(422, "targets_without_use_private_ip", "a target uses the public address")
        balancer.public = False
        return self.answer_with_action("disable_public_interface", [balancer])

    @operation("get_load_balancer_metrics")
    def metrics(self, call: Call) -> Reply:
        return answer(call, LOAD_BALANCER_SERIES, bool(self.find(call.params["id"]).services))

    # -- services and targets ------------------------------------------------------------

    @operation("add_load_balancer_service")
    def add_service(self, call: Call) -> Reply:
        balancer = self.find_unlocked(call)
        balancer.services = [*balancer.services, check_service(self._certificates, balancer, call.body or {})]
        return self.answer_with_action("add_service", [balancer])

    @operation("update_load_balancer_service")
    def update_service(self, call: Call) -> Reply:
        balancer = self.find_unlocked(call)
        old = self._service(balancer, call)
        new = check_service(self._certificates, balancer, call.body or {}, old)
        balancer.services = [new if service is old else service for service in balancer.services]
        return self.answer_with_action("update_service", [balancer])

    @operation("delete_load_balancer_service")
    def delete_service(self, call: Call) -> Reply:
        balancer = self.find_unlocked(call)
        old = self._service(balancer, call)
        balancer.services = [service for service in balancer.services if service is not old]
        return self.answer_with_action("delete_service", [balancer])

    @operation("add_load_balancer_target")
    def add_target(self, call: Call) -> Reply:
        balancer = self.find_unlocked(call)
        target = check_target(self._servers, balancer, call.body or {})
        balancer.targets = [*balancer.targets, target]
        self._register_target(balancer, target)
        return self.answer_with_action("add_target", [balancer])

    @operation("remove_load_balancer_target")
    def remove_target(self, call: Call) -> Reply:
        balancer = self.find_unlocked(call)
        wanted = parse_target(call.body or {})
        left = [t for t in balancer.targets if (t.type, t.value) != (wanted.type, wanted.value)]
        if len(left) == len(balancer.targets):
            raise ApiError(404, "not_found", "load balancer target not found")
        for server in balancer.servers_of(wanted) if wanted.type == "server" else []:
            server.load_balancers.pop(balancer.id, None)
            server.invalidate()
        balancer.targets = left
        return self.answer_with_action("remove_target", [balancer])

    @staticmethod
    def _service(balancer: LoadBalancer, call: Call) -> dict[str, Any]:
        port = required(call.body or {}, "listen_port")
        found = next((service for service in balancer.services if service["listen_port"] == port), None)
        if found is None:
            raise ApiError(404, "not_found", f"load balancer service on port {port} not found")
        return found


def _algorithm(spec: dict[str, Any]) -> str:
    if spec.get("type") not in ALGORITHMS:
        raise invalid("type", f"must be one of {', '.join(ALGORITHMS)}")
    return str(spec["type"])
