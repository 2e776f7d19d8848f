# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A tenant's volume: its names, what is refused, and the next step towards the wish. Pure. Sizes are bytes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.storage.lvm import (
    GIB,
    OWNED,
    Group,
    StorageError,
    Volume,
    gib,
)

UNFORMATTED = "state=unformatted"
CLOSED = "state=closed"  # its data is at another storage node
SMALLEST = 320 * 1024**2  # XFS wants 300 MB
XFS_SHARE, XFS_FLAT = 1.05, 96 * 1024**2  # what XFS keeps for itself: its log and a few percent
GROWN = 16 * 1024**2  # XFS leaves a last piece unused that is smaller than this


@dataclass(frozen=True)
class Wish:
    """What shall be. ``number`` is the tenant's in the ledger. ``client`` is the one address that
    may mount, ``uid`` what its root becomes. ``shrink`` is the confirm: refuse, prepare (copy
    while the tenant writes), switch (last copy, verify, exchange), finish (drop the old one).
    ``snapshots`` maps names to present or absent. ``directories`` maps paths below the volume to (uid, mode)."""

    tenant: str
    number: int
    size: int
    pool: str
    root: str
    client: str
    uid: int
    shrink: str = "refuse"
    snapshots: dict[str, str] = field(default_factory=dict)
    snapshot_percent: int = 20
    directories: dict[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The logical volume. Names of tenants have no dots, so what has one is never another tenant's."""
        return f"t-{self.tenant}"

    @property
    def new(self) -> str:
        """The copy while shrinking."""
        return f"{self.name}.new"

    @property
    def old(self) -> str:
        """What the copy replaced."""
        return f"{self.name}.old"

    @property
    def path(self) -> str:
        """Where it is mounted."""
        return f"{self.root}/{self.tenant}"

    @property
    def exports_file(self) -> str:
        """The file that exports it."""
        return f"/etc/exports.d/vdc-{self.tenant}.exports"

    @property
    def exports(self) -> str:
        """That file's text. ``mp``: an empty directory is never exported in place of the volume."""
        options = f"rw,sync,mp,no_subtree_check,root_squash,anonuid={self.uid},anongid={self.uid},sec=sys"
        return f"{self.path} {self.client}({options})\n"

    def snapshot(self, name: str) -> str:
        """The logical volume of a snapshot."""
        return f"{self.name}.snap-{name}"

    def snapshot_path(self, name: str) -> str:
        """Where a snapshot is mounted."""
        return f"{self.root}/.snapshots/{self.tenant}/{name}"

    @property
    def tags(self) -> frozenset[str]:
        """What all of the tenant's logical volumes carry."""
        return frozenset({OWNED, f"tenant={self.tenant}", f"tenant-number={self.number}"})


@dataclass
class Seen:
    """What is. ``mounts`` maps mount points to logical volumes of the pool. ``units`` maps mount
    points to the text of their systemd units. ``filesystem`` (size) and ``used`` are those of the
    mounted volume. ``exported`` says whether the kernel's table has it as the file says."""

    group: Group
    mounts: dict[str, str] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    exports: str = ""
    exported: bool = False
    filesystem: int = 0
    used: int = 0
    directories: dict[str, tuple[int, int]] = field(default_factory=dict)


def unit_name(path: str) -> str:
    """The systemd mount unit of a mount point (as systemd-escape --path names it)."""
    return path.strip("/").replace("-", "\\x2d").replace("/", "-") + ".mount"


def unit_text(wish: Wish, volume: str, path: str, options: str = "noatime,nodev,nosuid,noexec") -> str:
    """The unit: mounted at boot, before NFS serves, without stopping the boot when it cannot be."""
    return (
        "[Unit]\n"
        f"Description=Volume {volume} of tenant {wish.tenant}\n"
        "Before=nfs-server.service\n\n"
        "[Mount]\n"
        f"What=/dev/{wish.pool}/{volume}\n"
        f"Where={path}\n"
        "Type=xfs\n"
        f"Options={options}\n\n"
        "[Install]\n"
        "WantedBy=multi-user.target\n"
    )


def snapshot_unit(wish: Wish, name: str) -> str:
    """The unit of a snapshot: never written to, and beside its origin, whose UUID it has."""
    options = "ro,nouuid,norecovery,nodev,nosuid,noexec"
    return unit_text(wish, wish.snapshot(name), wish.snapshot_path(name), options)


def mine(wish: Wish, group: Group) -> list[Volume]:
    """All logical volumes with the tenant's names; raises ``StorageError`` if one is not the tenant's."""
    found = [v for v in group.volumes.values() if v.name == wish.name or v.name.startswith(f"{wish.name}.")]
    for volume in found:
        if not wish.tags <= volume.tags:
            lacking = ", ".join(sorted(wish.tags - volume.tags))
            raise StorageError(
                f"volume {volume.name} in pool {wish.pool} is not that of tenant {wish.tenant} "
                f"with the number {wish.number} (it lacks {lacking}): nothing on it is touched"
            )
    return found


def refuse(wish: Wish, seen: Seen) -> None:
    """Raise ``StorageError`` for what cannot be had, before anything is changed."""
    group = seen.group
    if not group.exists:
        raise StorageError(f"there is no pool {wish.pool} on this node: run the role storage_pool first")
    group.refuse_foreign()
    mine(wish, group)
    current = group.volumes.get(wish.name)
    if current and CLOSED in current.tags:
        raise StorageError(
            f"the volume of {wish.tenant} on this node was closed when its data moved to another storage node: it is not "
            f"opened again, since nobody would know which of the two is right"
        )
    if wish.size < SMALLEST:
        raise StorageError(f"size: {gib(wish.size)} is too small for XFS, give 1 GiB or more")
    size = group.rounded(wish.size)
    if current and size < current.size:
        _refuse_shrink(wish, seen, current, size)
    more = max(0, size - (current.size if current else 0))
    if more:
        _room(wish, group, more, f"the volume of {wish.tenant}")
        # LVM would want the volume idle; the tenant writes.
        kept = [v for v in group.volumes.values() if v.origin == wish.name and not _goes(wish, v.name)]
        if kept:
            raise StorageError(
                f"the volume of {wish.tenant} does not grow while it has snapshots ({', '.join(v.name for v in kept)}): "
                f"remove them first, with state absent"
            )
    for name, state in wish.snapshots.items():
        taken = group.volumes.get(wish.snapshot(name))
        if state == "present" and not taken:
            more += snapshot_size(wish, group)
            _room(wish, group, more, f"snapshot {name} of {wish.tenant}, with what grows,")
        if state == "present" and taken and taken.broken:
            raise StorageError(
                f"snapshot {name} of {wish.tenant} ran full and is lost: remove it, and take another with a bigger snapshot_percent"
            )


def refuse_absent(wish: Wish, seen: Seen, confirm: str) -> None:
    """Raise ``StorageError`` unless all of it may be taken away."""
    seen.group.refuse_foreign()
    if (mine(wish, seen.group) or seen.units or seen.exports) and confirm != wish.tenant:
        raise StorageError(
            f"removing the volume of tenant {wish.tenant} with all its data needs confirm: set confirm to {wish.tenant}"
        )


def refuse_closed(wish: Wish, seen: Seen) -> None:
    """Raise ``StorageError`` where not all that the tenant has is in its one volume, and would stay behind."""
    seen.group.refuse_foreign()
    found = mine(wish, seen.group)
    kept = sorted(v.name for v in found if v.origin == wish.name)
    if kept:
        raise StorageError(
            f"the volume of {wish.tenant} has snapshots ({', '.join(kept)}), which would not move with it: remove them first"
        )
    others = sorted(v.name for v in found if v.name != wish.name)
    if others and wish.name not in seen.group.volumes:
        raise StorageError(
            f"the volume of {wish.tenant} is being exchanged ({', '.join(others)}): finish that shrink or restore first"
        )


def next_step(wish: Wish, seen: Seen) -> tuple[str, ...]:
    """The next step's name and its arguments, or nothing when all is as wished."""
    group = seen.group
    current = group.volumes.get(wish.name)
    if not current:
        # An exchange that was interrupted between its two renames.
        for other in (wish.new, wish.old):
            if wish.old in group.volumes and other in group.volumes:
                return ("rename", other, wish.name)
        return ("create", wish.name)
    if UNFORMATTED in current.tags:
        return ("format", wish.name)
    size = group.rounded(wish.size)
    if size < current.size and (step := _shrink(wish, seen, size)):
        return step
    return (
        _mount(wish, seen, wish.path, wish.name, unit_text(wish, wish.name, wish.path))
        or _snapshots(wish, seen, "absent")
        or _grow(wish, seen, current, size)
        or _directories(wish, seen)
        or (() if seen.exported and seen.exports == wish.exports else ("export",))
        or _snapshots(wish, seen, "present")
        or _finish(wish, seen)
    )


def next_absent(wish: Wish, seen: Seen) -> tuple[str, ...]:
    """The next step of taking all of it away."""
    if step := _withdraw(seen):
        return step
    # Snapshots before their origin.
    for volume in sorted(mine(wish, seen.group), key=lambda v: not v.origin):
        return ("remove", volume.name)
    return ()


def next_closed(wish: Wish, seen: Seen) -> tuple[str, ...]:
    """The next step of keeping the volume, but from everybody; last it is said that it was closed for good."""
    if step := _withdraw(seen):
        return step
    current = seen.group.volumes.get(wish.name)
    return ("close",) if current and CLOSED not in current.tags else ()


def _withdraw(seen: Seen) -> tuple[str, ...]:
    if seen.exports or seen.exported:
        return ("unexport",)
    for path in seen.units:
        return ("unmount", path)
    for path in seen.mounts:
        return ("umount", path)
    return ()


def view(wish: Wish, seen: Seen) -> dict[str, Any]:
    """The volume for diffs."""
    group = seen.group
    current = group.volumes.get(wish.name)
    if not current:
        return {"tenant": wish.tenant, "size_gib": None}
    prefix = f"{wish.name}.snap-"
    return {
        "tenant": wish.tenant,
        "size_gib": current.size / GIB,
        "closed": CLOSED in current.tags,
        "mounted": seen.mounts.get(wish.path) == wish.name,
        "export": seen.exports.strip() if seen.exported else None,
        "directories": {path: f"{uid} {mode:o}" for path, (uid, mode) in sorted(seen.directories.items())},
        "snapshots": sorted(name.removeprefix(prefix) for name in group.volumes if name.startswith(prefix)),
        "copy_gib": group.volumes[wish.new].size / GIB if wish.new in group.volumes else None,
        "old_kept": wish.old in group.volumes,
    }


def foreseen(wish: Wish, seen: Seen) -> dict[str, Any]:
    """What ``view`` shows when the wish is fulfilled."""
    before = view(wish, seen)
    size = seen.group.rounded(wish.size) / GIB
    held = before["size_gib"] or 0
    shrinks, finish = size < held, wish.shrink == "finish"
    snapshots = set(before.get("snapshots", [])) | {n for n, s in wish.snapshots.items() if s == "present"}
    switched = shrinks and wish.shrink == "switch"
    directories = {path: f"{uid} {mode:o}" for path, (uid, mode) in sorted(wish.directories.items())}
    return {
        "tenant": wish.tenant,
        "size_gib": held if shrinks and not switched else size,
        "closed": False,
        "mounted": True,
        "export": wish.exports.strip(),
        "directories": directories,
        "snapshots": sorted(snapshots - {n for n, s in wish.snapshots.items() if s == "absent"}),
        "copy_gib": None
        if switched or finish
        else size
        if shrinks and wish.shrink == "prepare"
        else before.get("copy_gib"),
        "old_kept": switched or (before.get("old_kept", False) and not finish),
    }


def snapshot_size(wish: Wish, group: Group) -> int:
    """Room for what is overwritten while a snapshot is kept."""
    return group.rounded(max(wish.size * wish.snapshot_percent // 100, 256 * 1024**2))


def least_size(used: int) -> int:
    """The smallest volume that holds ``used`` bytes, in whole GiB."""
    return -(-int(used * XFS_SHARE + XFS_FLAT) // GIB) * GIB


def _refuse_shrink(wish: Wish, seen: Seen, current: Volume, size: int) -> None:
    asked = f"the volume of {wish.tenant} has {gib(current.size)}, asked are {gib(size)}"
    least = least_size(seen.used)
    if seen.used and size < least:
        raise StorageError(
            f"{asked}, but it holds {gib(seen.used)}: give {gib(least)} or more, or let the tenant remove data"
        )
    if wish.shrink == "refuse":
        raise StorageError(
            f"{asked}: XFS does not shrink in place, so it is copied while the tenant's stack stands still; "
            f"run playbooks/tenant_volume_resize.yml with the confirmation that it asks for"
        )
    if any(volume.origin == wish.name for volume in seen.group.volumes.values()):
        raise StorageError(f"{asked}, and it has snapshots: remove them first, they would not follow")
    if wish.old in seen.group.volumes:
        raise StorageError(
            f"{asked}, and the volume of the last shrink is still kept: finish that first (shrink: finish)"
        )
    copy = seen.group.volumes.get(wish.new)
    _room(wish, seen.group, size - (copy.size if copy else 0), f"the smaller copy of the volume of {wish.tenant}")


def _room(wish: Wish, group: Group, more: int, what: str) -> None:
    if more > group.free:
        raise StorageError(
            f"{what} needs {gib(more)}, pool {wish.pool} has {gib(group.free)} free: add a disk first "
            f"(playbooks/storage_disk_add.yml)"
        )


def _shrink(wish: Wish, seen: Seen, size: int) -> tuple[str, ...]:
    copy = seen.group.volumes.get(wish.new)
    if copy and copy.size != size:
        return ("discard", wish.new)
    if not copy:
        return ("create", wish.new)
    if UNFORMATTED in copy.tags:
        return ("format", wish.new)
    return ("switch",) if wish.shrink == "switch" else ()


def _mount(wish: Wish, seen: Seen, path: str, volume: str, unit: str) -> tuple[str, ...]:
    if seen.units.get(path) == unit and seen.mounts.get(path) == volume:
        return ()
    if path in seen.mounts and seen.mounts[path] != volume:
        raise StorageError(f"{path} is taken by {seen.mounts[path] or 'another mount'}: unmount it first")
    return ("mount", path, unit)


def _grow(wish: Wish, seen: Seen, current: Volume, size: int) -> tuple[str, ...]:
    if size > current.size:
        return ("extend", str(size))
    if current.size - seen.filesystem >= GROWN:
        return ("grow",)
    return ()


def _directories(wish: Wish, seen: Seen) -> tuple[str, ...]:
    for path, owner in wish.directories.items():
        if seen.directories.get(path) != owner:
            return ("directory", path)
    return ()


def _goes(wish: Wish, volume: str) -> bool:
    """Whether it is a snapshot that shall go."""
    return any(volume == wish.snapshot(name) for name, state in wish.snapshots.items() if state == "absent")


def _snapshots(wish: Wish, seen: Seen, which: str) -> tuple[str, ...]:
    for name, state in wish.snapshots.items():
        volume, path = wish.snapshot(name), wish.snapshot_path(name)
        if state != which:
            continue
        if state == "present":
            if volume not in seen.group.volumes:
                return ("snapshot", name)
            if step := _mount(wish, seen, path, volume, snapshot_unit(wish, name)):
                return step
        elif path in seen.units or path in seen.mounts:
            return ("unmount", path)
        elif volume in seen.group.volumes:
            return ("remove", volume)
    return ()


def _finish(wish: Wish, seen: Seen) -> tuple[str, ...]:
    if wish.shrink == "finish":
        for volume in (wish.old, wish.new):
            if volume in seen.group.volumes:
                return ("discard", volume)
    return ()
