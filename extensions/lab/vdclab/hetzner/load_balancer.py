"""A load balancer and its targets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from . import catalog
from .address_pool import AddressPool
from .addresses import VERSIONS, Address
from .labels import parse_selector
from .network import Member
from .products import LoadBalancerType, Location
from .server import Server
from .store import ANONYMOUS, Identity, Store


@dataclass(frozen=True)
class Target:
    """One target. ``value`` is a server id, a label selector or an IP address, depending on ``type``."""

    type: str
    value: str
    private: bool = False


class LoadBalancer(Member):
    """One load balancer."""

    kind = "load_balancer"

    def __init__(
        self,
        identity: Identity,
        kind: LoadBalancerType,
        location: Location,
        pool: AddressPool,
        servers: Store[Server],
    ) -> None:
        super().__init__(identity)
        self.type = kind
        self.location = location
        self.algorithm = "round_robin"
        self.services: list[dict[str, Any]] = []
        self.targets: list[Target] = []
        self.public = True
        self.protection = {"delete": False}
        self.addresses = {
            version: Address(ANONYMOUS, version, pool.allocate(version), location) for version in VERSIONS
        }
        self._servers = servers

    def render(self) -> dict[str, Any]:
        """The view, not cached: targets change and fail without notice."""
        return self.view()

    @property
    def certificates(self) -> set[int]:
        """Ids of the certificates that its services use."""
        return {ident for service in self.services for ident in service.get("http", {}).get("certificates", [])}

    def servers_of(self, target: Target) -> list[Server]:
        """The servers of a target; none for an IP target."""
        if target.type == "label_selector":
            return self._servers.select(parse_selector(target.value))
        found = self._servers.get(int(target.value)) if target.type == "server" else None
        return [found] if found else []

    def remove_server(self, server: Server) -> None:
        """Remove a deleted server from the targets."""
        self.targets = [t for t in self.targets if (t.type, t.value) != ("server", str(server.id))]
        server.load_balancers.pop(self.id, None)

    def view(self) -> dict[str, Any]:
        v4, v6 = self.addresses["ipv4"], self.addresses["ipv6"]
        location = str(self.location.name)
        return {
            "id": self.id,
            "name": self.name,
            "public_net": {
                "enabled": self.public,
                "ipv4": {"ip": v4.ip, "dns_ptr": v4.names[v4.ip]},
                "ipv6": {"ip": v6.ip.replace("::/64", "::1"), "dns_ptr": next(iter(v6.names.values()), None)},
            },
            "private_net": [{"network": m.network.id, "ip": str(m.ip)} for m in self.networks.values()],
            "location": self.location.render(),
            "load_balancer_type": self.type.render(),
            "protection": self.protection,
            "labels": self.labels,
            "created": self.created,
            "services": self.services,
            "targets": [target_view(target, self.servers_of(target), self.services) for target in self.targets],
            "algorithm": {"type": self.algorithm},
            "outgoing_traffic": 0,
            "ingoing_traffic": 0,
            "included_traffic": catalog.traffic(location)["included_traffic"],
        }


def target_view(target: Target, servers: list[Server], services: list[dict[str, Any]]) -> dict[str, Any]:
    """A target as the API shows it. Health follows from the servers' status: nothing is probed."""
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
