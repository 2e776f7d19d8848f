"""Networks, addresses, firewalls and load balancers, as a zone or its account stores them."""

from __future__ import annotations

from dataclasses import dataclass, field

from .view import View, without_none


@dataclass
class SecurityGroup:
    """A firewall of the account; ``rules`` maps ids to rules as the API shows them."""

    id: str
    name: str
    description: str | None = None
    visibility: str = "private"
    rules: dict[str, View] = field(default_factory=dict)
    external_sources: list[str] = field(default_factory=list)

    def view(self) -> View:
        return without_none(
            {
                "id": self.id,
                "name": self.name,
                "description": self.description,
                "visibility": self.visibility,
                "external-sources": list(self.external_sources),
                "rules": [dict(rule) for rule in self.rules.values()],
            }
        )


@dataclass
class PrivateNetwork:
    """A layer-2 network of one zone; with ``start``, ``end`` and ``netmask`` it has DHCP."""

    id: str
    name: str
    vni: int
    description: str | None = None
    labels: dict[str, str] = field(default_factory=dict)
    start: str | None = None
    end: str | None = None
    netmask: str | None = None
    options: View | None = None
    # Instance id -> leased address; ``None`` without DHCP.
    members: dict[str, str | None] = field(default_factory=dict)

    @property
    def segment(self) -> str:
        """The name of its layer-2 segment."""
        return f"exoscale-net-{self.id}"

    def view(self) -> View:
        leases = [{"ip": ip, "instance-id": member} for member, ip in self.members.items() if ip is not None]
        return without_none(
            {
                "id": self.id,
                "name": self.name,
                "description": self.description,
                "labels": dict(self.labels),
                "vni": self.vni,
                "start-ip": self.start,
                "end-ip": self.end,
                "netmask": self.netmask,
                "options": self.options,
                "leases": leases,
            }
        )


@dataclass
class ElasticIp:
    """A public address that instances of a zone can share."""

    id: str
    ip: str
    family: str
    cidr: str
    description: str | None = None
    labels: dict[str, str] = field(default_factory=dict)
    healthcheck: View | None = None
    reverse_dns: str | None = None
    instances: list[str] = field(default_factory=list)

    def view(self) -> View:
        return without_none(
            {
                "id": self.id,
                "ip": self.ip,
                "addressfamily": self.family,
                "cidr": self.cidr,
                "description": self.description,
                "labels": dict(self.labels),
                "healthcheck": dict(self.healthcheck) if self.healthcheck else None,
            }
        )


@dataclass
class Service:
    """One service of a load balancer; ``fields`` are those of the request."""

    id: str
    pool_id: str
    fields: View


@dataclass
class LoadBalancer:
    """A network load balancer."""

    id: str
    name: str
    ip: str
    created: float
    state: str = "creating"
    description: str | None = None
    labels: dict[str, str] = field(default_factory=dict)
    services: dict[str, Service] = field(default_factory=dict)
