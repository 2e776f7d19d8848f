# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Plan the next step of a block volume, and predict its result. Pure: no API call, no clock."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.block_volumes.spec import (
    DETACHED,
    FLEET,
    Item,
    Spec,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.block_volumes.state import (
    TRANSITIONAL,
    State,
    host_of,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.ownership import with_ownership
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.step import Call, Step
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError

VOLUMES_PER_INSTANCE = 5  # Exoscale's block storage overview
NEW = "new "  # prefix of the placeholder for the id of a predicted volume


@dataclass(frozen=True)
class Confirmation:
    """What the task allows to be detached from a running instance."""

    allow_detach: bool = False
    force_detach: bool = False


def resolve_instance(spec: Spec, item: Item | None) -> Spec:
    """The spec with an omitted instance filled in from the current state, so that a volume which is detached
    to grow is attached there again."""
    if spec.instance is not None or spec.state == "absent":
        return spec
    return replace(spec, instance=host_of(item))


def validate(spec: Spec, current: State, confirm: Confirmation) -> None:
    """Raise ``ValidationError`` for a spec that is impossible, or needs a confirmation."""
    item = current.items[spec.key]
    if spec.state == "absent":
        if item and host_of(item) and not confirm.force_detach:
            raise ValidationError(
                f"volumes: {spec.key!r} is attached to {current.instance_name(host_of(item))!r}: "
                f"set force_detach: true to delete it all the same, or detach it first"
            )
        return
    if item is None:
        _check_new(spec, current)
        return
    if item.get("state") == "error":
        raise ValidationError(
            f"volumes: {spec.key!r} is in the state error: delete it with state: absent, then create it again"
        )
    if spec.size is not None and spec.size < item["size"]:
        raise ValidationError(
            f"size: {spec.key!r} has {item['size']} GiB and a volume never shrinks; {spec.size} would need a new one"
        )
    host = host_of(item)
    if not host or not current.runs(host) or confirm.allow_detach:
        return
    on = f"{spec.key!r} is attached to {current.instance_name(host)!r}, which runs"
    if _grows(spec, item) and spec.instance != DETACHED:
        raise ValidationError(
            f"size: {on}; to grow it must be detached for a moment: set allow_detach: true, or stop the instance"
        )
    if spec.instance not in (host, DETACHED):
        raise ValidationError(f"instance: {on}; to move it set allow_detach: true, or detach it first")


def validate_capacity(specs: Iterable[Spec], current: State) -> None:
    """Raise ``ValidationError`` if an instance would have more volumes than Exoscale allows."""
    places = {volume["id"]: host_of(volume) for volume in current.volumes}
    names = {volume["id"]: str(volume.get("name")) for volume in current.volumes}
    wanted = set()
    for spec in specs:
        item = current.items[spec.key]
        key = item["id"] if item else NEW + spec.key
        places[key], names[key] = (DETACHED if spec.state == "absent" else spec.instance or DETACHED), spec.key
        if places[key] and places[key] != host_of(item):
            wanted.add(places[key])
    for host in sorted(wanted):
        there = sorted(names[key] for key, at in places.items() if at == host)
        if len(there) > VOLUMES_PER_INSTANCE:
            raise ValidationError(
                f"volumes: {current.instance_name(host)!r} would have {len(there)} volumes ({', '.join(there)}) and "
                f"Exoscale attaches {VOLUMES_PER_INSTANCE} at most: detach one, or grow one instead"
            )


def next_step(spec: Spec, current: State) -> Step | None:
    """The next step toward ``spec``; None when there is none, or while the volume is in transition."""
    item = current.items[spec.key]
    if item is None:
        return None if spec.state == "absent" else Step(spec.key, "create", calls=(_create(spec),))
    key, host = {"id": item["id"]}, host_of(item)
    if item.get("state") in TRANSITIONAL:
        return None
    if spec.state == "absent":
        if host:
            return Step(spec.key, "detach", calls=(Call("detach-block-storage-volume", key),))
        return Step(spec.key, "delete", calls=(Call("delete-block-storage-volume", key),))
    if item.get("state") == "error":
        return None
    fields = _changed_fields(spec, item)
    if fields:
        return Step(spec.key, "update", calls=(Call("update-block-storage-volume", {**key, **fields}),))
    grows = _grows(spec, item)
    if host and (host != spec.instance or (grows and current.runs(host))):
        return Step(spec.key, "detach", calls=(Call("detach-block-storage-volume", key),))
    if grows:
        return Step(spec.key, "resize", calls=(Call("resize-block-storage-volume", {**key, "size": spec.size}),))
    if spec.instance and host != spec.instance:
        attach = Call("attach-block-storage-volume-to-instance", {**key, "instance": {"id": spec.instance}})
        return Step(spec.key, "attach", calls=(attach,))
    return None


def predict(specs: Iterable[Spec], current: State) -> State:
    """The state after the whole plan, as the API would show it."""
    end = State(current.volumes, current.instances, current.snapshots)
    for spec in specs:
        item = current.items[spec.key]
        if spec.state == "absent":
            end.items[spec.key] = None
            continue
        new = {
            "id": NEW + spec.key,
            "name": spec.name,
            "labels": with_ownership(None),
            "size": _first_size(spec, current),
        }
        last: dict[str, Any] = {**(item or new)}
        last |= {"name": spec.name or last.get("name"), "state": "attached" if spec.instance else "detached"}
        last["instance"] = {"id": spec.instance} if spec.instance else None
        last["size"] = spec.size if spec.size is not None else last["size"]
        last["labels"] = _labels(spec, last)
        end.items[spec.key] = last
    return end


def _check_new(spec: Spec, current: State) -> None:
    least = _first_size(spec, current)
    if spec.size is None and least is None:
        raise ValidationError(f"volumes: {spec.key!r} does not exist; give size or snapshot to create it")
    if spec.size is not None and spec.snapshot and least is not None and spec.size < least:
        raise ValidationError(
            f"size: the snapshot of {spec.key!r} has {least} GiB, a volume from it cannot have {spec.size}"
        )


def _first_size(spec: Spec, current: State) -> int | None:
    snapshot = next((s for s in current.snapshots if s["id"] == spec.snapshot), {})
    return snapshot.get("volume-size") or snapshot.get("size")


def _create(spec: Spec) -> Call:
    arguments: dict[str, Any] = {"name": spec.name, "labels": with_ownership(_labels(spec, {}))}
    if spec.size is not None:
        arguments["size"] = spec.size
    if spec.snapshot:
        arguments["block_storage_snapshot"] = {"id": spec.snapshot}
    return Call("create-block-storage-volume", arguments)


def _changed_fields(spec: Spec, item: Item) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if spec.name and spec.name != item.get("name"):
        fields["name"] = spec.name
    labels = _labels(spec, item)
    if labels != (item.get("labels") or {}):
        fields["labels"] = labels
    return fields


def _labels(spec: Spec, item: Item) -> dict[str, str]:
    """The desired labels of the volume: the current ones, where the task gives none."""
    labels = (item.get("labels") or {}) if spec.labels is None else spec.labels
    return {**labels, **({FLEET: spec.fleet} if spec.fleet else {})}


def _grows(spec: Spec, item: Item) -> bool:
    return spec.size is not None and spec.size > item["size"]
