# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Resolve the references of specs: what a plan compares a server with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.client import Hetzner
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.lookup import Catalog
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.server_types import ServerTypes
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.servers.spec import Spec
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.servers.state import FLEET, Attachment, Server
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.ownership import is_ours
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError


@dataclass(frozen=True)
class Target:
    """One server's spec with its references resolved. What follows ``name`` is ``None`` where the task does not set it;
    ``kind`` (a server type) also where it does not change. A ``placement_group`` of 0 means
    none. ``locations``, ``image`` and ``ssh_keys`` are found only for a server to be created."""

    spec: Spec
    name: str
    kind: Mapping[str, Any] | None = None
    networks: Mapping[int, Attachment] | None = None
    firewalls: frozenset[int] | None = None
    volumes: frozenset[int] | None = None
    placement_group: int | None = None
    locations: tuple[str, ...] = ()
    image: Mapping[str, Any] | None = None
    ssh_keys: tuple[int, ...] = ()


class Resolver:
    """Resolves specs with one read per kind of resource, for the kinds that are needed."""

    def __init__(self, client: Hetzner, catalog: Catalog, now: datetime) -> None:
        self._client = client
        self._catalog = catalog
        self._now = now
        self._server_types: ServerTypes | None = None
        self._ordered: dict[str, dict[str, Any]] = {}

    @property
    def server_types(self) -> ServerTypes:
        """The server types, read when first needed."""
        if self._server_types is None:
            self._server_types = ServerTypes(self._client.list("/server_types"), self._now)
        return self._server_types

    @property
    def warnings(self) -> list[str]:
        """Warnings about requested server types that will retire."""
        return [text for kind in self._ordered.values() if (text := self.server_types.ending(kind))]

    def _kind(self, spec: Spec) -> dict[str, Any]:
        kind = self.server_types.get(str(spec.server_type))
        self._ordered[kind["name"]] = kind
        return kind

    def target(self, spec: Spec, server: Server | None) -> Target:
        """What ``spec`` means for ``server``, or for one to be created; raises ``ValidationError``."""
        if server and is_ours(server.labels):
            fleet = server.labels.get(FLEET)
            if spec.fleet and fleet not in (None, spec.fleet):
                raise ValidationError(
                    f"fleet: server {server.name!r} belongs to the fleet {fleet!r}, not to {spec.fleet!r}"
                )
        name = spec.name or (server.name if server else f"id {spec.id}")
        if spec.state == "absent":
            return Target(spec, name)
        if server is None and spec.id:
            raise ValidationError(f"id: there is no server {spec.id}; give only a name to create one")
        target = Target(
            spec,
            name,
            networks=self._networks(spec),
            firewalls=self._ids(spec.firewalls, "firewalls", "firewall"),
            placement_group=self._group(spec),
        )
        if server is None:
            return self._new(target)
        volumes = self._volumes(spec, server, (server.location,))
        return replace(target, kind=self._new_kind(spec, server), volumes=volumes)

    def _new(self, target: Target) -> Target:
        """``target`` with what only the creation of a server needs."""
        spec = target.spec
        for option in ("server_type", "image"):
            if not getattr(spec, option):
                raise ValidationError(f"{option}: server {target.name!r} does not exist; give this option to create it")
        kind = self._kind(spec)
        locations = self._locations(spec, kind)
        return replace(
            target,
            kind=kind,
            volumes=self._volumes(spec, None, locations[:1]),
            locations=locations,
            image=self._catalog.image(str(spec.image), kind["architecture"]),
            ssh_keys=tuple(self._catalog.find("ssh_keys", "SSH key", key)["id"] for key in spec.ssh_keys),
        )

    def _locations(self, spec: Spec, kind: dict[str, Any]) -> tuple[str, ...]:
        """Possible locations of the new server, best first: those of its volumes, then those in stock."""
        wanted = list(spec.locations) or [location["name"] for location in kind["locations"]]
        with_volumes = {self._catalog.find("volumes", "volume", v)["location"]["name"] for v in spec.volumes or ()}
        near = [location for location in wanted if location in with_volumes] if with_volumes else wanted
        found = self.server_types.orderable(kind, near or wanted)
        return tuple(found if spec.locations else found[:1])

    def _new_kind(self, spec: Spec, server: Server) -> Mapping[str, Any] | None:
        if spec.server_type in (None, server.server_type, str(server.kind["id"])):
            return None
        kind = self._kind(spec)
        self.server_types.rescalable(server.name, dict(server.kind), kind, server.disk)
        return kind

    def _networks(self, spec: Spec) -> dict[int, Attachment] | None:
        if spec.networks is None:
            return None
        return {
            self._catalog.find("networks", "network", n)["id"]: attachment for n, attachment in spec.networks.items()
        }

    def _ids(self, names: tuple[str, ...] | None, option: str, kind: str) -> frozenset[int] | None:
        if names is None:
            return None
        return frozenset(self._catalog.find(option, kind, name)["id"] for name in names)

    def _group(self, spec: Spec) -> int | None:
        if not spec.placement_group:
            return None if spec.placement_group is None else 0
        return self._catalog.find("placement_group", "placement group", spec.placement_group)["id"]

    def _volumes(self, spec: Spec, server: Server | None, locations: tuple[str, ...]) -> frozenset[int] | None:
        if spec.volumes is None:
            return None
        found = [self._catalog.find("volumes", "volume", name) for name in spec.volumes]
        for volume in found:
            location, holder = volume["location"]["name"], volume["server"]
            if holder and holder != (server.id if server else None):
                raise ValidationError(
                    f"volumes: {volume['name']!r} is attached to another server (id {holder}); detach it there"
                )
            if locations and location not in locations:
                where = ", ".join(locations)
                raise ValidationError(
                    f"volumes: {volume['name']!r} is in {location}, but server {spec.name!r} in {where}"
                )
        return frozenset(volume["id"] for volume in found)
