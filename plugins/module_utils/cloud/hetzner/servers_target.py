# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A wish with its names found: what the plan compares a server with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.client import Hetzner
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.ladder import Ladder
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.lookup import Catalog
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.server import FLEET, Attachment, Server
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.servers_wish import Wish
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.ownership import is_ours
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError


@dataclass(frozen=True)
class Target:
    """One server's wish. What follows ``name`` is ``None`` where the task leaves it as it is;
    ``kind`` (a server type) also where it is as it shall be. A ``placement_group`` of 0 means
    none. ``locations``, ``image`` and ``ssh_keys`` are found only for a server to be created."""

    wish: Wish
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
    """Finds what wishes name, with one read a kind, and only the kinds that are needed."""

    def __init__(self, client: Hetzner, catalog: Catalog, now: datetime) -> None:
        self._client = client
        self._catalog = catalog
        self._now = now
        self._ladder: Ladder | None = None
        self._ordered: dict[str, dict[str, Any]] = {}

    @property
    def ladder(self) -> Ladder:
        """The server types, read when first needed."""
        if self._ladder is None:
            self._ladder = Ladder(self._client.list("/server_types"), self._now)
        return self._ladder

    @property
    def warnings(self) -> list[str]:
        """What the operator should know about the types that were asked for."""
        return [said for kind in self._ordered.values() if (said := self.ladder.ending(kind))]

    def _kind(self, wish: Wish) -> dict[str, Any]:
        kind = self.ladder.get(str(wish.server_type))
        self._ordered[kind["name"]] = kind
        return kind

    def target(self, wish: Wish, server: Server | None) -> Target:
        """What ``wish`` means for ``server``, or for one to be created; raises ``ValidationError``."""
        if server and is_ours(server.labels):
            fleet = server.labels.get(FLEET)
            if wish.fleet and fleet not in (None, wish.fleet):
                raise ValidationError(
                    f"fleet: server {server.name!r} belongs to the fleet {fleet!r}, not to {wish.fleet!r}"
                )
        name = wish.name or (server.name if server else f"id {wish.id}")
        if wish.state == "absent":
            return Target(wish, name)
        if server is None and wish.id:
            raise ValidationError(f"id: there is no server {wish.id}; a new one is made by its name alone")
        target = Target(
            wish,
            name,
            networks=self._networks(wish),
            firewalls=self._ids(wish.firewalls, "firewalls", "firewall"),
            placement_group=self._group(wish),
        )
        if server is None:
            return self._new(target)
        volumes = self._volumes(wish, server, (server.location,))
        return replace(target, kind=self._new_kind(wish, server), volumes=volumes)

    def _new(self, target: Target) -> Target:
        """``target`` with what only the creation of a server needs."""
        wish = target.wish
        for option in ("server_type", "image"):
            if not getattr(wish, option):
                raise ValidationError(
                    f"{option}: server {target.name!r} does not exist yet, and making it needs this option"
                )
        kind = self._kind(wish)
        locations = self._locations(wish, kind)
        return replace(
            target,
            kind=kind,
            volumes=self._volumes(wish, None, locations[:1]),
            locations=locations,
            image=self._catalog.image(str(wish.image), kind["architecture"]),
            ssh_keys=tuple(self._catalog.find("ssh_keys", "SSH key", key)["id"] for key in wish.ssh_keys),
        )

    def _locations(self, wish: Wish, kind: dict[str, Any]) -> tuple[str, ...]:
        """Where the new server may be made, the likeliest first: with its volumes, in stock."""
        wanted = list(wish.locations) or [place["name"] for place in kind["locations"]]
        with_volumes = {self._catalog.find("volumes", "volume", v)["location"]["name"] for v in wish.volumes or ()}
        near = [place for place in wanted if place in with_volumes] if with_volumes else wanted
        found = self.ladder.orderable(kind, near or wanted)
        return tuple(found if wish.locations else found[:1])

    def _new_kind(self, wish: Wish, server: Server) -> Mapping[str, Any] | None:
        if wish.server_type in (None, server.server_type, str(server.kind["id"])):
            return None
        kind = self._kind(wish)
        self.ladder.rescalable(server.name, dict(server.kind), kind, server.disk)
        return kind

    def _networks(self, wish: Wish) -> dict[int, Attachment] | None:
        if wish.networks is None:
            return None
        return {self._catalog.find("networks", "network", n)["id"]: place for n, place in wish.networks.items()}

    def _ids(self, names: tuple[str, ...] | None, option: str, kind: str) -> frozenset[int] | None:
        if names is None:
            return None
        return frozenset(self._catalog.find(option, kind, name)["id"] for name in names)

    def _group(self, wish: Wish) -> int | None:
        if not wish.placement_group:
            return None if wish.placement_group is None else 0
        return self._catalog.find("placement_group", "placement group", wish.placement_group)["id"]

    def _volumes(self, wish: Wish, server: Server | None, locations: tuple[str, ...]) -> frozenset[int] | None:
        if wish.volumes is None:
            return None
        found = [self._catalog.find("volumes", "volume", name) for name in wish.volumes]
        for volume in found:
            place, holder = volume["location"]["name"], volume["server"]
            if holder and holder != (server.id if server else None):
                raise ValidationError(
                    f"volumes: {volume['name']!r} is attached to another server (id {holder}); detach it there"
                )
            if locations and place not in locations:
                where = ", ".join(locations)
                raise ValidationError(f"volumes: {volume['name']!r} is in {place}, but server {wish.name!r} in {where}")
        return frozenset(volume["id"] for volume in found)
