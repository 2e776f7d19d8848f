# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module exoscale_block_snapshot: one snapshot of a volume, and how many older ones stay."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.concurrently import each
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.catalog import UUID
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.client import Exoscale
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.deeds import Call, Deed, bring
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.lookup import find, must_find
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.module import Report
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.ownership import (
    is_ours,
    refuse_foreign,
    with_ownership,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import CloudError, ValidationError

Item = dict[str, Any]
ABSENT = ("destroyed",)
MOVING = ("allocated", "creating", "destroying", "promoting")
NEW = "new"  # stands for the id of a snapshot that check mode foresees


@dataclass(frozen=True)
class Wish:
    """One snapshot as it shall be. ``volume`` is an id, None when not spoken of. ``labels`` are
    None when not spoken of. ``keep`` is how many of the series stay, the wished one included."""

    name: str
    state: str
    volume: str | None = None
    labels: dict[str, str] | None = None
    keep: int | None = None


@dataclass(frozen=True)
class Seen:
    """The zone's volumes and snapshots."""

    volumes: list[Item]
    snapshots: list[Item]


def work(module: AnsibleModule, cloud: Exoscale) -> Report:
    """Bring the snapshot to its wish; see the module for the options."""
    params = module.params
    if params["keep"] is not None and params["keep"] < 1:
        raise ValidationError(f"keep: {params['keep']} must be at least 1, the snapshot itself is one of them")
    labels = with_ownership(params["labels"]) if params["labels"] is not None else None
    wish = Wish(params["name"], params["state"], None, labels, params["keep"])

    def settled() -> Seen:
        return cloud.settle(lambda: read(cloud), lambda now: is_moving(wish, now))

    first = read(cloud) if module.check_mode else settled()
    wish = replace(wish, volume=_volume(params["volume"], wish, first, cloud.zone))
    if wish.state == "present" and UUID.fullmatch(wish.name) and pick(wish, first) is None:
        raise ValidationError(f"name: there is no block snapshot with the id {wish.name}; give a name to make one")
    before = diffed(wish, first, first)
    if module.check_mode:
        end = foreseen(wish, first)
        return Report(
            any(next_deeds(wish, first).values()), _values(wish, first, end), before, diffed(wish, first, end)
        )
    done = bring(cloud, settled, lambda now: next_deeds(wish, now), first)
    failed = dict(done.errors)
    last = pick(wish, done.seen)
    if last and wish.state == "present" and last.get("state") == "error":
        failed.setdefault(wish.name, CloudError("the snapshot is in the state error: delete it", code="error_state"))
    if last and cloud.waits and last.get("state") in MOVING:
        late = f"it is still {last['state']} after {cloud.wait_timeout:g} s (wait_timeout)"
        failed.setdefault(wish.name, CloudError(late, code="timeout"))
    values = _values(wish, first, done.seen)
    return Report(done.changed, values, before, diffed(wish, first, done.seen), failed, "snapshots")


def read(cloud: Exoscale) -> Seen:
    """Both lists at once."""
    tasks = [
        ("list-block-storage-volumes", "block-storage-volumes"),
        ("list-block-storage-snapshots", "block-storage-snapshots"),
    ]
    lists = []
    for outcome in each(lambda task: cloud.list(*task), tasks):
        if outcome.error:
            raise outcome.error
        lists.append(outcome.result or [])
    return Seen(lists[0], [snapshot for snapshot in lists[1] if snapshot.get("state") not in ABSENT])


def pick(wish: Wish, seen: Seen) -> Item | None:
    """The snapshot that ``wish`` means: by id, or by name among those of the volume. Two of ours
    are ambiguous, a foreign one alone is refused."""
    of_volume = [s for s in seen.snapshots if wish.volume is None or volume_of(s) == wish.volume]
    named = [s for s in of_volume if wish.name in (s["id"], s.get("name"))]
    ours = [s for s in named if is_ours(s.get("labels"))]
    if len(ours) > 1:
        ids = ", ".join(sorted(s["id"] for s in ours))
        raise ValidationError(
            f"name: {wish.name!r} is ambiguous: {len(ours)} snapshots of ours bear it ({ids}); name the volume, or give an id"
        )
    if named and not ours:
        refuse_foreign("block snapshot", wish.name, named[0].get("labels"))
    return ours[0] if ours else None


def next_deeds(wish: Wish, seen: Seen) -> dict[str, Deed | None]:
    """What to do next, by resource: the wished snapshot first; once it is there, those too many."""
    item = pick(wish, seen)
    if wish.state == "absent":
        deletes = item is not None and item.get("state") not in MOVING
        return {wish.name: _delete(item) if item and deletes else None}
    if item is None:
        arguments = {"id": wish.volume, "name": wish.name, "labels": with_ownership(wish.labels)}
        return {wish.name: Deed("create", (Call("create-block-storage-snapshot", arguments),))}
    deeds: dict[str, Deed | None] = {}
    if wish.labels is not None and wish.labels != (item.get("labels") or {}):
        update = Call("update-block-storage-snapshot", {"id": item["id"], "labels": wish.labels})
        deeds[wish.name] = Deed("update", (update,))
    if item.get("state") in MOVING or item.get("state") == "error":
        return {}
    deeds |= {s["id"]: _delete(s) for s in too_many(wish, seen) if s.get("state") not in MOVING}
    return deeds


def too_many(wish: Wish, seen: Seen) -> list[Item]:
    """Snapshots beyond ``keep``, oldest first. The series are our snapshots of the volume which
    bear the wish's labels; the wished one is the newest of it, whenever it was made."""
    if wish.keep is None or wish.state == "absent":
        return []
    item = pick(wish, seen)
    labels = with_ownership(wish.labels)
    others = [
        s
        for s in seen.snapshots
        if volume_of(s) == wish.volume
        and (item is None or s["id"] != item["id"])
        and labels.items() <= (s.get("labels") or {}).items()
    ]
    others.sort(key=lambda s: str(s.get("created-at", "")))
    return others[: max(0, len(others) - (wish.keep - 1))]


def foreseen(wish: Wish, seen: Seen) -> Seen:
    """What the API would show once the wish is fulfilled."""
    item = pick(wish, seen)
    leaving = {s["id"] for s in too_many(wish, seen)} | ({item["id"]} if item and wish.state == "absent" else set())
    staying = [s for s in seen.snapshots if s["id"] not in leaving and s is not item]
    if wish.state == "absent":
        return Seen(seen.volumes, staying)
    volume = next(v for v in seen.volumes if v["id"] == wish.volume)
    new = {
        "id": NEW,
        "name": wish.name,
        "block-storage-volume": {"id": wish.volume},
        "volume-size": volume.get("size"),
        "labels": with_ownership(wish.labels),
    }
    last = {**(item or new), "state": "created"}
    if wish.labels is not None:
        last["labels"] = wish.labels
    return Seen(seen.volumes, [*staying, last])


def diffed(wish: Wish, first: Seen, now: Seen) -> dict[str, Any]:
    """The wished snapshot and those that were too many at ``first``, by name, as they are ``now``."""
    leaving = too_many(wish, first)
    names = Counter(s.get("name") for s in leaving)
    there = {s["id"] for s in now.snapshots}
    shown: dict[str, Any] = {}
    for snapshot in leaving:
        if snapshot["id"] in there:
            name = str(snapshot.get("name"))
            shown[name if names[name] == 1 and name != wish.name else f"{name} ({snapshot['id']})"] = _shown(
                snapshot, first
            )
    item = pick(wish, now)
    if item:
        shown[wish.name] = _shown(item, first)
    return shown


def is_moving(wish: Wish, seen: Seen) -> bool:
    """Whether any snapshot that could be meant is on its way to another state."""
    return any(s.get("state") in MOVING for s in seen.snapshots if wish.name in (s["id"], s.get("name")))


def volume_of(snapshot: Item) -> str | None:
    """The id of the volume that a snapshot is of."""
    return (snapshot.get("block-storage-volume") or {}).get("id")


def _volume(wanted: str | None, wish: Wish, seen: Seen, zone: str) -> str | None:
    if wanted is None:
        if wish.state == "present":
            raise ValidationError(f"volume: give the volume that {wish.name!r} shall be a snapshot of")
        return None
    if wish.state == "absent":
        # A volume that is gone may have left snapshots, which are then meant by its id.
        volume = find("volume", wanted, seen.volumes)
        return volume["id"] if volume else wanted
    return must_find("volume", wanted, seen.volumes, zone, "volume")["id"]


def _delete(item: Item) -> Deed:
    return Deed("delete", (Call("delete-block-storage-snapshot", {"id": item["id"]}),))


def _shown(snapshot: Item, seen: Seen) -> dict[str, Any]:
    return {
        "volume": _volume_name(snapshot, seen),
        "labels": dict(sorted((snapshot.get("labels") or {}).items())),
    }


def _volume_name(snapshot: Item, seen: Seen) -> str | None:
    key = volume_of(snapshot)
    return next((str(v.get("name")) for v in seen.volumes if v["id"] == key), key)


def _values(wish: Wish, first: Seen, now: Seen) -> dict[str, Any]:
    item = pick(wish, now)
    there = {s["id"] for s in now.snapshots}
    removed = [str(s.get("name")) for s in too_many(wish, first) if s["id"] not in there]
    return {"snapshot": _result(item, now) if item else None, "removed": removed}


def _result(item: Item, seen: Seen) -> dict[str, Any]:
    return {
        "name": item.get("name"),
        "id": None if item["id"] == NEW else item["id"],
        "state": item.get("state"),
        "volume": _volume_name(item, seen),
        "volume_id": volume_of(item),
        "volume_size": item.get("volume-size"),
        "labels": dict(sorted((item.get("labels") or {}).items())),
        "created_at": item.get("created-at"),
    }
