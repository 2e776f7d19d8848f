"""What all zones of one organisation share.

SSH keys, security groups and anti-affinity groups have no zone in Exoscale's Terraform provider
and are seen from every zone's endpoint; templates tell the zones that they are in; quotas, the
usage report and events are the organisation's. All else is a zone's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..core.settings import Settings
from .addresses import Addresses
from .catalogue import (
    PUBLIC_SECURITY_GROUPS,
    TEMPLATE_BYTES,
    TEMPLATE_CREATED,
    TEMPLATES,
    ZONES,
    identifier,
    instance_types,
)
from .events import Events
from .meter import Meters
from .models import AntiAffinityGroup, SecurityGroup, SshKey, Template
from .quotas import Quotas

if TYPE_CHECKING:
    from .zone import Zone


class Account:
    """One organisation with its API key."""

    def __init__(self, settings: Settings) -> None:
        self.key = settings.exoscale_key
        self.secret = settings.exoscale_secret
        self.ssh_keys: dict[str, SshKey] = {}
        default = SecurityGroup(identifier("security-group", "default"), "default", "Default Security Group")
        public = [
            SecurityGroup(identifier("security-group", name), name, None, "public", {}, list(sources))
            for name, sources in PUBLIC_SECURITY_GROUPS.items()
        ]
        self.default_group = default
        self.security_groups: dict[str, SecurityGroup] = {g.id: g for g in [default, *public]}
        self.anti_affinity_groups: dict[str, AntiAffinityGroup] = {}
        self.templates: dict[str, Template] = {t.id: t for t in _public_templates()}
        self.quotas = Quotas(self._usage)
        self.meters = Meters()
        self.events = Events()
        self.zones: dict[str, Zone] = {}
        self._addresses: Addresses | None = None
        self._serial = 0

    def addresses(self, real: bool) -> Addresses:
        """The public addresses; ``real`` is told by the first zone that asks."""
        if self._addresses is None:
            self._addresses = Addresses(real)
        return self._addresses

    def serial(self) -> int:
        """A number that no other resource of the account has."""
        self._serial += 1
        return self._serial

    def mac(self) -> str:
        """A MAC address, unique in the lab (Hetzner's begin otherwise)."""
        low = self.serial().to_bytes(4, "big")
        return ":".join(f"{byte:02x}" for byte in b"\x06\x45" + low)

    def group_members(self, group: str) -> int:
        """How many instances of all zones are in anti-affinity group ``group``."""
        return sum(zone.anti_affinity_counts[group] for zone in self.zones.values())

    def _usage(self, resource: str) -> int:
        zones = self.zones.values()
        match resource:
            case "instance":
                return sum(len(z.instances) for z in zones)
            case "snapshot":
                return sum(len(z.snapshots) for z in zones)
            case "template":
                return sum(t.visibility == "private" for t in self.templates.values())
            case "elastic-ip":
                return sum(len(z.elastic_ips) for z in zones)
            case "private-network":
                return sum(len(z.networks) for z in zones)
            case "network-load-balancer":
                return sum(len(z.balancers) for z in zones)
            case "block-storage-volume":
                return sum(len(z.volumes) for z in zones)
            case "block-storage-volume-size":
                return sum(v.size for z in zones for v in z.volumes.values())
            case "bucket":
                return 0
        types = instance_types()
        return sum(types[i.type_id].family == resource for z in zones for i in z.instances.values())


def _public_templates() -> list[Template]:
    return [
        Template(
            id=identifier("template", t.name),
            name=t.name,
            family=t.user,
            default_user=t.user,
            version=t.version,
            build=t.build,
            size=TEMPLATE_BYTES,
            visibility="public",
            zones=list(ZONES),
            created=TEMPLATE_CREATED,
            maintainer="Exoscale",
            description=f"{t.name} {t.build}",
        )
        for t in TEMPLATES
    ]
