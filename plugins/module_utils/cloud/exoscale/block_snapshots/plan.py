# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Plan the next steps of a block snapshot and of its series. Pure: no API call, no clock."""

from __future__ import annotations

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.block_snapshots.spec import Spec
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.block_snapshots.state import (
    TRANSITIONAL,
    Item,
    State,
    find,
    volume_of,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.catalog import UUID
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.ownership import with_ownership
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.step import Call, Step
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError

NEW = "new"  # placeholder for the id of a predicted snapshot


def validate(spec: Spec, current: State) -> None:
    """Raise ``ValidationError`` for a spec that names a missing snapshot by its id, or several snapshots."""
    if find(spec, current) is None and spec.state == "present" and UUID.fullmatch(spec.name):
        raise ValidationError(f"name: there is no block snapshot with the id {spec.name}; give a name to create one")


def next_steps(spec: Spec, current: State) -> list[Step]:
    """The next step of the snapshot; once it exists, a deletion for each surplus one of its series."""
    item = find(spec, current)
    if spec.state == "absent":
        deletable = item is not None and item.get("state") not in TRANSITIONAL
        return [_delete(spec.name, item)] if item and deletable else []
    if item is None:
        arguments = {"id": spec.volume, "name": spec.name, "labels": with_ownership(spec.labels)}
        return [Step(spec.name, "create", calls=(Call("create-block-storage-snapshot", arguments),))]
    if item.get("state") in TRANSITIONAL or item.get("state") == "error":
        return []
    steps = []
    if spec.labels is not None and spec.labels != (item.get("labels") or {}):
        update = Call("update-block-storage-snapshot", {"id": item["id"], "labels": spec.labels})
        steps.append(Step(spec.name, "update", calls=(update,)))
    return steps + [_delete(s["id"], s) for s in surplus(spec, current) if s.get("state") not in TRANSITIONAL]


def surplus(spec: Spec, current: State) -> list[Item]:
    """Snapshots beyond ``keep``, oldest first. The series are our snapshots of the volume with the spec's
    labels; the snapshot of the spec counts as its newest, whenever it was created."""
    if spec.keep is None or spec.state == "absent":
        return []
    item = find(spec, current)
    labels = with_ownership(spec.labels)
    others = [
        s
        for s in current.snapshots
        if volume_of(s) == spec.volume
        and (item is None or s["id"] != item["id"])
        and labels.items() <= (s.get("labels") or {}).items()
    ]
    others.sort(key=lambda s: str(s.get("created-at", "")))
    return others[: max(0, len(others) - (spec.keep - 1))]


def predict(spec: Spec, current: State) -> State:
    """The state after the whole plan, as the API would show it."""
    item = find(spec, current)
    deleted = {s["id"] for s in surplus(spec, current)} | ({item["id"]} if item and spec.state == "absent" else set())
    remaining = [s for s in current.snapshots if s["id"] not in deleted and s is not item]
    if spec.state == "absent":
        return State(current.volumes, remaining)
    volume = next(v for v in current.volumes if v["id"] == spec.volume)
    new = {
        "id": NEW,
        "name": spec.name,
        "block-storage-volume": {"id": spec.volume},
        "volume-size": volume.get("size"),
        "labels": with_ownership(spec.labels),
    }
    last = {**(item or new), "state": "created"}
    if spec.labels is not None:
        last["labels"] = spec.labels
    return State(current.volumes, [*remaining, last])


def _delete(resource: str, item: Item) -> Step:
    return Step(resource, "delete", calls=(Call("delete-block-storage-snapshot", {"id": item["id"]}),))
