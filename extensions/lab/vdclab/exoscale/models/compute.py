"""Instances, their templates, snapshots and pools, as a zone stores them."""

from __future__ import annotations

from dataclasses import dataclass, field

from ...core.clock import iso
from .view import View, refs, without_none


@dataclass
class SshKey:
    """A public key of the account; ``text`` is the line as given."""

    name: str
    fingerprint: str
    text: str

    def view(self) -> View:
        return {"name": self.name, "fingerprint": self.fingerprint}


@dataclass
class Template:
    """A template; ``image`` is the key of a saved image, or ``None`` for the golden image. ``size`` in bytes."""

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
    """An instance's card in a private network; ``address`` is its lease, ``None`` without DHCP."""

    mac: str
    address: str | None


@dataclass
class Instance:
    """A compute instance; attached resources are listed by id. ``doing`` names a change that runs."""

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
        """The key of its machine."""
        return f"exoscale-{self.id}"

    def listed(self) -> View:
        """As ``list-instances`` shows it: without disk size, elastic IPs, anti-affinity groups and user data."""
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
        """The key of its image."""
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
class Pool:
    """Interchangeable instances; each new member is created from ``spec``, a request.
    ``pending_changes`` counts the operations that have not ended."""

    id: str
    name: str
    size: int
    spec: View
    prefix: str = "pool"
    description: str | None = None
    min_available: int = 0
    state: str = "creating"
    pending_changes: int = 0
    members: list[str] = field(default_factory=list)


@dataclass
class AntiAffinityGroup:
    """Instances that share no host; an instance lists its groups."""

    id: str
    name: str
    description: str | None = None
