# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Doing what the plan of a snapshot says."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.converge import Step, converge
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.actions import Waiter, started
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.client import Hetzner
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.label_rules import check_value
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.snapshots import (
    Move,
    Snapshot,
    Wish,
    as_result,
    find,
    from_api,
    next_moves,
    play,
    read_wish,
    selector,
    view,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.module import Report
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.ownership import refuse_foreign
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError


def work(module: Any, client: Hetzner) -> Report:
    """Bring the snapshot of a task to its wish."""
    wish = read_wish(module.params)
    wish, server = _server(client, wish)

    def read() -> list[Snapshot]:
        return [from_api(raw) for raw in client.list("/images", type="snapshot", label_selector=selector(wish.server))]

    first = read()
    end, moves = play(wish, first)
    if any(move.verb == "create" for move in moves):
        if server is None:
            raise ValidationError(f"server: there is no server {wish.server!r} to make a snapshot of")
        refuse_foreign("server", server["name"], server["labels"])
    report = Report(changed=any(move.verb != "settle" for move in moves), kind="snapshots")
    done = [move.name for move in moves if move.verb == "delete"]
    if moves and not module.check_mode:

        def step(move: Move) -> Step:
            return Step(move.name, move.verb, lambda: _make(client, move, server), changes=move.verb != "settle")

        waiter = Waiter(client, module.params["wait_timeout"]) if module.params["wait"] else None
        came = converge(read, lambda seen: [step(move) for move in next_moves(wish, seen)], waiter, first)
        end, report.changed, report.failed = came.seen, came.changed, came.errors
        done = list(dict.fromkeys(one.resource for one in came.done if one.verb == "delete"))
    report.before, report.after = view(first), view(end)
    report.values = {
        "snapshot": as_result(find(wish, end)),
        "removed": [name for name in done if name != wish.name or wish.state == "absent"],
    }
    return report


def _server(client: Hetzner, wish: Wish) -> tuple[Wish, dict[str, Any] | None]:
    """The wish with the server's name in place of its id, and the server if it (still) exists."""
    found = client.list("/servers", name=wish.server)
    if wish.server.isdigit():
        by_id = client.find(f"/servers/{wish.server}")
        found += [by_id["server"]] if by_id else []
    if len(found) > 1:
        raise ValidationError(
            f"server: {wish.server!r} is ambiguous, it is the name of one server and the id of another"
        )
    name = check_value("server", found[0]["name"] if found else wish.server)
    return replace(wish, server=name), found[0] if found else None


def _make(client: Hetzner, move: Move, server: dict[str, Any] | None) -> list[Any]:
    if move.snapshot is None:
        body = {"type": "snapshot", **move.args}
        return started(client.post(f"/servers/{(server or {})['id']}/actions/create_image", body))
    path = f"/images/{move.snapshot.id}"
    if move.verb == "settle":
        found = client.list(f"{path}/actions", status="running")
        if not found:
            time.sleep(1.0)
        return [action["id"] for action in found]
    if move.verb == "update":
        client.put(path, move.args)
        return []
    if move.verb == "delete":
        return started(client.delete(path))
    return started(client.post(f"{path}/actions/change_protection", {"delete": move.verb == "protect"}))
