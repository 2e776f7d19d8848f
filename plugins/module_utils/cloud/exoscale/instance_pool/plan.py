# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Plan the next step of an instance pool. Pure: no API call, no clock."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.catalog import UUID
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.instance_pool.spec import (
    REFERENCES,
    Item,
    Spec,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.instance_pool.state import (
    TRANSITIONAL,
    State,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.ownership import with_ownership
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.step import Call, Step
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError


def validate(spec: Spec, current: State) -> None:
    """Raise ``ValidationError`` for a spec that is impossible."""
    if spec.state == "absent":
        return
    if current.pool is None:
        if UUID.fullmatch(spec.name):
            raise ValidationError(f"name: there is no instance pool with the id {spec.name}; give a name to create one")
        lacking = [
            option
            for option, given in (
                ("size", spec.size is not None),
                ("instance_type", "instance-type" in spec.fields),
                ("template", "template" in spec.fields),
                ("disk_size", "disk-size" in spec.fields),
            )
            if not given
        ]
        if lacking:
            raise ValidationError(f"name: pool {spec.name!r} does not exist; give {', '.join(lacking)} to create it")
    size = end_size(spec, current)
    least = spec.fields.get("min-available", (current.pool or {}).get("min-available") or 0)
    if least > size:
        raise ValidationError(f"min_available: {least} is more than the {size} members that {spec.name!r} would have")


def next_step(spec: Spec, current: State) -> Step | None:
    """The next step toward ``spec``; None when there is none, or while the pool is in transition."""
    pool = current.pool
    if pool is None:
        return None if spec.state == "absent" else Step(spec.name, "create", calls=(_create(spec),))
    if pool.get("state") in TRANSITIONAL:
        return None
    key = {"id": pool["id"]}
    if spec.state == "absent":
        return Step(spec.name, "delete", calls=(Call("delete-instance-pool", key),))
    changed, emptied = changes(spec, pool)
    if changed or emptied:
        calls = [Call("reset-instance-pool-field", {**key, "field": name}) for name in emptied]
        if changed:
            calls.append(Call("update-instance-pool", {**key, **_arguments(changed)}))
        return Step(spec.name, "update", calls=tuple(calls))
    members = evicted(spec, current)
    if members:
        return Step(
            spec.name,
            "evict",
            calls=(Call("evict-instance-pool-members", {**key, "instances": [m["id"] for m in members]}),),
        )
    if spec.size is not None and spec.size != pool.get("size"):
        return Step(spec.name, "scale", calls=(Call("scale-instance-pool", {**key, "size": spec.size}),))
    return None


def changes(spec: Spec, pool: Item) -> tuple[Item, list[str]]:
    """The fields to send, and those to empty, for which the API has a separate call."""
    changed: Item = {}
    emptied = []
    for name, value in spec.fields.items():
        if value == normal(name, pool.get(name)):
            continue
        if value in ([], ""):
            emptied.append({"ssh-keys": "ssh-key"}.get(name, name))
        else:
            changed[name] = value
    return changed, emptied


def normal(name: str, value: Any) -> Any:
    """A field of the API in the form that specs use."""
    if isinstance(value, list) or name in ("ssh-keys", *(kind.replace("_", "-") for kind in REFERENCES)):
        part = "name" if name == "ssh-keys" else "id"
        return sorted(({part: member[part]} for member in value or []), key=lambda member: member[part])
    if name in ("instance-type", "template"):
        return {"id": (value or {}).get("id")}
    if name in ("description", "user-data"):
        return value or ""
    return value


def evicted(spec: Spec, current: State) -> list[Item]:
    """The members that the spec evicts and that still exist."""
    return [m for m in current.members if m.get("name") in spec.evict or m["id"] in spec.evict]


def end_size(spec: Spec, current: State) -> int:
    """How many members the pool has after the whole plan."""
    if spec.size is not None:
        return spec.size
    return int((current.pool or {}).get("size") or 0) - len(evicted(spec, current))


def predict(spec: Spec, current: State) -> State:
    """The state after the whole plan, as the API would show it; new members have no names yet."""
    if spec.state == "absent":
        return State(None)
    new: Item = {"id": "", "name": spec.name, "labels": with_ownership(None), "min-available": 0}
    pool = {**(current.pool or new), **spec.fields, "state": "running", "size": end_size(spec, current)}
    deleted = {member["id"] for member in evicted(spec, current)}
    return State(pool, [member for member in current.members if member["id"] not in deleted])


def _create(spec: Spec) -> Call:
    fields = {name: value for name, value in spec.fields.items() if value not in ([], "")}
    fields["labels"] = with_ownership(spec.fields.get("labels"))
    return Call("create-instance-pool", {"name": spec.name, "size": spec.size, **_arguments(fields)})


def _arguments(fields: Mapping[str, Any]) -> Item:
    return {name.replace("-", "_"): value for name, value in fields.items()}
