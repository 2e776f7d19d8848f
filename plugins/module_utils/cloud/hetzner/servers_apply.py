# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Doing the moves: one call each, with what to wait for as the answer."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner import actions
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.actions import Waiter, started
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.client import Hetzner
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.server import Server
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.servers_plan import Move
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.servers_predict import (
    first_labels,
    first_networks,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.servers_target import Target
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.ownership import KEY, VALUE
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import AmbiguousResultError, CloudError

# A repeated deed that the provider knows as done: its answer was lost the first time.
DONE_ALREADY = ("server_already_attached", "firewall_already_applied", "already_in_placement_group")
SOLD_OUT = "resource_unavailable"


@dataclass(frozen=True)
class Off:
    """Something to wait for: that a server which was asked to shut down is off."""

    server: int
    timeout: float


class Hands:
    """Makes moves. Knows which type is sold out where, so that each server need not ask again."""

    def __init__(self, client: Hetzner, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._sleep = sleep
        self._sold_out: dict[tuple[str, str], CloudError] = {}

    def make(self, move: Move, target: Target, server: Server | None) -> tuple[int | None, list[Any]]:
        """Start ``move``; returns the server's id, and the action ids and ``Off``s to wait for."""
        if server is None:
            return self._create(target)
        try:
            return server.id, self._change(move, target, server)
        except CloudError as error:
            if error.code in DONE_ALREADY:
                return server.id, []
            raise

    def _create(self, target: Target) -> tuple[int, list[Any]]:
        kind = str((target.kind or {})["name"])
        for place in target.locations:
            last = place == target.locations[-1]
            if (kind, place) in self._sold_out and not last:
                continue
            try:
                answer = self._client.post("/servers", request(target, place))
            except CloudError as error:
                if error.code == "uniqueness_error":
                    # It was made by the try before, whose answer was lost; or by someone else just now.
                    raise AmbiguousResultError(error.message, error.code, error.status, error.details) from error
                if error.code != SOLD_OUT:
                    raise
                self._sold_out[kind, place] = error
                if last:
                    raise self._out_of_stock(kind, target, error) from error
            else:
                return answer["server"]["id"], started(answer)
        raise AssertionError(f"{target.name} has no location")

    def _out_of_stock(self, kind: str, target: Target, error: CloudError) -> CloudError:
        where = ", ".join(target.locations)
        return CloudError(
            f"{kind} is out of stock in {where} ({error.message}); name other fallback_locations or another server_type",
            error.code,
            error.status,
            error.details,
            error.correlation_id,
        )

    def _change(self, move: Move, target: Target, server: Server) -> list[Any]:
        path = f"/servers/{server.id}"
        args = move.args
        if move.verb == "settle":
            return self._under_way(path)
        if move.verb == "delete":
            return started(self._client.delete(path))
        if move.verb == "update":
            self._client.put(path, {"name": target.name, "labels": args["labels"]})
            return []
        if move.verb == "shut down":
            ids = started(self._client.post(f"{path}/actions/shutdown", {}))
            return [*ids, Off(int(server.id or 0), target.wish.shutdown_timeout)]
        if move.verb in ("attach volume", "detach volume"):
            verb = move.verb.split()[0]
            body = {"server": server.id, "automount": bool(target.wish.automount)} if verb == "attach" else {}
            return started(self._client.post(f"/volumes/{args['volume']}/actions/{verb}", body))
        if move.verb in ("apply firewall", "remove firewall"):
            resources = [{"type": "server", "server": {"id": server.id}}]
            verb, key = ("apply_to_resources", "apply_to") if move.verb == "apply firewall" else REMOVE
            return started(self._client.post(f"/firewalls/{args['firewall']}/actions/{verb}", {key: resources}))
        action, body = ACTIONS[move.verb](move, target)
        return started(self._client.post(f"{path}/actions/{action}", body))

    def _under_way(self, path: str) -> list[Any]:
        """The actions that keep a server busy, whoever started them."""
        found = self._client.list(f"{path}/actions", status="running")
        if not found:
            self._sleep(1.0)
        return [action["id"] for action in found]


def request(target: Target, location: str) -> dict[str, Any]:
    """The body that creates a server."""
    wish = target.wish
    public: dict[str, Any] = {"enable_ipv4": wish.enable_ipv4, "enable_ipv6": wish.enable_ipv6}
    if wish.primary_ipv4:
        public["ipv4"] = wish.primary_ipv4
    if wish.primary_ipv6:
        public["ipv6"] = wish.primary_ipv6
    body: dict[str, Any] = {
        "name": target.name,
        "server_type": (target.kind or {})["name"],
        "image": str((target.image or {})["id"]),
        "location": location,
        "labels": first_labels(target, location),
        "public_net": public,
        "start_after_create": wish.start_at_creation,
    }
    optional = {
        "ssh_keys": list(target.ssh_keys),
        "networks": first_networks(target),
        "firewalls": [{"firewall": id_} for id_ in sorted(target.firewalls or ())],
        "volumes": sorted(target.volumes or ()),
        "placement_group": target.placement_group,
        "user_data": wish.user_data,
    }
    body |= {key: value for key, value in optional.items() if value}
    if target.volumes:
        body["automount"] = bool(wish.automount)
    return body


REMOVE = ("remove_from_resources", "remove_from")
PROTECTION = {"protect": True, "unprotect": False}


def _protection(move: Move, target: Target) -> tuple[str, dict[str, Any]]:
    # Hetzner wants both to have the same value.
    value = PROTECTION[move.verb]
    return "change_protection", {"delete": value, "rebuild": value}


def _attachment(move: Move, target: Target) -> tuple[str, dict[str, Any]]:
    place = move.args["place"]
    body: dict[str, Any] = {"network": move.args["network"]}
    if place.ip:
        body["ip"] = place.ip
    if place.alias_ips:
        body["alias_ips"] = sorted(place.alias_ips)
    return "attach_to_network", body


ACTIONS: dict[str, Callable[[Move, Target], tuple[str, dict[str, Any]]]] = {
    "rescale": lambda move, target: (
        "change_type",
        {"server_type": (target.kind or {})["name"], "upgrade_disk": move.args["upgrade_disk"]},
    ),
    "join placement group": lambda move, target: ("add_to_placement_group", {"placement_group": move.args["group"]}),
    "leave placement group": lambda move, target: ("remove_from_placement_group", {}),
    "attach network": _attachment,
    "change alias IPs": lambda move, target: (
        "change_alias_ips",
        {"network": move.args["network"], "alias_ips": sorted(move.args["place"].alias_ips)},
    ),
    "detach network": lambda move, target: ("detach_from_network", {"network": move.args["network"]}),
    "start": lambda move, target: ("poweron", {}),
    "power off": lambda move, target: ("poweroff", {}),
    "enable backups": lambda move, target: ("enable_backup", {}),
    "disable backups": lambda move, target: ("disable_backup", {}),
    "protect": _protection,
    "unprotect": _protection,
}


def wait_until_off(
    client: Hetzner,
    offs: list[Off],
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Return when all are off, or each one's time is up; few calls however many there are."""
    ends = {off.server: clock() + off.timeout for off in offs}
    pause = actions.FIRST_PAUSE
    while ends := {id_: end for id_, end in ends.items() if end > clock()}:
        sleep(min(pause, max(0.0, max(ends.values()) - clock())))
        if len(ends) <= 2:
            answers = [client.find(f"/servers/{id_}") for id_ in ends]
            on = {answer["server"]["id"] for answer in answers if answer and answer["server"]["status"] != "off"}
        else:
            query = {"label_selector": f"{KEY}={VALUE}", "status": ["running", "stopping"]}
            on = {server["id"] for server in client.list("/servers", **query)}
        ends = {id_: end for id_, end in ends.items() if id_ in on}
        pause = min(actions.LONGEST_PAUSE, pause * 1.5)


def wait(client: Hetzner, waiter: Waiter, handles: list[Any]) -> dict[Any, CloudError]:
    """Wait for actions, then for shut-downs; the errors by action id."""
    errors = waiter([handle for handle in handles if not isinstance(handle, Off)])
    wait_until_off(client, [handle for handle in handles if isinstance(handle, Off)])
    return dict(errors)
