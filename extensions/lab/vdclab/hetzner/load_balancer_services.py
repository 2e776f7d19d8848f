"""Services of load balancers: validation and defaults."""

from __future__ import annotations

from typing import Any

from ..core.errors import ApiError
from .certificates import Certificates
from .labels import invalid
from .load_balancer import LoadBalancer

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


def check_service(
    certificates: Certificates, balancer: LoadBalancer, spec: dict[str, Any], old: dict[str, Any] | None = None
) -> dict[str, Any]:
    """The service of request ``spec`` with all defaults, or ``old`` changed by ``spec``; raises ``ApiError``
    403, 412, 422."""
    before: dict[str, Any] = old or {}
    protocol = spec.get("protocol") or before.get("protocol")
    if protocol not in ("tcp", "http", "https"):
        raise invalid("protocol", "must be 'tcp', 'http' or 'https'")
    listen, destination = PORTS.get(protocol, (None, None))
    service = {
        "protocol": protocol,
        "listen_port": spec.get("listen_port") or before.get("listen_port") or listen,
        "destination_port": spec.get("destination_port") or before.get("destination_port") or destination,
        "proxyprotocol": bool(spec.get("proxyprotocol", before.get("proxyprotocol", False))),
    }
    for name in ("listen_port", "destination_port"):
        if not isinstance(service[name], int) or not 1 <= service[name] <= 65535:
            raise invalid(name, "must be a port from 1 to 65535")
    others = [other for other in balancer.services if other is not old]
    if any(other["listen_port"] == service["listen_port"] for other in others):
        # 412 for a new service, 422 for a changed one (the vendor's document).
        message = f"listen port {service['listen_port']} is already in use"
        raise ApiError(422 if old else 412, "source_port_already_used", message)
    if len(others) >= balancer.type.services:
        raise ApiError(403, "resource_limit_exceeded", f"{balancer.type.name} has at most {len(others)} services")
    service["health_check"] = _health(spec.get("health_check") or {}, before, int(service["destination_port"]))
    if protocol != "tcp":
        service["http"] = _http(
            certificates, balancer, protocol, {**before.get("http", {}), **(spec.get("http") or {})}
        )
    return service


def _health(spec: dict[str, Any], before: dict[str, Any], port: int) -> dict[str, Any]:
    old = before.get("health_check", {})
    health = {**HEALTH, "port": port, **old, **spec}
    for name, (least, most) in BOUNDS.items():
        if not least <= health[name] <= most:
            raise invalid(f"health_check.{name}", f"must be between {least} and {most}")
    if health["protocol"] == "http":
        health["http"] = {**HEALTH_HTTP, **old.get("http", {}), **(spec.get("http") or {})}
    else:
        health.pop("http", None)
    return health


def _http(certificates: Certificates, balancer: LoadBalancer, protocol: str, spec: dict[str, Any]) -> dict[str, Any]:
    http = {**HTTP, **spec}
    if protocol == "http":
        # The API shows both, because the client requires them; they have no effect.
        return {**http, "redirect_http": False, "certificates": []}
    if not http["certificates"]:
        raise invalid("http.certificates", "are needed for https")
    for ident in http["certificates"]:
        certificates.lookup(ident, "http.certificates")
    if len(balancer.certificates | set(http["certificates"])) > balancer.type.certificates:
        raise ApiError(403, "resource_limit_exceeded", f"{balancer.type.name} cannot have more certificates")
    return http
