# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The work of hetzner_snapshot: one snapshot of a server, found again by its labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.label_rules import check, check_value
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.ownership import (
    KEY,
    VALUE,
    is_ours,
    refuse_foreign,
    with_ownership,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError

NAME, SERVER, SERIES = "snapshot", "server", "series"
KEPT = (NAME, SERVER, SERIES)


@dataclass(frozen=True)
class Wish:
    """A snapshot as it shall be; ``None`` leaves an existing one as it is."""

    name: str
    server: str
    state: str = "present"
    series: str | None = None
    keep: int | None = None
    description: str | None = None
    labels: Mapping[str, str] | None = None
    delete_protection: bool | None = None


@dataclass(frozen=True)
class Snapshot:
    """A snapshot as the API shows it. ``created`` (ISO) sorts; one not made yet sorts last."""

    id: int | None
    name: str
    status: str
    description: str
    labels: Mapping[str, str]
    delete_protection: bool = False
    created: str = "~"
    raw: Mapping[str, Any] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class Move:
    """One change to one snapshot: ``name`` tells the resource, ``snapshot`` is null to create it."""

    verb: str
    name: str
    snapshot: Snapshot | None = None
    args: dict[str, Any] = field(default_factory=dict, compare=False)


def read_wish(params: Mapping[str, Any]) -> Wish:
    """The wish of a task; raises ``ValidationError``."""
    if params["keep"] is not None and not params["series"]:
        raise ValidationError("keep: it counts the snapshots of a series, so it needs the option series")
    if params["keep"] is not None and params["keep"] < 1:
        raise ValidationError(f"keep: {params['keep']} must be 1 or more; state: absent removes a snapshot")
    if params["series"] is not None:
        check_value("series", params["series"])
    return Wish(
        name=check_value("name", params["name"]),
        server=params["server"],
        state=params["state"],
        series=params["series"],
        keep=params["keep"],
        description=params["description"],
        labels=None if params["labels"] is None else check(params["labels"], KEPT),
        delete_protection=params["delete_protection"],
    )


def from_api(raw: Mapping[str, Any]) -> Snapshot:
    """A snapshot of ``GET /images``."""
    return Snapshot(
        id=raw["id"],
        name=raw["labels"].get(NAME, ""),
        status=raw["status"],
        description=raw["description"],
        labels=raw["labels"],
        delete_protection=raw["protection"]["delete"],
        created=raw["created"],
        raw=raw,
    )


def as_result(snapshot: Snapshot | None) -> dict[str, Any] | None:
    """A snapshot as the module returns it."""
    if snapshot is None:
        return None
    return {
        "id": snapshot.id,
        "name": snapshot.name,
        "server": snapshot.labels.get(SERVER),
        "series": snapshot.labels.get(SERIES),
        "status": snapshot.status,
        "description": snapshot.description,
        "labels": dict(snapshot.labels),
        "delete_protection": snapshot.delete_protection,
        "created": snapshot.raw.get("created"),
        "image_size_gb": snapshot.raw.get("image_size"),
        "disk_size_gb": snapshot.raw.get("disk_size"),
        "architecture": snapshot.raw.get("architecture"),
    }


def view(snapshots: list[Snapshot]) -> dict[str, Any]:
    """Snapshots as a diff shows them."""
    return {
        "snapshots": {
            one.name: {
                "description": one.description,
                "labels": dict(sorted(one.labels.items())),
                "delete_protection": one.delete_protection,
            }
            for one in sorted(snapshots, key=lambda one: one.name)
        }
    }


def selector(server: str) -> str:
    """The label selector of all our snapshots of a server."""
    return f"{KEY}={VALUE},{SERVER}={server}"


def find(wish: Wish, seen: list[Snapshot]) -> Snapshot | None:
    """The wished snapshot; raises ``ValidationError`` if two bear its name."""
    found = [one for one in seen if one.name == wish.name]
    if len(found) > 1:
        ids = ", ".join(str(one.id) for one in found)
        raise ValidationError(
            f"name: {wish.name!r} is ambiguous, server {wish.server!r} has it {len(found)} times (ids {ids})"
        )
    return found[0] if found else None


def labels(wish: Wish, snapshot: Snapshot | None) -> dict[str, str]:
    """The labels that the snapshot shall carry."""
    old = snapshot.labels if snapshot else {}
    own = wish.labels
    if own is None:
        own = {key: value for key, value in old.items() if key not in KEPT}
    found = {**with_ownership(own), NAME: wish.name, SERVER: wish.server}
    series = wish.series or old.get(SERIES)
    return {**found, SERIES: series} if series else found


def next_moves(wish: Wish, seen: list[Snapshot]) -> list[Move]:
    """At most one step for the snapshot, and then for each one that is too many. Pure."""
    snapshot = find(wish, seen)
    if wish.state == "absent":
        return [_toward_absence(wish, snapshot)] if snapshot else []
    if snapshot is None:
        return [Move("create", wish.name, None, {"labels": labels(wish, None), "description": _text(wish)})]
    if snapshot.status == "creating":
        return [Move("settle", wish.name, snapshot)]
    wanted = labels(wish, snapshot)
    description = snapshot.description if wish.description is None else wish.description
    if (wanted, description) != (snapshot.labels, snapshot.description):
        return [Move("update", wish.name, snapshot, {"labels": wanted, "description": description})]
    if wish.delete_protection not in (None, snapshot.delete_protection):
        return [Move("protect" if wish.delete_protection else "unprotect", wish.name, snapshot)]
    return [Move("delete", one.name or str(one.id), one) for one in surplus(wish, seen)]


def surplus(wish: Wish, seen: list[Snapshot]) -> list[Snapshot]:
    """The oldest of the series beyond the number to keep; protected ones stay and do not count."""
    if wish.keep is None:
        return []
    series = [one for one in seen if one.labels.get(SERIES) == wish.series and is_ours(one.labels)]
    loose = [one for one in series if not one.delete_protection and one.name != wish.name]
    loose.sort(key=lambda one: one.created)
    # The snapshot of this task is one of those that are kept, however old it is.
    return loose[: max(0, len(loose) - (wish.keep - 1))]


def after(move: Move, wish: Wish, seen: list[Snapshot]) -> list[Snapshot]:
    """What a move makes of the snapshots."""
    if move.snapshot is None:
        return [*seen, Snapshot(None, wish.name, "available", move.args["description"], move.args["labels"])]
    others = [one for one in seen if one is not move.snapshot]
    effects: dict[str, dict[str, Any]] = {
        "settle": {"status": "available"},
        "update": dict(move.args),
        "protect": {"delete_protection": True},
        "unprotect": {"delete_protection": False},
    }
    return others if move.verb == "delete" else [*others, replace(move.snapshot, **effects[move.verb])]


def play(wish: Wish, seen: list[Snapshot]) -> tuple[list[Snapshot], list[Move]]:
    """The snapshots as they will be, and all moves up to there; raises ``ValidationError``."""
    done: list[Move] = []
    while moves := next_moves(wish, seen):
        for move in moves:
            seen = after(move, wish, seen)
        done += moves
    return seen, done


def _toward_absence(wish: Wish, snapshot: Snapshot) -> Move:
    refuse_foreign("snapshot", snapshot.name, snapshot.labels)
    if not snapshot.delete_protection:
        return Move("delete", wish.name, snapshot)
    if wish.delete_protection is not False:
        raise ValidationError(
            f"delete_protection: snapshot {wish.name!r} is protected against deletion; delete_protection: false lifts that"
        )
    return Move("unprotect", wish.name, snapshot)


def _text(wish: Wish) -> str:
    return f"{wish.name} of {wish.server}" if wish.description is None else wish.description
