# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What each move makes of a server. Check mode plays a whole run with these; so does the proof
that a plan ends, and that nothing of it would be refused half-way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.server import RESUME, Attachment, Server
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.servers_plan import (
    Move,
    next_move,
    price_labels,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.servers_target import Target
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.ownership import with_ownership

MOST_MOVES = 200  # more than any wish can need: fifty networks and volumes included
SETTLING = {"stopping": "off", "off": "off", "deleting": None}


def play(target: Target, server: Server | None) -> tuple[Server | None, list[Move]]:
    """The server as it will be, and the moves that make it so; raises ``ValidationError``."""
    moves: list[Move] = []
    while move := next_move(target, server):
        moves.append(move)
        server = after(move, target, server)
        if len(moves) > MOST_MOVES:
            raise AssertionError(f"the plan for {target.name} does not end: {moves[-3:]}")
    return server, moves


def after(move: Move, target: Target, server: Server | None) -> Server | None:
    """The server after one move."""
    if server is None:
        return created(target)
    return EFFECTS[move.verb](move, target, server)


def first_networks(target: Target) -> list[int]:
    """The networks that a server is created in; where it has a chosen address it goes later."""
    return [id_ for id_, place in (target.networks or {}).items() if place == Attachment()]


def first_labels(target: Target, location: str) -> dict[str, str]:
    """The labels that a server is created with."""
    wish = target.wish
    found = with_ownership(wish.labels)
    if wish.fleet:
        found["fleet"] = wish.fleet
    if wish.state == "present" and not wish.start_at_creation:
        found[RESUME] = "start"
    return found | price_labels(target.kind, location)


def created(target: Target) -> Server:
    """A new server, as far as it can be known before."""
    kind = dict(target.kind or {})
    location = target.locations[0] if target.locations else ""
    return Server(
        id=None,
        name=target.name,
        status="running" if target.wish.start_at_creation else "off",
        server_type=kind["name"],
        location=location,
        image=(target.image or {}).get("name"),
        disk=kind["disk"],
        labels=first_labels(target, location),
        networks={id_: Attachment(None, frozenset()) for id_ in first_networks(target)},
        firewalls=target.firewalls or frozenset(),
        volumes=target.volumes or frozenset(),
        placement_group=target.placement_group or None,
        kind=kind,
    )


def _settle(move: Move, target: Target, server: Server) -> Server | None:
    status = SETTLING.get(server.status, "running")
    return replace(server, status=status, locked=False) if status else None


def _rescale(move: Move, target: Target, server: Server) -> Server:
    kind = dict(target.kind or {})
    disk = kind["disk"] if move.args["upgrade_disk"] else server.disk
    # The provider starts it again by itself.
    return replace(server, server_type=kind["name"], kind=kind, disk=disk, status="running")


def _attach(move: Move, target: Target, server: Server) -> Server:
    place: Attachment = move.args["place"]
    place = Attachment(place.ip, place.alias_ips or frozenset())
    return replace(server, networks={**server.networks, move.args["network"]: place})


def _detach(move: Move, target: Target, server: Server) -> Server:
    left = {id_: place for id_, place in server.networks.items() if id_ != move.args["network"]}
    return replace(server, networks=left)


EFFECTS: dict[str, Callable[[Move, Target, Server], Server | None]] = {
    "settle": _settle,
    "delete": lambda move, target, server: None,
    "update": lambda move, target, server: replace(server, name=target.name, labels=move.args["labels"]),
    "rescale": _rescale,
    "join placement group": lambda move, target, server: replace(server, placement_group=move.args["group"]),
    "leave placement group": lambda move, target, server: replace(server, placement_group=None),
    "attach network": _attach,
    "change alias IPs": _attach,
    "detach network": _detach,
    "apply firewall": lambda move, target, server: replace(
        server, firewalls=server.firewalls | {move.args["firewall"]}
    ),
    "remove firewall": lambda move, target, server: replace(
        server, firewalls=server.firewalls - {move.args["firewall"]}
    ),
    "attach volume": lambda move, target, server: replace(server, volumes=server.volumes | {move.args["volume"]}),
    "detach volume": lambda move, target, server: replace(server, volumes=server.volumes - {move.args["volume"]}),
    "start": lambda move, target, server: replace(server, status="running"),
    "shut down": lambda move, target, server: replace(server, status="off"),
    "power off": lambda move, target, server: replace(server, status="off"),
    "enable backups": lambda move, target, server: replace(server, backups=True),
    "disable backups": lambda move, target, server: replace(server, backups=False),
    "protect": lambda move, target, server: replace(server, delete_protection=True),
    "unprotect": lambda move, target, server: replace(server, delete_protection=False),
}
