# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Checks before the first change to a tenant's volume. Pure: each raises ``StorageError`` with what to do."""

from __future__ import annotations

from ansible_collections.sovereign.vdc.plugins.module_utils.errors import StorageError
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.lvm import Group, Volume, gib
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.volume.spec import (
    CLOSED,
    XFS_MINIMUM,
    Spec,
    minimum_size,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.volume.state import State, find_owned


def validate_present(spec: Spec, state: State) -> None:
    """Raise ``StorageError`` unless the volume can be created, resized and exported as specified."""
    group = state.group
    if not group.exists:
        raise StorageError(
            f"pool: {spec.pool} does not exist on this node; run the role sovereign.vdc.storage_pool first"
        )
    group.validate()
    find_owned(spec, group)
    current = group.volumes.get(spec.name)
    if current and CLOSED in current.tags:
        raise StorageError(
            f"state: the volume of {spec.tenant} on this node was closed when its data moved to another storage node, and "
            f"is never opened again; use the volume on the other node, or remove this one with state absent"
        )
    if spec.size < XFS_MINIMUM:
        raise StorageError(f"size_gib: {gib(spec.size)} is too small for XFS; give 1 GiB or more")
    size = group.round_up(spec.size)
    if current and size < current.size:
        _validate_shrink(spec, state, current, size)
    growth = max(0, size - (current.size if current else 0))
    if growth:
        _validate_free_space(spec, group, growth, "size_gib", f"the volume of {spec.tenant}")
        # LVM would have to deactivate the volume while the tenant writes.
        snapshots = [v for v in group.volumes.values() if v.origin == spec.name and not _will_be_removed(spec, v.name)]
        if snapshots:
            raise StorageError(
                f"size_gib: the volume of {spec.tenant} cannot grow while it has snapshots "
                f"({', '.join(v.name for v in snapshots)}); remove them first with snapshots and state absent"
            )
    _validate_snapshots(spec, group, growth)


def validate_absent(spec: Spec, state: State, confirm: str) -> None:
    """Raise ``StorageError`` unless the tenant's volumes may be removed."""
    state.group.validate()
    if (find_owned(spec, state.group) or state.units or state.exports) and confirm != spec.tenant:
        raise StorageError(
            f"confirm: {confirm!r} does not confirm that the volume of tenant {spec.tenant} and all its data is deleted; "
            f"set confirm to {spec.tenant}"
        )


def validate_closed(spec: Spec, state: State) -> None:
    """Raise ``StorageError`` where data of the tenant is outside of its one volume, and would not move with it."""
    state.group.validate()
    found = find_owned(spec, state.group)
    snapshots = sorted(v.name for v in found if v.origin == spec.name)
    if snapshots:
        raise StorageError(
            f"state: the volume of {spec.tenant} has snapshots ({', '.join(snapshots)}), which do not move with it; remove "
            f"them first"
        )
    others = sorted(v.name for v in found if v.name != spec.name)
    if others and spec.name not in state.group.volumes:
        raise StorageError(
            f"state: a shrink or restore of the volume of {spec.tenant} is not finished ({', '.join(others)}); run it again "
            f"before the volume is closed"
        )


def _validate_shrink(spec: Spec, state: State, current: Volume, size: int) -> None:
    problem = f"size_gib: {gib(size)} is less than the {gib(current.size)} that the volume of {spec.tenant} has"
    least = minimum_size(state.used)
    if state.used and size < least:
        raise StorageError(
            f"{problem}, and it holds {gib(state.used)}; give {gib(least)} or more, or let the tenant delete data"
        )
    if spec.shrink == "refuse":
        raise StorageError(
            f"{problem}; XFS does not shrink in place, the data must be copied while the tenant's stack is stopped: run "
            f"playbook tenant_volume_resize with confirm"
        )
    if any(volume.origin == spec.name for volume in state.group.volumes.values()):
        raise StorageError(f"{problem}, and it has snapshots, which would be lost; remove them first")
    if spec.old in state.group.volumes:
        raise StorageError(
            f"{problem}, and the old volume of the last shrink still exists; remove it first with shrink: finish"
        )
    copy = state.group.volumes.get(spec.new)
    more = size - (copy.size if copy else 0)
    _validate_free_space(spec, state.group, more, "size_gib", f"the smaller copy of the volume of {spec.tenant}")


def _validate_snapshots(spec: Spec, group: Group, growth: int) -> None:
    needed = growth
    for name, desired in spec.snapshots.items():
        if desired != "present":
            continue
        snapshot = group.volumes.get(spec.snapshot(name))
        if not snapshot:
            needed += spec.snapshot_size(group)
            what = f"snapshot {name} of {spec.tenant}, together with the growth of the volume,"
            _validate_free_space(spec, group, needed, "snapshots", what)
        elif snapshot.broken:
            raise StorageError(
                f"snapshots: {name} of {spec.tenant} ran full and is unusable; remove it, and create another with a higher "
                f"snapshot_percent"
            )


def _validate_free_space(spec: Spec, group: Group, needed: int, option: str, what: str) -> None:
    if needed > group.free:
        raise StorageError(
            f"{option}: {what} needs {gib(needed)}, but pool {spec.pool} has {gib(group.free)} of {gib(group.size)} free; "
            f"add a disk (playbook storage_disk_add) or choose another storage node"
        )


def _will_be_removed(spec: Spec, volume: str) -> bool:
    return any(volume == spec.snapshot(name) for name, desired in spec.snapshots.items() if desired == "absent")
