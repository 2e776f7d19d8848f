"""Services and targets of load balancers, and the calls on them."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from ..core.errors import ApiError
from ..core.routing import Call, Reply
from .labels import invalid, parse_selector
from .project import Calls, Project, need, operation

if TYPE_CHECKING:
    from .load_balancers import LoadBalancer
    from .servers import Server

PORTS = {"http": (80, 80), "https": (443, 80)}
HEALTH = {"protocol": "tcp", "interval": 15, "timeout": 10, "retries": 3}  # seconds, seconds, times
HEALTH_HTTP = {"domain": "", "path": "/", "response": "", "status_codes": ["2??", "3??"], "tls": False}
HTTP: dict[str, Any] = {
    "cookie_name": "HCLBSTICKY",
    "cookie_lifetime": 300,  # seconds
    "timeout_idle": 50,  # seconds
    "sticky_sessions": False,
    "redirect_http": False,
    "certificates": [],
}
BOUNDS = {"interval": (3, 60), "timeout": (1, 60), "retries": (1, 5)}


@dataclass(frozen=True)
class Target:
    """``value`` is a server's id, a selector or an address, by ``type``."""

    type: str
    value: str
    private: bool = False


def check_service(
    project: Project, balancer: LoadBalancer, wish: dict[str, Any], old: dict[str, Any] | None = None
) -> dict[str, Any]:
    """A service with all defaults, or ``old`` changed as wished; raises ``ApiError`` 412, 422."""
    before: dict[str, Any] = old or {}
    protocol = wish.get("protocol") or before.get("protocol")
    if protocol not in ("tcp", "http", "https"):
        raise invalid("protocol", "must be 'tcp', 'http' or 'https'")
    listen, destination = PORTS.get(protocol, (None, None))
    service = {
        "protocol": protocol,
        "listen_port": wish.get("listen_port") or before.get("listen_port") or listen,
        "destination_port": wish.get("destination_port") or before.get("destination_port") or destination,
        "proxyprotocol": bool(wish.get("proxyprotocol", before.get("proxyprotocol", False))),
    }
    for name in ("listen_port", "destination_port"):
        if not isinstance(service[name], int) or not 1 <= service[name] <= 65535:
            raise invalid(name, "must be a port from 1 to 65535")
    others = [other for other in balancer.services if other is not old]
    if any(other["listen_port"] == service["listen_port"] for other in others):
        # 412 when added, 422 when changed, says the vendor's document.
        message = f"listen port {service['listen_port']} is already in use"
        raise ApiError(422 if old else 412, "source_port_already_used", message)
    if len(others) >= balancer.type.services:
        raise ApiError(403, "resource_limit_exceeded", f"{balancer.type.name} has at most {len(others)} services")
    service["health_check"] = _health(wish.get("health_check") or {}, before, int(service["destination_port"]))
    if protocol != "tcp":
        service["http"] = _http(project, balancer, protocol, {**before.get("http", {}), **(wish.get("http") or {})})
    return service


def _health(wish: dict[str, Any], before: dict[str, Any], port: int) -> dict[str, Any]:
    old = before.get("health_check", {})
    health = {**HEALTH, "port": port, **old, **wish}
    for name, (least, most) in BOUNDS.items():
        if not least <= health[name] <= most:
            raise invalid(f"health_check.{name}", f"must lie between {least} and {most}")
    if health["protocol"] == "http":
        health["http"] = {**HEALTH_HTTP, **old.get("http", {}), **(wish.get("http") or {})}
    else:
        health.pop("http", None)
    return health


def _http(project: Project, balancer: LoadBalancer, protocol: str, wish: dict[str, Any]) -> dict[str, Any]:
    http = {**HTTP, **wish}
    if protocol == "http":
        # Both are shown by the API (the client insists on them), and mean nothing here.
        return {**http, "redirect_http": False, "certificates": []}
    if not http["certificates"]:
        raise invalid("http.certificates", "are needed for https")
    for ident in http["certificates"]:
        project.certificates.referred(ident, "http.certificates")
    if len(balancer.certificates | set(http["certificates"])) > balancer.type.certificates:
        raise ApiError(403, "resource_limit_exceeded", f"{balancer.type.name} cannot take more certificates")
    return http


def check_target(project: Project, balancer: LoadBalancer, wish: dict[str, Any]) -> Target:
    """A target from a request; raises ``ApiError`` 422."""
    target = read_target(wish)
    if any((t.type, t.value) == (target.type, target.value) for t in balancer.targets):
        raise ApiError(422, "target_already_defined", "the target is already defined")
    if target.private and not balancer.networks:
        raise ApiError(422, "load_balancer_not_attached_to_network", "the load balancer is in no network")
    if not target.private and not balancer.public:
        raise ApiError(422, "load_balancer_public_interface_disabled", "the public interface is disabled")
    if len(balancer.targets) >= balancer.type.targets:
        raise ApiError(403, "resource_limit_exceeded", f"{balancer.type.name} cannot take more targets")
    if target.type == "server":
        server = project.servers.referred(int(target.value), "server")
        if target.private and not server.networks.keys() & balancer.networks.keys():
            message = "the server is not in the load balancer's network"
            raise ApiError(422, "resolve_cloud_private_targets_error", message)
        if not target.private and "ipv4" not in server.primary_ips:
            raise ApiError(422, "resolve_cloud_public_targets_error", "the server has no public IPv4 address")
    return target


def read_target(wish: dict[str, Any]) -> Target:
    """Type and value of a target; raises ``ApiError`` 422."""
    kind, private = need(wish, "type"), bool(wish.get("use_private_ip"))
    if kind == "server":
        return Target(kind, str(need(need(wish, "server"), "id")), private)
    if kind == "label_selector":
        return Target(kind, parse_selector(need(need(wish, "label_selector"), "selector")).text, private)
    if kind != "ip":
        raise invalid("type", "must be 'server', 'label_selector' or 'ip'")
    text = need(need(wish, "ip"), "ip")
    try:
        return Target(kind, str(ip_address(text)))
    except ValueError:
        raise invalid("ip", f"'{text}' is not an IP address") from None


def draw_target(target: Target, servers: list[Server], services: list[dict[str, Any]]) -> dict[str, Any]:
    """As the API shows it. Health follows from the server's status: nothing is probed."""
    if target.type == "ip":
        return {"type": "ip", "ip": {"ip": target.value}, "health_status": _status(services, "unknown")}
    resolved = [
        {
            "type": "server",
            "server": {"id": server.id},
            "health_status": _status(services, "healthy" if server.status == "running" else "unhealthy"),
            "use_private_ip": target.private,
        }
        for server in servers
    ]
    if target.type == "server":
        return resolved[0]
    return {
        "type": "label_selector",
        "label_selector": {"selector": target.value},
        "targets": resolved,
        "use_private_ip": target.private,
    }


def _status(services: list[dict[str, Any]], status: str) -> list[dict[str, Any]]:
    return [{"listen_port": service["listen_port"], "status": status} for service in services]


class BalancerParts(Calls):
    @operation("add_load_balancer_service")
    def add_service(self, call: Call) -> Reply:
        balancer = self.project.load_balancers.free(call)
        balancer.services = [*balancer.services, check_service(self.project, balancer, call.body or {})]
        return self.begun("add_service", [balancer])

    @operation("update_load_balancer_service")
    def update_service(self, call: Call) -> Reply:
        balancer = self.project.load_balancers.free(call)
        old = self._service(balancer, call)
        new = check_service(self.project, balancer, call.body or {}, old)
        balancer.services = [new if service is old else service for service in balancer.services]
        return self.begun("update_service", [balancer])

    @operation("delete_load_balancer_service")
    def delete_service(self, call: Call) -> Reply:
        balancer = self.project.load_balancers.free(call)
        old = self._service(balancer, call)
        balancer.services = [service for service in balancer.services if service is not old]
        return self.begun("delete_service", [balancer])

    @operation("add_load_balancer_target")
    def add_target(self, call: Call) -> Reply:
        balancer = self.project.load_balancers.free(call)
        target = check_target(self.project, balancer, call.body or {})
        balancer.targets = [*balancer.targets, target]
        self.project.load_balancers.point(balancer, target)
        return self.begun("add_target", [balancer])

    @operation("remove_load_balancer_target")
    def remove_target(self, call: Call) -> Reply:
        balancer = self.project.load_balancers.free(call)
        wanted = read_target(call.body or {})
        left = [t for t in balancer.targets if (t.type, t.value) != (wanted.type, wanted.value)]
        if len(left) == len(balancer.targets):
            raise ApiError(404, "not_found", "load balancer target not found")
        for server in balancer.servers_of(wanted) if wanted.type == "server" else []:
            server.load_balancers.pop(balancer.id, None)
            server.touch()
        balancer.targets = left
        return self.begun("remove_target", [balancer])

    @staticmethod
    def _service(balancer: LoadBalancer, call: Call) -> dict[str, Any]:
        port = need(call.body or {}, "listen_port")
        found = next((service for service in balancer.services if service["listen_port"] == port), None)
        if found is None:
            raise ApiError(404, "not_found", f"load balancer service on port {port} not found")
        return found
