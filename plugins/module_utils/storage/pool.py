# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The next step of a pool towards its wish. Pure: every state that a run may have died in has its next step here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.storage.lvm import (
    OWNED,
    Brick,
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
    """``present`` shall be bricks of the pool, ``retired`` shall be so no longer. ``reclaim`` takes
    bricks of ``present`` back whose retirement was begun."""

    name: str
    present: list[Device] = field(default_factory=list)
    retired: list[Device] = field(default_factory=list)
    reclaim: bool = False


@dataclass
class Seen:
    """The pool, and every physical volume of the node by device."""

    group: Group
    every: dict[str, Brick]


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
        raise StorageError(f"bricks and retire both name {', '.join(sorted(both))}: name each brick once")
    for device in wish.present:
        if not device.there:
            raise StorageError(f"brick {device.path}: the node has no such device; attach the volume first")
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
    bricks = {
        names.get(device, device): "in use" if brick.allocatable else "being retired"
        for device, brick in group.bricks.items()
    }
    return {"pool": group.name if group.exists else None, "bricks": dict(sorted(bricks.items()))}


def foreseen(wish: Wish, before: dict[str, Any]) -> dict[str, Any]:
    """What ``view`` shows when the wish is fulfilled."""
    gone = {device.path for device in wish.retired}
    bricks = {path: state for path, state in before["bricks"].items() if path not in gone}
    for device in wish.present:
        bricks[device.path] = "in use" if wish.reclaim else bricks.get(device.path, "in use")
    pool = wish.name if before["pool"] or wish.present else None
    return {"pool": pool, "bricks": dict(sorted(bricks.items()))}


def _refuse_strange(name: str, device: Device, seen: Seen) -> None:
    brick = seen.every.get(device.node)
    if brick and brick.group not in ("", name):
        raise StorageError(
            f"brick {device.path} belongs to volume group {brick.group}, not to pool {name}: nothing on it is touched"
        )
    if not brick and device.carries:
        raise StorageError(
            f"brick {device.path} carries {device.carries}: nothing on it is touched; "
            f"wipe it with wipefs if its data may go, or give another volume"
        )


def _refuse_full(wish: Wish, seen: Seen) -> None:
    """The data of the bricks that go must fit on those that stay or come."""
    group = seen.group
    going = {device.node for device in wish.retired if device.node in group.bricks}
    if not going:
        return
    staying = [brick for node, brick in group.bricks.items() if node not in going]
    coming = [device for device in wish.present if device.node not in group.bricks]
    names = ", ".join(sorted(device.path for device in wish.retired if device.node in going))
    if not staying and not coming:
        raise StorageError(
            f"brick {names} is still needed: it is all that pool {wish.name} has; add another brick first"
        )
    # A new brick loses its first extent to LVM's own records.
    room = sum(brick.free for brick in staying) + sum(max(0, device.size - group.extent) for device in coming)
    # A move that was begun has its room already.
    moving = {move.device for move in group.moves}
    data = sum(group.bricks[node].used for node in going - moving)
    if data > room:
        raise StorageError(
            f"brick {names} is still needed: it holds {gib(data)}, the other bricks of pool {wish.name} have "
            f"{gib(room)} free; add a brick first"
        )


def _extend(wish: Wish, seen: Seen) -> Step | None:
    group = seen.group
    new = [device.node for device in wish.present if device.node not in group.bricks]
    if not new:
        return None
    # One command makes the physical volume and takes it in: there is no half-made brick.
    if not group.exists:
        return Step(("vgcreate", "--addtag", OWNED, group.name, *new))
    return Step(("vgextend", group.name, *new))


def _reclaim(wish: Wish, seen: Seen) -> Step | None:
    if not wish.reclaim:
        return None
    for device in wish.present:
        if any(move.device == device.node for move in seen.group.moves):
            return Step(("pvmove", "--abort", device.node))
        brick = seen.group.bricks.get(device.node)
        if brick and not brick.allocatable:
            return Step(("pvchange", "--allocatable", "y", device.node))
    return None


def _retire(wish: Wish, seen: Seen) -> Step | None:
    group = seen.group
    going = [device.node for device in wish.retired if device.node in seen.every]
    for node in going:
        if node in group.bricks and group.bricks[node].allocatable:
            return Step(("pvchange", "--allocatable", "n", node))
    if any(move.device in going for move in group.moves):
        # Without a device, pvmove takes up every move that was begun; one that runs already goes on.
        return Step(("pvmove", "--background"), moving=True)
    for node in going:
        brick = group.bricks.get(node)
        if brick is None:
            return Step(("pvremove", node))
        if brick.used:
            return Step(("pvmove", "--background", node), moving=True)
        return Step(("vgreduce", group.name, node))
    return None
