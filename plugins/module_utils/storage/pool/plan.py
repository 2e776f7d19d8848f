# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Validation and next step of a pool. Pure: the step derives from the current state, so every interrupted run can be resumed."""

from __future__ import annotations

from ansible_collections.sovereign.vdc.plugins.module_utils.errors import StorageError
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.lvm import OWNED, gib
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.pool.spec import Device, Spec
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.pool.state import State
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.step import Step


def validate(spec: Spec, state: State) -> None:
    """Raise ``StorageError`` when the desired state cannot be reached; called before the first change."""
    state.group.validate()
    both = {device.path for device in spec.present} & {device.path for device in spec.retired}
    if both:
        raise StorageError(f"disks: {', '.join(sorted(both))} is in retire, too; name each disk in one of the two")
    for device in spec.present:
        if not device.exists:
            raise StorageError(f"disks: the node has no device {device.path}; attach the block volume first")
        _validate_device("disks", spec.name, device, state)
    for device in spec.retired:
        if device.exists:
            _validate_device("retire", spec.name, device, state)
    _validate_free_space(spec, state)


def next_step(spec: Spec, state: State) -> Step | None:
    """Return the next command; ``None`` when the desired state is reached."""
    return _extend(spec, state) or _reclaim(spec, state) or _retire(spec, state)


def _validate_device(option: str, name: str, device: Device, state: State) -> None:
    disk = state.disks.get(device.node)
    if disk and disk.group not in ("", name):
        raise StorageError(
            f"{option}: {device.path} belongs to volume group {disk.group}, not to pool {name}; name another device"
        )
    if not disk and device.signature:
        raise StorageError(
            f"{option}: {device.path} carries {device.signature} and is left untouched; wipe it with wipefs --all if "
            f"its data may be lost, or name another device"
        )


def _validate_free_space(spec: Spec, state: State) -> None:
    """The data of retired disks must fit on the disks that remain or are added."""
    group = state.group
    retired = {device.node for device in spec.retired if device.node in group.disks}
    if not retired:
        return
    remaining = [disk for node, disk in group.disks.items() if node not in retired]
    added = [device for device in spec.present if device.node not in group.disks]
    names = ", ".join(sorted(device.path for device in spec.retired if device.node in retired))
    if not remaining and not added:
        raise StorageError(
            f"retire: {names} cannot be retired because pool {spec.name} has no other disk; add a disk first"
        )
    # LVM keeps its metadata in the first extent of a new disk.
    free = sum(disk.free for disk in remaining) + sum(max(0, device.size - group.extent) for device in added)
    # A move in progress has allocated its space already.
    moving = {move.device for move in group.moves}
    data = sum(group.disks[node].used for node in retired - moving)
    if data > free:
        raise StorageError(
            f"retire: {names} holds {gib(data)}, but the other disks of pool {spec.name} have {gib(free)} free; "
            f"add a disk first"
        )


def _extend(spec: Spec, state: State) -> Step | None:
    group = state.group
    new = [device.node for device in spec.present if device.node not in group.disks]
    if not new:
        return None
    # Both commands create the physical volume as well, so no disk is left half prepared.
    if not group.exists:
        return Step("vgcreate", ("--addtag", OWNED, group.name, *new))
    return Step("vgextend", (group.name, *new))


def _reclaim(spec: Spec, state: State) -> Step | None:
    if not spec.reclaim:
        return None
    for device in spec.present:
        if any(move.device == device.node for move in state.group.moves):
            return Step("pvmove", ("--abort", device.node))
        disk = state.group.disks.get(device.node)
        if disk and not disk.allocatable:
            return Step("pvchange", ("--allocatable", "y", device.node))
    return None


def _retire(spec: Spec, state: State) -> Step | None:
    group = state.group
    retired = [device.node for device in spec.retired if device.node in state.disks]
    for node in retired:
        if node in group.disks and group.disks[node].allocatable:
            return Step("pvchange", ("--allocatable", "n", node))
    if any(move.device in retired for move in group.moves):
        # Without a device, pvmove resumes every move that was started; a running one is not disturbed.
        return Step("pvmove", ("--background",), background=True)
    for node in retired:
        disk = group.disks.get(node)
        if disk is None:
            return Step("pvremove", (node,))
        if disk.used:
            return Step("pvmove", ("--background", node), background=True)
        return Step("vgreduce", (group.name, node))
    return None
