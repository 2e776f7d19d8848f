# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Decide which backups are due, kept and selected, and validate space. Pure: no clock, no files."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.backup.manifest import Footer, Header
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.restic import NAME_LENGTH, Backup
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import StorageError
from ansible_collections.sovereign.vdc.plugins.module_utils.policy import clocks
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.lvm import GIB, gib
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.volume.spec import minimum_size

POLICY_KEYS = ("last", "hourly", "daily", "weekly", "monthly", "yearly")
INODE = 1024  # bytes that a file system uses for an entry, at most
HOUR, DAY = 3600, 86400


def keep_arguments(keep: Mapping[str, int]) -> list[str]:
    """Return a policy as arguments of ``restic forget``; raise ``StorageError`` for one that would keep nothing."""
    unknown = sorted(set(keep) - set(POLICY_KEYS))
    if unknown:
        raise StorageError(f"keep: {', '.join(unknown)} is not a policy; use {', '.join(POLICY_KEYS)}")
    wrong = [name for name, number in keep.items() if number < 0]
    if wrong or not any(keep.values()):
        raise StorageError(f"keep: {dict(keep)} would keep no backup; give numbers, such as {{daily: 7, weekly: 4}}")
    return [word for name in POLICY_KEYS if keep.get(name) for word in (f"--keep-{name}", str(keep[name]))]


def complete(backups: Sequence[Backup]) -> list[Backup]:
    """Return the backups that can be restored, oldest first."""
    return [backup for backup in backups if backup.complete]


def incomplete_ids(backups: Sequence[Backup]) -> list[str]:
    """Return the ids of backups whose run was interrupted."""
    return [backup.id for backup in backups if not backup.complete]


def name_of(backup_id: str) -> str:
    """Return the permanent name of a backup that was created with this id."""
    return backup_id[:NAME_LENGTH]


def backup_due(backups: Sequence[Backup], now: float, max_age_hours: float) -> bool:
    """Return whether the newest backup is older than ``max_age_hours`` (0: always).

    Safety backups do not count, and neither do backups that are dated in the future.
    """
    ordinary = [backup for backup in complete(backups) if not backup.safety]
    return not any(clocks.is_recent(backup.created, now, max_age_hours * HOUR) for backup in ordinary)


def next_time(backups: Sequence[Backup], now: float) -> float:
    """Return the time to date a new backup with: later than all others, so that it is the latest on every clock.

    The policy and ``latest`` go by this time. After a clock was corrected, older backups may be dated in the future.
    """
    return max([now, *(math.floor(backup.created) + 1.0 for backup in backups)])


def clock_warnings(backups: Sequence[Backup], now: float) -> list[str]:
    """Return a sentence if backups are dated in the future of ``now``, the clock of this node."""
    future = [backup for backup in backups if clocks.is_future(backup.created, now)]
    if not future:
        return []
    last = future[-1]
    return [
        f"{len(future)} backups are dated in the future, backup {last.name} at {timestamp(last.created)}, and the clock of this "
        f"node shows {timestamp(now)}; correct the clock that is wrong; until then new backups are dated after the last one"
    ]


def to_verify(backups: Sequence[Backup], chosen: str, now: float, days: float) -> list[Backup]:
    """Return the backups to verify: the ``latest``, all ``unverified``, or the one that ``chosen`` names; none when the last
    verification is less than ``days`` ago (0: always verify)."""
    candidates = complete(backups)
    if not candidates or any(clocks.is_recent(backup.verified, now, days * DAY) for backup in candidates):
        return []
    if chosen == "unverified":
        return [backup for backup in candidates if not backup.verified]
    return [select(backups, chosen)]


def select(backups: Sequence[Backup], chosen: str) -> Backup:
    """Return the ``latest`` backup, or the one whose name begins with ``chosen``; raise ``StorageError``.

    Safety backups are never the latest, so that a repeated restore selects the same backup.
    """
    candidates = complete(backups)
    ordinary = [backup for backup in candidates if not backup.safety]
    if chosen == "latest" and ordinary:
        return ordinary[-1]
    found = [backup for backup in candidates if chosen and backup.name.startswith(chosen)]
    if len(found) == 1:
        return found[0]
    if not candidates:
        raise StorageError(f"backup: {chosen!r} does not exist because there is no complete backup; create one first")
    problem = "is the beginning of several names" if found else "does not exist"
    names = ", ".join(f"{backup.name} of {timestamp(backup.created)}" for backup in candidates[-5:])
    raise StorageError(f"backup: {chosen!r} {problem}; choose latest or one of {names}")


def validate_snapshot_space(tenant: str, pool: str, needed: int, free: int) -> None:
    """Raise ``StorageError`` where the pool cannot hold what changes while a backup runs (sizes in bytes)."""
    if needed > free:
        raise StorageError(
            f"snapshot_percent: a snapshot of the volume of {tenant} needs {gib(needed)} for data written during the backup, "
            f"but pool {pool} has {gib(free)} free; add a disk (playbook storage_disk_add) or lower snapshot_percent"
        )


def restored_size(header: Header, footer: Footer) -> int:
    """Return how many bytes a volume must have to hold a backup: never more than the volume it was made from, although
    files with holes may appear larger."""
    return min(minimum_size(footer.bytes + footer.entries * INODE), max(header.size, GIB))


def validate_restore_space(tenant: str, pool: str, needed: int, free: int) -> None:
    """Raise ``StorageError`` where the pool cannot hold a restored copy beside the volume (sizes in bytes)."""
    if needed > free:
        raise StorageError(
            f"pool: a restored copy of the volume of {tenant} needs {gib(needed)}, but {pool} has {gib(free)} free; add a disk "
            f"(playbook storage_disk_add)"
        )


def validate_restore(tenant: str, confirm: str, size: int, header: Header, footer: Footer) -> None:
    """Raise ``StorageError`` unless the restore is confirmed and fits into a volume of ``size`` bytes."""
    if confirm != tenant:
        raise StorageError(
            f"confirm: {confirm!r} does not confirm that the restore replaces all data of {tenant}; set confirm to {tenant}"
        )
    least = restored_size(header, footer)
    if size < least:
        raise StorageError(
            f"tenant: the volume of {tenant} has {gib(size)}, but the backup of {header.tenant} needs {gib(least)}; grow the "
            f"volume first (playbook tenant_volume_resize)"
        )


def timestamp(seconds: float) -> str:
    """Return a time in seconds since 1970 as text, such as ``2026-11-21T03:00:07Z``."""
    return clocks.shown(seconds)


def age(seconds: float) -> str:
    """Return a duration as text for messages, such as ``3 h 12 min``."""
    if seconds < -clocks.MAX_SKEW:
        return f"{age(-seconds)} in the future"
    minutes = int(max(0.0, seconds) // 60)
    if minutes < 60:
        return f"{minutes} minutes"
    if minutes < 48 * 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes // 60 // 24} days"


def as_result(backup: Backup) -> dict[str, Any]:
    """Return a backup as modules return it."""
    verified = timestamp(backup.verified) if backup.verified else None
    return {"name": backup.name, "created": timestamp(backup.created), "verified": verified}
