# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read servers: what the API shows, reduced to what is compared and changed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.concurrently import each
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.client import PAGE, Hetzner
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.ownership import KEY, VALUE, is_ours

FLEET = "fleet"
# A server keeps its price until it is rescaled. The API does not show it, so labels record it.
PRICE_TYPE, PRICE_HOURLY, PRICE_MONTHLY = "price-type", "price-hourly", "price-monthly"
# Set while a server is stopped for a change: if this run dies, the next one starts the server.
RESUME = "resume"
# Labels that the module sets itself, besides the ownership label.
OURS = (FLEET, PRICE_TYPE, PRICE_HOURLY, PRICE_MONTHLY, RESUME)

RUNNING = ("running", "starting", "initializing", "rebuilding", "migrating")
SETTLED = ("running", "off")


@dataclass(frozen=True)
class Attachment:
    """A server's addresses in one network. In a spec, ``None`` leaves the choice to the provider."""

    ip: str | None = None
    alias_ips: frozenset[str] | None = None

    def fits(self, spec: Attachment) -> bool:
        """Whether this attachment has the address in ``spec``; alias addresses are compared elsewhere."""
        return spec.ip in (None, self.ip)


@dataclass(frozen=True)
class Server:
    """One server. Networks, firewalls and volumes by id; ``disk`` in GB is its real size, ``kind``
    its server type as the API describes it."""

    id: int | None
    name: str
    status: str
    server_type: str
    location: str
    image: str | None
    disk: int
    labels: Mapping[str, str] = field(default_factory=dict)
    networks: Mapping[int, Attachment] = field(default_factory=dict)
    firewalls: frozenset[int] = frozenset()
    volumes: frozenset[int] = frozenset()
    placement_group: int | None = None
    backups: bool = False
    delete_protection: bool = False
    locked: bool = False
    kind: Mapping[str, Any] = field(default_factory=dict, compare=False)
    raw: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @property
    def on(self) -> bool:
        """Whether it runs or is about to."""
        return self.status in RUNNING


def from_api(raw: Mapping[str, Any]) -> Server:
    """A server of ``GET /servers``."""
    group = raw.get("placement_group")
    image = raw.get("image")
    return Server(
        id=raw["id"],
        name=raw["name"],
        status=raw["status"],
        server_type=raw["server_type"]["name"],
        location=raw["location"]["name"],
        image=image["name"] if image else None,
        disk=raw["primary_disk_size"],
        labels=raw["labels"],
        networks={
            net["network"]: Attachment(net["ip"], frozenset(net["alias_ips"])) for net in raw.get("private_net") or []
        },
        firewalls=frozenset(firewall["id"] for firewall in raw["public_net"].get("firewalls") or []),
        volumes=frozenset(raw.get("volumes") or []),
        placement_group=group["id"] if group else None,
        backups=raw.get("backup_window") is not None,
        delete_protection=raw["protection"]["delete"],
        locked=raw["locked"],
        kind=raw["server_type"],
        raw=raw,
    )


class Reader:
    """The servers with these names and ids, and all members of ``fleet``.

    The first ``read`` takes what costs the fewest calls: the fleet's pages, the project's pages, or
    one look-up per name. Later ones read only what was touched since, if that is cheaper.
    """

    def __init__(self, client: Hetzner, names: Iterable[str], ids: Iterable[int], fleet: str | None = None) -> None:
        self._client = client
        self._names = set(names)
        self._ids = set(ids)
        self._fleet = fleet
        self._known: dict[int, Server] | None = None
        self._listed = 0  # servers in the pages that a whole read takes
        self._touched: dict[str, int | None] = {}

    def touch(self, name: str, id_: int | None) -> None:
        """Record that a server may have changed; ``id_`` is ``None`` when its id is not known."""
        self._touched[name] = id_

    def read(self) -> list[Server]:
        """The servers as they are now, and possibly others that the same pages contained."""
        touched, self._touched = self._touched, {}
        new = sum(1 for id_ in touched.values() if self._known is not None and id_ not in self._known)
        if self._known is None or len(touched) > max(1, math.ceil((self._listed + new) / PAGE)):
            self._known = self._whole()
        else:
            self._look_up(self._known, touched)
        return list(self._known.values())

    def _whole(self) -> dict[int, Server]:
        found: dict[int, Server] = {}
        if self._fleet:
            members = self._client.list("/servers", label_selector=f"{KEY}={VALUE},{FLEET}={self._fleet}")
            self._listed = len(members)
            _add(found, members)
        missing = self._missing(found) - self._members()
        if len(missing) > 2:
            items, total = self._client.page("/servers")
            _add(found, items)
            self._listed = total
            missing -= {server.name for server in found.values()}
            if math.ceil(total / PAGE) - 1 <= len(missing):
                _add(found, self._client.following("/servers", items, total))
                return found
        self._look_up(found, {**dict.fromkeys(missing), **{f"id {id_}": id_ for id_ in self._ids - set(found)}})
        return found

    def _members(self) -> set[str]:
        """Names of the fleet's members at the last reading: one that its list lacks was deleted."""
        known = self._known.values() if self._known and self._fleet else ()
        return {server.name for server in known if is_ours(server.labels) and server.labels.get(FLEET) == self._fleet}

    def _missing(self, found: dict[int, Server]) -> set[str]:
        return self._names - {server.name for server in found.values()}

    def _look_up(self, known: dict[int, Server], wanted: dict[str, int | None]) -> None:
        """Look up each server, by id where it is known, and update ``known``."""

        def one(item: tuple[str, int | None]) -> list[dict[str, Any]]:
            name, id_ = item
            if id_ is None:
                return self._client.list("/servers", name=name)
            answer = self._client.find(f"/servers/{id_}")
            return [answer["server"]] if answer else []

        for outcome in each(one, wanted.items(), self._client.connections):
            if outcome.error:
                raise outcome.error
            name, id_ = outcome.item
            for outdated in [
                known_id for known_id, server in known.items() if id_ in (known_id, None) and server.name == name
            ]:
                del known[outdated]
            if id_ is not None:
                known.pop(id_, None)
            _add(known, outcome.result or [])


def _add(found: dict[int, Server], items: list[dict[str, Any]]) -> None:
    found.update({item["id"]: from_api(item) for item in items})


def find_server(name: str, id_: int | None, servers: Iterable[Server]) -> Server | None:
    """The server of this id, or of this name where no id is given."""
    return next((server for server in servers if (server.id == id_ if id_ else server.name == name)), None)
