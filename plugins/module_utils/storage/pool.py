# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The next step of a pool towards its wish. Pure: every state that a run may have died in has its next step here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.storage.lvm import (
    OWNED,
    Disk,
    Group,
    StorageError,
    gib,
)


@dataclass(frozen=True)
class Device:
    """A disk of the node: its ``path`` as wished (by id), its ``node`` (as LVM calls it), size in
    bytes, and what it carries (``LVM2_member``, a file system, ``partitions``); empty when blank or absent."""

    path: str
    node: str
    size: int = 0
    carries: str = ""

    @property
    def there(self) -> bool:
        """Whether the node has it."""
        return bool(self.node)


@dataclass
class Wish:
    """``present`` shall be disks of the pool, ``retired`` shall be so no longer. ``reclaim`` takes
    disks of ``present`` back whose retirement was begun."""

    name: str
    present: list[Device] = field(default_factory=list)
    retired: list[Device] = field(default_factory=list)
    reclaim: bool = False


@dataclass
class Seen:
    """The pool, and every physical volume of the node by device."""

    group: Group
    every: dict[str, Disk]


@dataclass(frozen=True)
class Step:
    """One command. ``moving`` ends a round: data is on its way in the background."""

    command: tuple[str, ...]
    moving: bool = False


def refuse(wish: Wish, seen: Seen) -> None:
    """Raise ``StorageError`` for what cannot be had, before anything is changed."""
    seen.group.refuse_foreign()
    both = {device.path for device in wish.present} & {device.path for device in wish.retired}
    if both:
        raise StorageError(f"disks and retire both name {', '.join(sorted(both))}: name each disk once")
    for device in wish.present:
        if not device.there:
            raise StorageError(f"disk {device.path}: the node has no such device; attach the volume first")
        _refuse_strange(wish.name, device, seen)
    for device in wish.retired:
        if device.there:
            _refuse_strange(wish.name, device, seen)
    _refuse_full(wish, seen)


def next_step(wish: Wish, seen: Seen) -> Step | None:
    """The next command, or nothing when the wish is fulfilled."""
    return _extend(wish, seen) or _reclaim(wish, seen) or _retire(wish, seen)


def view(seen: Seen, names: dict[str, str]) -> dict[str, Any]:
    """The pool for diffs; ``names`` gives the path by which a device is known."""
    group = seen.group
    disks = {
        names.get(device, device): "in use" if disk.allocatable else "being retired"
        for device, disk in group.disks.items()
    }
    return {"pool": group.name if group.exists else None, "disks": dict(sorted(disks.items()))}


def foreseen(wish: Wish, before: dict[str, Any]) -> dict[str, Any]:
    """What ``view`` shows when the wish is fulfilled."""
    gone = {device.path for device in wish.retired}
    disks = {path: state for path, state in before["disks"].items() if path not in gone}
    for device in wish.present:
        disks[device.path] = "in use" if wish.reclaim else disks.get(device.path, "in use")
    pool = wish.name if before["pool"] or wish.present else None
    return {"pool": pool, "disks": dict(sorted(disks.items()))}


def _refuse_strange(name: str, device: Device, seen: Seen) -> None:
    disk = seen.every.get(device.node)
    if disk and disk.group not in ("", name):
        raise StorageError(
            f"disk {device.path} belongs to volume group {disk.group}, not to pool {name}: nothing on it is touched"
        )
    if not disk and device.carries:
        raise StorageError(
            f"disk {device.path} carries {device.carries}: nothing on it is touched; "
            f"wipe it with wipefs if its data may go, or give another volume"
        )


def _refuse_full(wish: Wish, seen: Seen) -> None:
    """The data of the disks that go must fit on those that stay or come."""
    group = seen.group
    going = {device.node for device in wish.retired if device.node in group.disks}
    if not going:
        return
    staying = [disk for node, disk in group.disks.items() if node not in going]
    coming = [device for device in wish.present if device.node not in group.disks]
    names = ", ".join(sorted(device.path for device in wish.retired if device.node in going))
    if not staying and not coming:
        raise StorageError(f"disk {names} is still needed: it is all that pool {wish.name} has; add another disk first")
    # A new disk loses its first extent to LVM's own records.
    room = sum(disk.free for disk in staying) + sum(max(0, device.size - group.extent) for device in coming)
    # A move that was begun has its room already.
    moving = {move.device for move in group.moves}
    data = sum(group.disks[node].used for node in going - moving)
    if data > room:
        raise StorageError(
            f"disk {names} is still needed: it holds {gib(data)}, the other disks of pool {wish.name} have "
            f"{gib(room)} free; add a disk first"
        )


def _extend(wish: Wish, seen: Seen) -> Step | None:
    group = seen.group
    new = [device.node for device in wish.present if device.node not in group.disks]
    if not new:
        return None
    # One command makes the physical volume and takes it in: there is no half-made disk.
    if not group.exists:
        return Step(("vgcreate", "--addtag", OWNED, group.name, *new))
    return Step(("vgextend", group.name, *new))


def _reclaim(wish: Wish, seen: Seen) -> Step | None:
    if not wish.reclaim:
        return None
    for device in wish.present:
        if any(move.device == device.node for move in seen.group.moves):
            return Step(("pvmove", "--abort", device.node))
        disk = seen.group.disks.get(device.node)
        if disk and not disk.allocatable:
            return Step(("pvchange", "--allocatable", "y", device.node))
    return None


def _retire(wish: Wish, seen: Seen) -> Step | None:
    group = seen.group
    going = [device.node for device in wish.retired if device.node in seen.every]
    for node in going:
        if node in group.disks and group.disks[node].allocatable:
            return Step(("pvchange", "--allocatable", "n", node))
    if any(move.device in going for move in group.moves):
        # Without a device, pvmove takes up every move that was begun; one that runs already goes on.
        return Step(("pvmove", "--background"), moving=True)
    for node in going:
        disk = group.disks.get(node)
        if disk is None:
            return Step(("pvremove", node))
        if disk.used:
            return Step(("pvmove", "--background", node), moving=True)
        return Step(("vgreduce", group.name, node))
    return None
