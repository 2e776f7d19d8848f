# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One declarative shape for every module that keeps a single Exoscale resource.

A ``Kind`` says what a resource is made of, a ``Wish`` what is asked for. All else (reading,
comparing, planning, predicting, converging, reporting) is the same for each of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.converge import Step, converge
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.kind import (
    Field,
    Item,
    Kind,
    Part,
    Seen,
    Wish,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.lookup import find
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.module import Report
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError


def keep(cloud: Any, kind: Kind, wish: Wish, check_mode: bool) -> Report:
    """Bring one resource to its wish, or tell what that would do. Raises ``ValidationError``, ``CloudError``."""
    first = read(cloud, kind, wish)
    guard(cloud, kind, wish, first)
    before, after = view(kind, first), predict(kind, wish, first)
    planned = next_steps(cloud, kind, wish, first)
    report = Report(bool(planned), before=_named(wish, before), after=_named(wish, after), kind=f"parts of {kind.word}")
    if check_mode or not planned:
        report.values = {kind.result: _resource(kind, wish, first.item, after)}
        return report
    end = converge(
        lambda: read(cloud, kind, wish),
        lambda seen: next_steps(cloud, kind, wish, seen),
        cloud.wait if cloud.waits else None,
        first,
    )
    last = view(kind, end.seen)
    report.changed = end.changed
    report.failed = end.errors
    if end.errors:
        report.after = _named(wish, last)
    report.values = {kind.result: _resource(kind, wish, end.seen.item, last)}
    return report


def read(cloud: Any, kind: Kind, wish: Wish) -> Seen:
    """What the cloud shows of the resource that ``wish`` names; ``ValidationError`` if several are meant."""
    items = cloud.list(f"list-{kind.noun}s", f"{kind.noun}s")
    item = kind.look(wish.name, items) if kind.look else find(kind.word, wish.name, items)
    seen = Seen(items, item)
    for part in kind.parts:
        due = item is not None or (part.early and wish.present)
        if due and (part.always or _wished(part, wish) is not None):
            seen.parts[part.option] = part.look(cloud, seen)
    return seen


def guard(cloud: Any, kind: Kind, wish: Wish, seen: Seen) -> None:
    """Raise ``ValidationError`` where the wish may not or cannot be fulfilled."""
    item = seen.item
    if item is None:
        if wish.present and not kind.choosable(wish.name):
            raise ValidationError(
                f"name: there is no {kind.word} {wish.name}, and that cannot be chosen; give a name to create one"
            )
        return
    if kind.refuse_foreign:
        kind.refuse_foreign(item)
    if not wish.present:
        users = kind.users(cloud, item, seen.items) if kind.users else []
        if users:
            raise ValidationError(
                f"state: {kind.word} {wish.name!r} is in use and cannot be deleted: detach it from {_list(users)} first"
            )
    if wish.replace or not (wish.present or kind.delete_only_same):
        return
    for changed in _fixed_changes(kind, wish, item):
        there, asked = changed.seen(item), wish.values[changed.option]
        raise ValidationError(
            f"{changed.option}: {kind.word} {wish.name!r} has {there!r}, not {asked!r}, which Exoscale cannot change; "
            f"{kind.way_out or f'leave it as it is, or delete the {kind.word} first so that it is made anew'}"
        )


def next_steps(cloud: Any, kind: Kind, wish: Wish, seen: Seen) -> list[Step]:
    """The next thing to do, or nothing when all is as wished; of parts that do not depend on each
    other, the next thing for each. Pure: the calls are made by the steps."""
    item = seen.item
    if not wish.present:
        if item is None:
            return []
        freeing = [
            step for part in kind.parts if part.freed is not None for step in part.steps(cloud, seen, part.freed)
        ]
        return freeing or [_delete(cloud, kind, wish, item)]
    if item is None:
        name = {"name": wish.name} if kind.named else {}
        asked = [f for f in kind.fields if f.initial is not None or wish.values.get(f.option) is not None]
        arguments = {**name, **_body(kind, wish, None, asked), **wish.create}
        operation = kind.create or f"create-{kind.noun}"
        return [Step(wish.name, "create", lambda: cloud.change(operation, **arguments))]
    if _fixed_changes(kind, wish, item):
        return [_delete(cloud, kind, wish, item)]
    steps = []
    changed = [f for f in kind.fields if f.wished(wish.values.get(f.option), item) != f.seen(item)]
    if changed:
        # All that was asked for is sent, not only what differs: some attributes only go together.
        asked = [f for f in kind.fields if not f.fixed and (f in changed or wish.values.get(f.option) is not None)]
        arguments = {kind.identity: item[kind.identity], **_body(kind, wish, item, asked)}
        steps.append(Step(wish.name, "update", lambda: cloud.change(f"update-{kind.noun}", **arguments)))
    for part in kind.parts:
        if wish.values.get(part.option) is not None:
            steps += part.steps(cloud, seen, wish.values[part.option])
    return steps


def view(kind: Kind, seen: Seen) -> dict[str, Any] | None:
    """The resource as users see it; None without one."""
    if seen.item is None:
        return None
    fields = {f.option: f.seen(seen.item) for f in kind.fields}
    return fields | {part.option: part.shown(seen) for part in kind.parts if part.option in seen.parts}


def predict(kind: Kind, wish: Wish, seen: Seen) -> dict[str, Any] | None:
    """What ``view`` will show when all is done. Raises ``ValidationError`` for parts that cannot be."""
    if not wish.present:
        return None
    end = {f.option: f.wished(wish.values.get(f.option), seen.item) for f in kind.fields}
    for part in kind.parts:
        wished = wish.values.get(part.option)
        if wished is not None:
            end[part.option] = part.predicted(seen, wished)
        elif part.option in seen.parts:
            end[part.option] = part.shown(seen)
    return end


def adds_then_removals(adds: list[Step], removals: list[Step]) -> list[Step]:
    """Removals only once nothing is left to add, so that what is kept is never without."""
    return adds or removals


def _wished(part: Part, wish: Wish) -> Any:
    return wish.values.get(part.option) if wish.present else part.freed


def _fixed_changes(kind: Kind, wish: Wish, item: Item) -> list[Field]:
    return [f for f in kind.fields if f.fixed and f.wished(wish.values.get(f.option), item) != f.seen(item)]


def _delete(cloud: Any, kind: Kind, wish: Wish, item: Item) -> Step:
    handle = {kind.identity: item[kind.identity]}
    return Step(wish.name, "delete", lambda: cloud.gone(f"delete-{kind.noun}", **handle))


def _body(kind: Kind, wish: Wish, item: Item | None, fields: Sequence[Field]) -> dict[str, Any]:
    values = {f.key: f.write(f.wished(wish.values.get(f.option), item)) for f in fields if f.sent}
    return {key.replace("-", "_"): value for key, value in values.items() if value is not None}


def _resource(kind: Kind, wish: Wish, item: Item | None, shown: dict[str, Any] | None) -> dict[str, Any] | None:
    if shown is None:
        return None
    raw = {key.replace("-", "_"): (item or {})[key] for key in kind.raw if key in (item or {})}
    return {"name": wish.name, **raw, **shown}


def _named(wish: Wish, shown: dict[str, Any] | None) -> dict[str, Any]:
    return {} if shown is None else {wish.name: shown}


def _list(words: Sequence[str], most: int = 8) -> str:
    return ", ".join(words[:most]) + (f" and {len(words) - most} more" if len(words) > most else "")
