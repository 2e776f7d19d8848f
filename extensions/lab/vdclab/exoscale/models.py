"""What a zone and an account hold. ``view`` is what a get answers, ``part`` what others show of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..core.clock import iso

View = dict[str, Any]


def refs(identifiers: Any) -> list[View]:
    """A list of references by id."""
    return [{"id": identifier} for identifier in identifiers]


def without_none(view: View) -> View:
    """``view`` without what is not set: the API leaves such fields out."""
    return {key: value for key, value in view.items() if value is not None}


@dataclass
class SshKey:
    """A public key of the account; ``text`` is the line as given."""

    name: str
    fingerprint: str
    text: str

    def view(self) -> View:
        return {"name": self.name, "fingerprint": self.fingerprint}


@dataclass
class SecurityGroup:
    """A firewall of the account; its rules are kept as the API shows them, by id."""

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
class AntiAffinityGroup:
    """Instances that share no host; members are counted on the instances."""

    id: str
    name: str
    description: str | None = None


@dataclass
class Template:
    """A system to install; ``image`` is the machines' image, or ``None`` for the golden one."""

    id: str
    name: str
    family: str
    default_user: str
    version: str
    build: str
    size: int
    visibility: str
    zones: list[str]
    created: str
    description: str | None = None
    ssh_key_enabled: bool = True
    password_enabled: bool = True
    boot_mode: str = "legacy"
    checksum: str | None = None
    url: str | None = None
    maintainer: str | None = None
    application_consistent: bool = False
    image: str | None = None

    def view(self) -> View:
        return without_none(
            {
                "id": self.id,
                "name": self.name,
                "description": self.description,
                "family": self.family,
                "default-user": self.default_user,
                "version": self.version,
                "build": self.build,
                "size": self.size,
                "visibility": self.visibility,
                "zones": list(self.zones),
                "created-at": self.created,
                "ssh-key-enabled": self.ssh_key_enabled,
                "password-enabled": self.password_enabled,
                "boot-mode": self.boot_mode,
                "checksum": self.checksum,
                "url": self.url,
                "maintainer": self.maintainer,
                "application-consistent-snapshot-enabled": self.application_consistent,
            }
        )


@dataclass
class Attachment:
    """An instance's card in a private network; ``address`` is its lease, if the network has DHCP."""

    mac: str
    address: str | None


@dataclass
class Instance:
    """A compute instance. ``volumes`` and ``networks`` are what is attached now."""

    id: str
    name: str
    type_id: str
    template_id: str
    disk_gib: int
    created: float
    assignment: str
    mac: str
    state: str = "starting"
    address: str | None = None
    ipv6: str | None = None
    labels: dict[str, str] = field(default_factory=dict)
    ssh_keys: list[str] = field(default_factory=list)
    security_groups: list[str] = field(default_factory=list)
    anti_affinity: list[str] = field(default_factory=list)
    elastic_ips: list[str] = field(default_factory=list)
    networks: dict[str, Attachment] = field(default_factory=dict)
    volumes: list[str] = field(default_factory=list)
    snapshots: list[str] = field(default_factory=list)
    user_data: str | None = None
    pool_id: str | None = None
    protected: bool = False
    secureboot: bool = False
    tpm: bool = False
    application_consistent: bool = False
    password: tuple[str, float] | None = None
    reverse_dns: str | None = None
    doing: str | None = None

    @property
    def key(self) -> str:
        """Its machine's key."""
        return f"exoscale-{self.id}"

    def listed(self) -> View:
        """As ``list-instances`` shows it: without disk size, elastic IPs, groups' names, user data."""
        shown = {
            "id": self.id,
            "name": self.name,
            "state": self.state,
            "created-at": iso(self.created),
            "instance-type": {"id": self.type_id},
            "template": {"id": self.template_id},
            "public-ip-assignment": self.assignment,
            "labels": dict(self.labels),
            "security-groups": refs(self.security_groups),
            "private-networks": [{"id": n, "mac-address": a.mac} for n, a in self.networks.items()],
            "mac-address": self.mac,
            "ssh-keys": [{"name": name} for name in self.ssh_keys],
        }
        if self.address is not None:
            shown["public-ip"] = self.address
        if self.ipv6 is not None:
            shown["ipv6-address"] = self.ipv6
        if self.ssh_keys:
            shown["ssh-key"] = {"name": self.ssh_keys[0]}
        if self.pool_id is not None:
            shown["manager"] = {"id": self.pool_id, "type": "instance-pool"}
        return shown

    def view(self) -> View:
        shown = self.listed() | {
            "disk-size": self.disk_gib,
            "disk-encrypted": False,
            "anti-affinity-groups": refs(self.anti_affinity),
            "elastic-ips": refs(self.elastic_ips),
            "snapshots": refs(self.snapshots),
            "secureboot-enabled": self.secureboot,
            "tpm-enabled": self.tpm,
            "application-consistent-snapshot-enabled": self.application_consistent,
        }
        if self.user_data is not None:
            shown["user-data"] = self.user_data
        return shown


@dataclass
class Volume:
    """A block storage volume; sizes in GiB."""

    id: str
    name: str
    size: int
    created: float
    state: str = "creating"
    labels: dict[str, str] = field(default_factory=dict)
    instance_id: str | None = None
    snapshots: list[str] = field(default_factory=list)

    @property
    def key(self) -> str:
        """Its disk's key."""
        return f"exoscale-{self.id}"


@dataclass
class BlockSnapshot:
    """A snapshot of a volume; ``volume_size`` in GiB is what the volume had."""

    id: str
    name: str
    volume_id: str
    volume_size: int
    created: float
    state: str = "creating"
    labels: dict[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Its disk's key."""
        return f"exoscale-{self.id}"


@dataclass
class Snapshot:
    """A snapshot of an instance's root disk; ``size`` in GiB."""

    id: str
    name: str
    instance_id: str
    template_id: str
    size: int
    created: float
    state: str = "snapshotting"
    application_consistent: bool = False
    export: View | None = None

    @property
    def image(self) -> str:
        """Its image's key."""
        return f"exoscale-{self.id}"

    def view(self) -> View:
        return without_none(
            {
                "id": self.id,
                "name": self.name,
                "instance": {"id": self.instance_id},
                "size": self.size,
                "state": self.state,
                "created-at": iso(self.created),
                "application-consistent": self.application_consistent,
                "export": self.export,
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
    # Instance id to its lease; None where the network has no DHCP.
    members: dict[str, str | None] = field(default_factory=dict)

    @property
    def segment(self) -> str:
        """The machines' name of it."""
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
class Pool:
    """Interchangeable instances; ``wish`` is the request that each new member is made from,
    ``deeds`` how many deeds on the pool are pending."""

    id: str
    name: str
    size: int
    wish: View
    prefix: str = "pool"
    description: str | None = None
    min_available: int = 0
    state: str = "creating"
    deeds: int = 0
    members: list[str] = field(default_factory=list)


@dataclass
class Service:
    """One service of a load balancer, as it was asked for."""

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
