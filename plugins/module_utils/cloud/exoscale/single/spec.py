# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The desired state of a single resource, and its validation against the current state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.single.kind import Field, Item, Kind, State
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError


@dataclass(frozen=True)
class Spec:
    """The desired state of one resource: ``values`` by option, None where the option was omitted.

    ``create`` are arguments that only the creation takes. With ``replace`` a resource that differs
    in a fixed field is deleted and created again; without it that is rejected.
    """

    name: str
    present: bool
    values: Mapping[str, Any]
    create: Mapping[str, Any] = field(default_factory=dict)
    replace: bool = False


def validate(cloud: Any, kind: Kind, spec: Spec, current: State) -> None:
    """Raise ``ValidationError`` for a spec that is impossible or not allowed."""
    item = current.item
    if item is None:
        if spec.present and not kind.choosable(spec.name):
            raise ValidationError(
                f"name: there is no {kind.word} {spec.name}, and a new one cannot have that name; give another name to create one"
            )
        if spec.present and not spec.replace:
            _reject_duplicate(kind, spec, current)
        return
    if kind.refuse_foreign:
        kind.refuse_foreign(item)
    if not spec.present:
        dependents = kind.dependents(cloud, item, current.items) if kind.dependents else []
        if dependents:
            raise ValidationError(
                f"state: {kind.word} {spec.name!r} is in use and cannot be deleted: detach it from {_list(dependents)} first"
            )
    if spec.replace or not (spec.present or kind.delete_only_same):
        return
    for changed in fixed_changes(kind, spec, item):
        present, given = changed.value(item), spec.values[changed.option]
        raise ValidationError(
            f"{changed.option}: {kind.word} {spec.name!r} has {present!r}, not {given!r}, which Exoscale cannot change; "
            f"{kind.advice or f'omit it, or delete the {kind.word} first so that it is created again'}"
        )


def _reject_duplicate(kind: Kind, spec: Spec, current: State) -> None:
    """Raise ``ValidationError`` if another resource has a value that is unique."""
    for unique in (f for f in kind.fields if f.option in kind.unique):
        value = spec.values.get(unique.option)
        others = sorted(item[kind.identity] for item in current.items if unique.value(item) == value)
        if value is not None and others:
            raise ValidationError(
                f"{unique.option}: {value!r} is that of the {kind.word} {others[0]!r}, so {spec.name!r} would be the same under another "
                f"name; use {others[0]!r}, delete it, or set force: true to have both"
            )


def fixed_changes(kind: Kind, spec: Spec, item: Item) -> list[Field]:
    """The fields that differ and that Exoscale sets at creation only."""
    return [f for f in kind.fields if f.fixed and f.desired(spec.values.get(f.option), item) != f.value(item)]


def _list(words: Sequence[str], most: int = 8) -> str:
    return ", ".join(words[:most]) + (f" and {len(words) - most} more" if len(words) > most else "")
