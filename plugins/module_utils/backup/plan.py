# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is due, what is kept, which backup is meant, and what is refused. Pure: no clock, no files."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.backup.manifest import Foot, Head
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.restic import Backup
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.lvm import GIB, StorageError, gib
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.volume import least_size

KEPT = ("last", "hourly", "daily", "weekly", "monthly", "yearly")
INODE = 1024  # bytes that a file system takes for an entry, at most
HOUR, DAY = 3600, 86400


def keep_arguments(keep: Mapping[str, int]) -> list[str]:
    """A policy as arguments of ``restic forget``; raises ``StorageError`` for one that would keep nothing."""
    foreign = sorted(set(keep) - set(KEPT))
    if foreign:
        raise StorageError(f"keep: {', '.join(foreign)} is none of {', '.join(KEPT)}")
    wrong = [name for name, number in keep.items() if number < 0]
    if wrong or not any(keep.values()):
        raise StorageError("keep: give how many to keep, such as {daily: 7, weekly: 4}; nothing at all would be kept")
    return [word for name in KEPT if keep.get(name) for word in (f"--keep-{name}", str(keep[name]))]


def complete(backups: Sequence[Backup]) -> list[Backup]:
    """Those that can be restored, oldest first."""
    return [backup for backup in backups if backup.complete]


def leftovers(backups: Sequence[Backup]) -> list[str]:
    """The ids of those whose run died before all was known to be in them."""
    return [backup.id for backup in backups if not backup.complete]


def backup_due(backups: Sequence[Backup], now: float, max_age_hours: float) -> bool:
    """Whether the newest backup is older than that; with 0 always. One that was taken before a restore does not count."""
    newest = max((backup.taken for backup in complete(backups) if not backup.safety), default=0.0)
    return now - newest >= max_age_hours * HOUR


def to_verify(backups: Sequence[Backup], chosen: str, now: float, days: float) -> list[Backup]:
    """Which are to be verified: none, when ``days`` have not passed since the last time (0: always); else the
    ``latest``, all ``unverified``, or the one that is named."""
    there = complete(backups)
    last = max((backup.verified for backup in there), default=0.0)
    if not there or now - last < days * DAY:
        return []
    if chosen == "unverified":
        return [backup for backup in there if not backup.verified]
    return [select(backups, chosen)]


def select(backups: Sequence[Backup], chosen: str) -> Backup:
    """The ``latest`` (of those that were not taken for safety before a restore: a restore that is run again means
    the same one), or the one whose name was given; raises ``StorageError``."""
    there = complete(backups)
    ordinary = [backup for backup in there if not backup.safety]
    if chosen == "latest" and ordinary:
        return ordinary[-1]
    found = [backup for backup in there if chosen and backup.name.startswith(chosen)]
    if len(found) == 1:
        return found[0]
    if not there:
        raise StorageError("there is no backup that could be restored")
    many = "names several backups" if found else "names no backup"
    said = ", ".join(f"{backup.name} of {moment(backup.taken)}" for backup in there[-5:])
    raise StorageError(f"{chosen!r} {many}: say latest, or one of these: {said}")


def snapshot_room(tenant: str, pool: str, needed: int, free: int) -> None:
    """Raise ``StorageError`` where the pool has no room for what changes while a backup runs (bytes)."""
    if needed > free:
        raise StorageError(
            f"a snapshot of the volume of {tenant} needs {gib(needed)} for what is written meanwhile, pool {pool} has "
            f"{gib(free)} free: add a disk first (playbooks/storage_disk_add.yml), or give a lower snapshot_percent"
        )


def scratch_size(head: Head, foot: Foot) -> int:
    """How big a volume must be, in bytes, to hold what a manifest lists. Files with holes may look bigger than the
    volume that they came from; they are not."""
    return min(least_size(foot.bytes + foot.entries * INODE), max(head.size, GIB))


def scratch_room(tenant: str, pool: str, needed: int, free: int) -> None:
    """Raise ``StorageError`` where the pool has no room to restore beside what is there (bytes)."""
    if needed > free:
        raise StorageError(
            f"a restored copy of the volume of {tenant} needs {gib(needed)}, pool {pool} has {gib(free)} free: add a disk "
            f"first (playbooks/storage_disk_add.yml)"
        )


def refuse_restore(tenant: str, confirm: str, size: int, head: Head, foot: Foot) -> None:
    """Raise ``StorageError`` unless the volume (``size`` bytes) may and can be replaced."""
    if confirm != tenant:
        raise StorageError(
            f"a restore replaces all that the volume of {tenant} holds now and needs confirm: set confirm to {tenant}"
        )
    least = scratch_size(head, foot)
    if size < least:
        raise StorageError(
            f"the volume of {tenant} has {gib(size)}, the backup of {head.tenant} needs {gib(least)}: give the tenant a "
            f"bigger volume first"
        )


def moment(seconds: float) -> str:
    """A time for people and programs."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def age(seconds: float) -> str:
    """How long ago, for people."""
    minutes = int(max(0.0, seconds) // 60)
    if minutes < 60:
        return f"{minutes} minutes"
    if minutes < 48 * 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes // 60 // 24} days"


def told(backup: Backup) -> dict[str, Any]:
    """A backup as modules return it."""
    verified = moment(backup.verified) if backup.verified else None
    return {"name": backup.name, "taken": moment(backup.taken), "verified": verified}
