# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reading the servers of a task with as few calls as it takes."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.concurrently import each
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.client import PAGE, Hetzner
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.server import FLEET, Server, from_api
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.ownership import KEY, VALUE, is_ours


class Reader:
    """The servers with these names and ids, and all members of ``fleet``.

    The first ``read`` takes whatever costs least: the fleet's pages, the project's pages, or one
    look-up a name. Later ones look only at what was touched since, if that is cheaper still.
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
        """Take note that a server may have changed; ``None`` for one whose id is not known."""
        self._touched[name] = id_

    def read(self) -> list[Server]:
        """The servers as they are now; also some that were not asked for, if they came along."""
        touched, self._touched = self._touched, {}
        new = sum(1 for id_ in touched.values() if self._known is not None and id_ not in self._known)
        if self._known is None or len(touched) > max(1, math.ceil((self._listed + new) / PAGE)):
            self._known = self._whole()
        else:
            self._look(self._known, touched)
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
        self._look(found, {**dict.fromkeys(missing), **{f"id {id_}": id_ for id_ in self._ids - set(found)}})
        return found

    def _members(self) -> set[str]:
        """Names of the fleet's members at the last reading: if its list lacks one, it is gone."""
        known = self._known.values() if self._known and self._fleet else ()
        return {server.name for server in known if is_ours(server.labels) and server.labels.get(FLEET) == self._fleet}

    def _missing(self, found: dict[int, Server]) -> set[str]:
        return self._names - {server.name for server in found.values()}

    def _look(self, known: dict[int, Server], wanted: dict[str, int | None]) -> None:
        """Look up each, by id where it is known, and bring ``known`` up to date."""

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
            for gone in [
                known_id for known_id, server in known.items() if id_ in (known_id, None) and server.name == name
            ]:
                del known[gone]
            if id_ is not None:
                known.pop(id_, None)
            _add(known, outcome.result or [])


def _add(found: dict[int, Server], items: list[dict[str, Any]]) -> None:
    found.update({item["id"]: from_api(item) for item in items})


def match(name: str, id_: int | None, servers: Iterable[Server]) -> Server | None:
    """The server of this id, or of this name where no id is given."""
    return next((server for server in servers if (server.id == id_ if id_ else server.name == name)), None)
