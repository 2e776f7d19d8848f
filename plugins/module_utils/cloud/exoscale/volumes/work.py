# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module exoscale_block_volumes: from options to report."""

from __future__ import annotations

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.client import Exoscale
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.deeds import bring
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.volumes import plan
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.volumes.wish import (
    MOVING,
    Item,
    Seen,
    Wish,
    items_of,
    named_wish,
    read,
    resolved,
    unlisted,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.module import Report
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import CloudError

RESTING = {"creating": "detached", "attaching": "attached", "detaching": "detached", "snapshotting": "attached"}


def work(module: AnsibleModule, cloud: Exoscale) -> Report:
    """Bring a set of volumes to the wish; see the module for the options."""
    confirm = plan.Confirmation(module.params["allow_detach"], module.params["force_detach"])
    items = items_of(module.params)
    wishes = [named_wish(item) for item in items]
    with_snapshots = any(item["snapshot"] and item["state"] != "absent" for item in items)

    def look() -> Seen:
        return read(cloud, wishes, with_snapshots)

    def settled() -> Seen:
        return cloud.settle(look, _is_moving)

    first = look() if module.check_mode else settled()
    wishes = [
        plan.settle_place(resolved(wish, item, first, cloud.zone), first.wished[wish.key])
        for wish, item in zip(wishes, items, strict=True)
    ]
    if module.params["exact"]:
        wishes += unlisted(module.params["fleet"], first)
        first = look() if module.check_mode else settled()
    for wish in wishes:
        plan.check(wish, first, confirm)
    plan.check_room(wishes, first)
    before = _diffs(wishes, first)
    if module.check_mode:
        end = plan.foreseen(wishes, first)
        changed = any(plan.next_deed(wish, _rested(first)) for wish in wishes)
        return Report(changed, _values(wishes, end, cloud.zone), before, _diffs(wishes, end))
    done = bring(cloud, settled, lambda now: {w.key: plan.next_deed(w, now) for w in wishes}, first)
    return Report(
        changed=done.changed,
        values=_values(wishes, done.seen, cloud.zone),
        before=before,
        after=_diffs(wishes, done.seen),
        failed=done.errors | _unfinished(wishes, done.seen, cloud, done.errors),
        kind="volumes",
    )


def _is_moving(seen: Seen) -> bool:
    return any(item and item.get("state") in MOVING for item in seen.wished.values())


def _rested(seen: Seen) -> Seen:
    """``seen`` as it will be when what moves now has come to rest."""
    wished = {
        key: item and {**item, "state": RESTING.get(item["state"], item["state"])} for key, item in seen.wished.items()
    }
    return Seen(seen.volumes, seen.instances, seen.snapshots, wished)


def _diffs(wishes: list[Wish], seen: Seen) -> dict[str, Any]:
    shown = {wish.key: _diffed(wish, seen) for wish in wishes}
    return {key: value for key, value in shown.items() if value is not None}


def _diffed(wish: Wish, seen: Seen) -> dict[str, Any] | None:
    item = seen.wished[wish.key]
    if item is None:
        return None
    shown = {"size": item.get("size"), "instance": seen.instance_name(plan.place(item))}
    if wish.labels is not None or wish.fleet:
        shown["labels"] = dict(sorted((item.get("labels") or {}).items()))
    if wish.name and wish.id:
        shown["name"] = item.get("name")
    return shown


def _values(wishes: list[Wish], seen: Seen, zone: str) -> dict[str, Any]:
    items = [seen.wished[wish.key] for wish in wishes]
    return {"volumes": [as_result(item, seen, zone) for item in items if item]}


def as_result(item: Item, seen: Seen, zone: str) -> dict[str, Any]:
    """A volume as modules return it."""
    key = None if item["id"].startswith(plan.NEW) else item["id"]
    host = plan.place(item)
    return {
        "name": item.get("name"),
        "id": key,
        "size": item.get("size"),
        "state": item.get("state"),
        "instance": seen.instance_name(host),
        "instance_id": host or None,
        # A virtio disk's serial has 20 characters; Exoscale fills it with the volume's id.
        "device": f"/dev/disk/by-id/virtio-{key[:20]}" if key and host else None,
        "labels": dict(sorted((item.get("labels") or {}).items())),
        "zone": zone,
        "created_at": item.get("created-at"),
    }


def _unfinished(wishes: list[Wish], seen: Seen, cloud: Exoscale, known: dict[str, CloudError]) -> dict[str, CloudError]:
    """The errors of volumes that ended in the state ``error``, or are still on their way though
    the task waited."""
    errors: dict[str, CloudError] = {}
    for wish in wishes:
        item = seen.wished[wish.key]
        if wish.key in known or item is None:
            continue
        if item["state"] == "error" and wish.state != "absent":
            errors[wish.key] = CloudError("it is in the state error: delete it with state: absent", code="error_state")
        elif cloud.waits and item["state"] in MOVING:
            errors[wish.key] = CloudError(
                f"it is still {item['state']} after {cloud.wait_timeout:g} s (wait_timeout)", code="timeout"
            )
    return errors
