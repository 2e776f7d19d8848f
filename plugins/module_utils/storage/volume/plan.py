# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Next step of a tenant's volume. Pure: the step derives from the current state, so every interrupted run can be resumed."""

from __future__ import annotations

from ansible_collections.sovereign.vdc.plugins.module_utils.errors import StorageError
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.lvm import Volume
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.step import Step
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.volume.spec import (
    CLOSED,
    UNFORMATTED,
    XFS_UNUSED,
    Spec,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.volume.state import State, find_owned


def next_present(spec: Spec, state: State) -> Step | None:
    """Return the next step towards a volume that is open to the tenant; ``None`` when the desired state is reached."""
    group = state.group
    current = group.volumes.get(spec.name)
    if not current:
        # An exchange that was interrupted between its two renames.
        for other in (spec.new, spec.old):
            if spec.old in group.volumes and other in group.volumes:
                return Step("rename", (other, spec.name))
        return Step("create", (spec.name,))
    if UNFORMATTED in current.tags:
        return Step("format", (spec.name,))
    if marks := spec.missing_marks(current.tags):
        return Step("mark", marks)
    size = group.round_up(spec.size)
    if size < current.size and (step := _shrink(spec, state, size)):
        return step
    return (
        _mount(state, spec.path, spec.name, spec.unit)
        or _remove_snapshot(spec, state)
        or _grow(state, current, size)
        or _directories(spec, state)
        or _export(spec, state)
        or _create_snapshot(spec, state)
        or _finish_shrink(spec, state)
    )


def next_absent(spec: Spec, state: State) -> Step | None:
    """Return the next step towards the removal of everything that the tenant has on the node."""
    if step := _withdraw(state):
        return step
    # Snapshots before their origin.
    for volume in sorted(find_owned(spec, state.group), key=lambda v: not v.origin):
        return Step("remove", (volume.name,))
    return None


def next_closed(spec: Spec, state: State) -> Step | None:
    """Return the next step towards a volume that keeps its data and that nobody can reach; the mark that it is closed
    for good comes last."""
    if step := _withdraw(state):
        return step
    current = state.group.volumes.get(spec.name)
    return Step("close") if current and CLOSED not in current.tags else None


def _withdraw(state: State) -> Step | None:
    if state.exports or state.exported:
        return Step("unexport")
    for path in state.units:
        return Step("unmount", (path,))
    for path in state.mounts:
        return Step("umount", (path,))
    return None


def _shrink(spec: Spec, state: State, size: int) -> Step | None:
    copy = state.group.volumes.get(spec.new)
    if copy and copy.size != size:
        return Step("discard", (spec.new,))
    if not copy:
        return Step("create", (spec.new,))
    if UNFORMATTED in copy.tags:
        return Step("format", (spec.new,))
    return Step("switch") if spec.shrink == "switch" else None


def _mount(state: State, path: str, volume: str, unit: str) -> Step | None:
    if state.units.get(path) == unit and state.mounts.get(path) == volume:
        return None
    if path in state.mounts and state.mounts[path] != volume:
        raise StorageError(
            f"mount_root: {path} is occupied by {state.mounts[path] or 'a mount of another device'}; unmount it first"
        )
    return Step("mount", (path, unit))


def _grow(state: State, current: Volume, size: int) -> Step | None:
    if size > current.size:
        return Step("extend", (str(size),))
    if current.size - state.filesystem >= XFS_UNUSED:
        return Step("grow")
    return None


def _directories(spec: Spec, state: State) -> Step | None:
    for path, owner in spec.directories.items():
        if state.directories.get(path) != owner:
            return Step("directory", (path,))
    return None


def _export(spec: Spec, state: State) -> Step | None:
    return None if state.exported and state.exports == spec.exports else Step("export")


def _create_snapshot(spec: Spec, state: State) -> Step | None:
    for name, desired in spec.snapshots.items():
        if desired != "present":
            continue
        volume = spec.snapshot(name)
        if volume not in state.group.volumes:
            return Step("snapshot", (name,))
        if step := _mount(state, spec.snapshot_path(name), volume, spec.snapshot_unit(name)):
            return step
    return None


def _remove_snapshot(spec: Spec, state: State) -> Step | None:
    for name, desired in spec.snapshots.items():
        if desired != "absent":
            continue
        volume, path = spec.snapshot(name), spec.snapshot_path(name)
        if path in state.units or path in state.mounts:
            return Step("unmount", (path,))
        if volume in state.group.volumes:
            return Step("remove", (volume,))
    return None


def _finish_shrink(spec: Spec, state: State) -> Step | None:
    if spec.shrink == "finish":
        for volume in (spec.old, spec.new):
            if volume in state.group.volumes:
                return Step("discard", (volume,))
    return None
