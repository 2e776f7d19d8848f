"""Targets of load balancers: validation."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

from ..core.errors import ApiError
from .collection import required
from .labels import invalid, parse_selector
from .load_balancer import LoadBalancer, Target
from .servers import Servers


def check_target(servers: Servers, balancer: LoadBalancer, spec: dict[str, Any]) -> Target:
    """The new target of request ``spec``; raises ``ApiError`` 403, 422."""
    target = parse_target(spec)
    if any((t.type, t.value) == (target.type, target.value) for t in balancer.targets):
        raise ApiError(422, "target_already_defined", "the target is already defined")
    if target.private and not balancer.networks:
        raise ApiError(422, "load_balancer_not_attached_to_network", "the load balancer is in no network")
    if not target.private and not balancer.public:
        raise ApiError(422, "load_balancer_public_interface_disabled", "the public interface is disabled")
    if len(balancer.targets) >= balancer.type.targets:
        raise ApiError(403, "resource_limit_exceeded", f"{balancer.type.name} cannot have more targets")
    if target.type == "server":
        server = servers.lookup(int(target.value), "server")
        if target.private and not server.networks.keys() & balancer.networks.keys():
            message = "the server is not in the load balancer's network"
            raise ApiError(422, "resolve_cloud_private_targets_error", message)
        if not target.private and "ipv4" not in server.primary_ips:
            raise ApiError(422, "resolve_cloud_public_targets_error", "the server has no public IPv4 address")
    return target


def parse_target(spec: dict[str, Any]) -> Target:
    """Type and value of a target in a request; raises ``ApiError`` 422."""
    kind, private = required(spec, "type"), bool(spec.get("use_private_ip"))
    if kind == "server":
        return Target(kind, str(required(required(spec, "server"), "id")), private)
    if kind == "label_selector":
        return Target(kind, parse_selector(required(required(spec, "label_selector"), "selector")).text, private)
    if kind != "ip":
        raise invalid("type", "must be 'server', 'label_selector' or 'ip'")
    text = required(required(spec, "ip"), "ip")
    try:
        return Target(kind, str(ip_address(text)))
    except ValueError:
        raise invalid("ip", f"'{text}' is not an IP address") from None
