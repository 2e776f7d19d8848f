# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Show a single resource: the return value and the diff."""

from __future__ import annotations

from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.single.kind import Item, Kind, State
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.single.spec import Spec


def view(kind: Kind, current: State) -> dict[str, Any] | None:
    """The resource as users see it; None without one."""
    if current.item is None:
        return None
    fields = {f.option: f.value(current.item) for f in kind.fields}
    return fields | {part.option: part.shown(current) for part in kind.parts if part.option in current.parts}


def as_result(kind: Kind, spec: Spec, item: Item | None, shown: dict[str, Any] | None) -> dict[str, Any] | None:
    """The resource as the module returns it; None without one."""
    if shown is None:
        return None
    raw = {key.replace("-", "_"): (item or {})[key] for key in kind.raw if key in (item or {})}
    return {"name": spec.name, **raw, **shown}


def by_name(spec: Spec, shown: dict[str, Any] | None) -> dict[str, Any]:
    """One side of the diff: the resource under its name, empty without one."""
    return {} if shown is None else {spec.name: shown}
