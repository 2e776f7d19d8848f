"""What all zones of one organization share.

SSH keys, security groups and anti-affinity groups have no zone in Exoscale's Terraform provider
and are visible from every zone's endpoint; a template lists the zones that it is in; quotas, the
usage report and events belong to the organization. All other resources belong to one zone.
"""

from __future__ import annotations

from ..core.settings import Settings
from .addresses import Addresses
from .catalog import (
    PUBLIC_SECURITY_GROUPS,
    TEMPLATE_BYTES,
    TEMPLATE_CREATED,
    TEMPLATES,
    ZONES,
    identifier,
    instance_types,
)
from .events import Events
from .models import AntiAffinityGroup, SecurityGroup, SshKey, Template
from .quotas import Quotas
from .resources import ZoneResources
from .usage import Meters


class Account:
    """One organization with its API key."""

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
        self.zones: dict[str, ZoneResources] = {}
        self._addresses: Addresses | None = None
        self._serial = 0

    def addresses(self, real: bool) -> Addresses:
        """The pool of public addresses, created by the first call; ``real``: whether guests are real machines."""
        if self._addresses is None:
            self._addresses = Addresses(real)
        return self._addresses

    def next_serial(self) -> int:
        """A number that is unique within the account."""
        self._serial += 1
        return self._serial

    def mac(self) -> str:
        """A MAC address that is unique in the lab: those of the fake Hetzner Cloud have other prefixes."""
        low = self.next_serial().to_bytes(4, "big")
        return ":".join(f"{byte:02x}" for byte in b"\x06\x45" + low)

    def group_members(self, group: str) -> int:
        """The number of instances, over all zones, in anti-affinity group ``group`` (an id)."""
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
