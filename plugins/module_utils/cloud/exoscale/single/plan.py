# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Plan the next steps of a single resource and its parts, and predict their result. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.single.kind import Field, Item, Kind, State
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.single.spec import Spec, fixed_changes
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.step import Call, Step


def next_steps(kind: Kind, spec: Spec, current: State) -> list[Step]:
    """The next steps: one for the resource, and those of its parts, which do not depend on each other. Pure."""
    item = current.item
    if not spec.present:
        if item is None:
            return []
        freeing = [step for part in kind.parts if part.freed is not None for step in part.steps(current, part.freed)]
        return freeing or [_delete(kind, spec, item)]
    if item is None:
        name = {"name": spec.name} if kind.named else {}
        given = [f for f in kind.fields if f.initial is not None or spec.values.get(f.option) is not None]
        arguments = {**name, **_body(kind, spec, None, given), **spec.create}
        operation = kind.create or f"create-{kind.noun}"
        return [Step(spec.name, "create", calls=(Call(operation, arguments),))]
    if fixed_changes(kind, spec, item):
        return [_delete(kind, spec, item)]
    steps = []
    changed = [f for f in kind.fields if f.desired(spec.values.get(f.option), item) != f.value(item)]
    if changed:
        # All given fields are sent, not only those that differ: some can only be changed together.
        given = [f for f in kind.fields if not f.fixed and (f in changed or spec.values.get(f.option) is not None)]
        arguments = {kind.identity: item[kind.identity], **_body(kind, spec, item, given)}
        steps.append(Step(spec.name, "update", calls=(Call(f"update-{kind.noun}", arguments),)))
    for part in kind.parts:
        if spec.values.get(part.option) is not None:
            steps += part.steps(current, spec.values[part.option])
    return steps


def predict(kind: Kind, spec: Spec, current: State) -> dict[str, Any] | None:
    """What ``view`` shows after the whole plan. Raises ``ValidationError`` for impossible parts."""
    if not spec.present:
        return None
    end = {f.option: f.desired(spec.values.get(f.option), current.item) for f in kind.fields}
    for part in kind.parts:
        desired = spec.values.get(part.option)
        if desired is not None:
            end[part.option] = part.predicted(current, desired)
        elif part.option in current.parts:
            end[part.option] = part.shown(current)
    return end


def adds_then_removals(adds: list[Step], removals: list[Step]) -> list[Step]:
    """``adds`` while there are any, then ``removals``: so what is to be replaced is never missing."""
    return adds or removals


def _delete(kind: Kind, spec: Spec, item: Item) -> Step:
    return Step(spec.name, "delete", calls=(Call(f"delete-{kind.noun}", {kind.identity: item[kind.identity]}),))


def _body(kind: Kind, spec: Spec, item: Item | None, fields: Sequence[Field]) -> dict[str, Any]:
    values = {f.key: f.write(f.desired(spec.values.get(f.option), item)) for f in fields if f.sent}
    return {key.replace("-", "_"): value for key, value in values.items() if value is not None}
