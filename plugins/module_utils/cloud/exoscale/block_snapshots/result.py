# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Show block snapshots: the return values and the diff."""

from __future__ import annotations

from collections import Counter
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.block_snapshots.plan import NEW, surplus
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.block_snapshots.spec import Spec
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.block_snapshots.state import (
    Item,
    State,
    find,
    volume_of,
)


def diff(spec: Spec, first: State, now: State) -> dict[str, Any]:
    """The snapshot of the spec and those that were surplus at ``first``, by name, as they are ``now``."""
    deleted = surplus(spec, first)
    names = Counter(s.get("name") for s in deleted)
    there = {s["id"] for s in now.snapshots}
    shown: dict[str, Any] = {}
    for snapshot in deleted:
        if snapshot["id"] in there:
            name = str(snapshot.get("name"))
            shown[name if names[name] == 1 and name != spec.name else f"{name} ({snapshot['id']})"] = _shown(
                snapshot, first
            )
    item = find(spec, now)
    if item:
        shown[spec.name] = _shown(item, first)
    return shown


def _shown(snapshot: Item, current: State) -> dict[str, Any]:
    return {
        "volume": _volume_name(snapshot, current),
        "labels": dict(sorted((snapshot.get("labels") or {}).items())),
    }


def _volume_name(snapshot: Item, current: State) -> str | None:
    key = volume_of(snapshot)
    return next((str(v.get("name")) for v in current.volumes if v["id"] == key), key)


def values(spec: Spec, first: State, now: State) -> dict[str, Any]:
    """What exoscale_block_snapshot returns: the snapshot, and the names of the deleted ones."""
    item = find(spec, now)
    there = {s["id"] for s in now.snapshots}
    removed = [str(s.get("name")) for s in surplus(spec, first) if s["id"] not in there]
    return {"snapshot": _result(item, now) if item else None, "removed": removed}


def _result(item: Item, current: State) -> dict[str, Any]:
    return {
        "name": item.get("name"),
        "id": None if item["id"] == NEW else item["id"],
        "state": item.get("state"),
        "volume": _volume_name(item, current),
        "volume_id": volume_of(item),
        "volume_size": item.get("volume-size"),
        "labels": dict(sorted((item.get("labels") or {}).items())),
        "created_at": item.get("created-at"),
    }
