# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The volume as the module returns it, and both sides of its diff. Pure."""

from __future__ import annotations

from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.storage.lvm import GIB
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.volume.spec import CLOSED, FACT, IDENTITY, Spec
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.volume.state import State


def view(spec: Spec, state: State) -> dict[str, Any]:
    """Return the current volume."""
    group = state.group
    current = group.volumes.get(spec.name)
    if not current:
        return predicted_absent(spec)
    prefix = spec.snapshot_prefix
    return {
        "tenant": spec.tenant,
        "size_gib": current.size / GIB,
        "closed": CLOSED in current.tags,
        "marks": _marks(current.tags),
        "mounted": state.mounts.get(spec.path) == spec.name,
        "export": state.exports.strip() if state.exported else None,
        "directories": _directories(state.directories),
        "snapshots": sorted(name.removeprefix(prefix) for name in group.volumes if name.startswith(prefix)),
        "copy_gib": group.volumes[spec.new].size / GIB if spec.new in group.volumes else None,
        "old_kept": spec.old in group.volumes,
    }


def predicted(spec: Spec, state: State) -> dict[str, Any]:
    """Return what ``view`` shows once the volume is present as specified."""
    before = view(spec, state)
    size = state.group.round_up(spec.size) / GIB
    current = before["size_gib"] or 0
    shrinks, finish = size < current, spec.shrink == "finish"
    switched = shrinks and spec.shrink == "switch"
    created = {name for name, desired in spec.snapshots.items() if desired == "present"}
    removed = {name for name, desired in spec.snapshots.items() if desired == "absent"}
    copy = before.get("copy_gib")
    if switched or finish:
        copy = None
    elif shrinks and spec.shrink == "prepare":
        copy = size
    return {
        "tenant": spec.tenant,
        "size_gib": current if shrinks and not switched else size,
        "closed": False,
        "marks": {**before.get("marks", {}), **({"identity": spec.identity} if spec.identity else {})}
        if not spec.facts
        else _marks(spec.tags | {f"{FACT}{key}={value}" for key, value in spec.facts.items()}),
        "mounted": True,
        "export": spec.exports.strip(),
        "directories": _directories(spec.directories),
        "snapshots": sorted((set(before.get("snapshots", [])) | created) - removed),
        "copy_gib": copy,
        "old_kept": switched or (before.get("old_kept", False) and not finish),
    }


def predicted_closed(before: dict[str, Any]) -> dict[str, Any]:
    """Return what ``view`` shows once the volume is closed; ``before`` is what it shows now."""
    if before["size_gib"] is None:
        return before
    return {**before, "closed": True, "mounted": False, "export": None, "directories": {}}


def predicted_absent(spec: Spec) -> dict[str, Any]:
    """Return what ``view`` shows where there is no volume."""
    return {"tenant": spec.tenant, "size_gib": None}


def _marks(tags: frozenset[str]) -> dict[str, str]:
    marks = {tag.removeprefix(FACT) for tag in tags if tag.startswith(FACT)}
    marks |= {f"identity={tag.removeprefix(IDENTITY)}" for tag in tags if tag.startswith(IDENTITY)}
    return dict(mark.partition("=")[::2] for mark in sorted(marks))


def _directories(directories: dict[str, tuple[int, int]]) -> dict[str, str]:
    return {path: f"{uid} {mode:o}" for path, (uid, mode) in sorted(directories.items())}
