# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The way of a block volume to its wish, and its end as foreseen; pure functions over data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.deeds import Call, Deed
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.volumes.wish import (
    FLEET,
    MOVING,
    NOWHERE,
    Item,
    Seen,
    Wish,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.ownership import with_ownership
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError

VOLUMES_PER_INSTANCE = 5  # Exoscale's block storage overview
NEW = "new "  # begins the stand-in for the id of a volume that check mode foresees


@dataclass(frozen=True)
class Confirmation:
    """What the task allows to be taken away from a running instance."""

    allow_detach: bool = False
    force_detach: bool = False


def place(item: Item | None) -> str:
    """The id of the instance that a volume is attached to, or ``NOWHERE``."""
    return ((item or {}).get("instance") or {}).get("id") or NOWHERE


def settle_place(wish: Wish, item: Item | None) -> Wish:
    """An unspoken instance made definite: where the volume was first seen. So it returns there
    after a detour for growing."""
    if wish.instance is not None or wish.state == "absent":
        return wish
    return replace(wish, instance=place(item))


def check(wish: Wish, seen: Seen, confirm: Confirmation) -> None:
    """Raise ``ValidationError`` for a wish that cannot be had, or not without a confirm."""
    item = seen.wished[wish.key]
    if wish.state == "absent":
        if item and place(item) and not confirm.force_detach:
            raise ValidationError(
                f"volumes: {wish.key!r} is attached to {seen.instance_name(place(item))!r}: "
                f"set force_detach: true to delete it all the same, or detach it first"
            )
        return
    if item is None:
        _check_new(wish, seen)
        return
    if item.get("state") == "error":
        raise ValidationError(
            f"volumes: {wish.key!r} is in the state error: delete it with state: absent, and make it anew"
        )
    if wish.size is not None and wish.size < item["size"]:
        raise ValidationError(
            f"size: {wish.key!r} has {item['size']} GiB and a volume never shrinks; {wish.size} would need a new one"
        )
    host = place(item)
    if not host or not seen.runs(host) or confirm.allow_detach:
        return
    on = f"{wish.key!r} is attached to {seen.instance_name(host)!r}, which runs"
    if _grows(wish, item) and wish.instance != NOWHERE:
        raise ValidationError(
            f"size: {on}; to grow it must be detached for a moment: set allow_detach: true, or stop the instance"
        )
    if wish.instance not in (host, NOWHERE):
        raise ValidationError(f"instance: {on}; to move it set allow_detach: true, or detach it first")


def check_room(wishes: Iterable[Wish], seen: Seen) -> None:
    """Raise ``ValidationError`` where more volumes would be on an instance than Exoscale allows."""
    places = {volume["id"]: place(volume) for volume in seen.volumes}
    names = {volume["id"]: str(volume.get("name")) for volume in seen.volumes}
    wanted = set()
    for wish in wishes:
        item = seen.wished[wish.key]
        key = item["id"] if item else NEW + wish.key
        places[key], names[key] = (NOWHERE if wish.state == "absent" else wish.instance or NOWHERE), wish.key
        if places[key] and places[key] != place(item):
            wanted.add(places[key])
    for host in sorted(wanted):
        there = sorted(names[key] for key, at in places.items() if at == host)
        if len(there) > VOLUMES_PER_INSTANCE:
            raise ValidationError(
                f"volumes: {seen.instance_name(host)!r} would have {len(there)} volumes ({', '.join(there)}) and "
                f"Exoscale attaches {VOLUMES_PER_INSTANCE} at most: detach one, or grow one instead"
            )


def next_deed(wish: Wish, seen: Seen) -> Deed | None:
    """The next step toward ``wish``; None when nothing is left, or while the volume is on its
    way to another state."""
    item = seen.wished[wish.key]
    if item is None:
        return None if wish.state == "absent" else Deed("create", (_create(wish),))
    key, host = {"id": item["id"]}, place(item)
    if item.get("state") in MOVING:
        return None
    if wish.state == "absent":
        if host:
            return Deed("detach", (Call("detach-block-storage-volume", key),))
        return Deed("delete", (Call("delete-block-storage-volume", key),))
    if item.get("state") == "error":
        return None
    fields = _changed_fields(wish, item)
    if fields:
        return Deed("update", (Call("update-block-storage-volume", {**key, **fields}),))
    grows = _grows(wish, item)
    if host and (host != wish.instance or (grows and seen.runs(host))):
        return Deed("detach", (Call("detach-block-storage-volume", key),))
    if grows:
        return Deed("resize", (Call("resize-block-storage-volume", {**key, "size": wish.size}),))
    if wish.instance and host != wish.instance:
        attach = Call("attach-block-storage-volume-to-instance", {**key, "instance": {"id": wish.instance}})
        return Deed("attach", (attach,))
    return None


def foreseen(wishes: Iterable[Wish], seen: Seen) -> Seen:
    """What the API would show once every wish is fulfilled."""
    end = Seen(seen.volumes, seen.instances, seen.snapshots)
    for wish in wishes:
        item = seen.wished[wish.key]
        if wish.state == "absent":
            end.wished[wish.key] = None
            continue
        new = {"id": NEW + wish.key, "name": wish.name, "labels": with_ownership(None), "size": _first_size(wish, seen)}
        last: dict[str, Any] = {**(item or new)}
        last |= {"name": wish.name or last.get("name"), "state": "attached" if wish.instance else "detached"}
        last["instance"] = {"id": wish.instance} if wish.instance else None
        last["size"] = wish.size if wish.size is not None else last["size"]
        last["labels"] = _labels(wish, last)
        end.wished[wish.key] = last
    return end


def _check_new(wish: Wish, seen: Seen) -> None:
    least = _first_size(wish, seen)
    if wish.size is None and least is None:
        raise ValidationError(f"volumes: {wish.key!r} does not exist, and to make it size or snapshot must be given")
    if wish.size is not None and wish.snapshot and least is not None and wish.size < least:
        raise ValidationError(
            f"size: the snapshot of {wish.key!r} has {least} GiB, a volume from it cannot have {wish.size}"
        )


def _first_size(wish: Wish, seen: Seen) -> int | None:
    snapshot = next((s for s in seen.snapshots if s["id"] == wish.snapshot), {})
    return snapshot.get("volume-size") or snapshot.get("size")


def _create(wish: Wish) -> Call:
    arguments: dict[str, Any] = {"name": wish.name, "labels": with_ownership(_labels(wish, {}))}
    if wish.size is not None:
        arguments["size"] = wish.size
    if wish.snapshot:
        arguments["block_storage_snapshot"] = {"id": wish.snapshot}
    return Call("create-block-storage-volume", arguments)


def _changed_fields(wish: Wish, item: Item) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if wish.name and wish.name != item.get("name"):
        fields["name"] = wish.name
    labels = _labels(wish, item)
    if labels != (item.get("labels") or {}):
        fields["labels"] = labels
    return fields


def _labels(wish: Wish, item: Item) -> dict[str, str]:
    """The labels that the volume shall carry: those that are there, where the task gives none."""
    labels = (item.get("labels") or {}) if wish.labels is None else wish.labels
    return {**labels, **({FLEET: wish.fleet} if wish.fleet else {})}


def _grows(wish: Wish, item: Item) -> bool:
    return wish.size is not None and wish.size > item["size"]
