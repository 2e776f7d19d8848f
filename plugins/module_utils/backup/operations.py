# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Operations on a tenant's backups: back up, verify, restore, check, list. Each resumes what an interrupted run left."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.backup import manifest, plan
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.ids import Shift
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.job import Job
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.manifest import (
    Comparison,
    Footer,
    Header,
    ManifestError,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.restic import SAFETY, Backup, Repository
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.volumes import Volumes
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import StorageError
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.identity import ADVICE, Claim, Owner, is_same

MANIFEST = "manifest"  # its name in a backup, beside ``data``


@dataclass
class Outcome:
    """What an operation did: whether anything changed, the backup concerned, all backups, warnings, and further return
    values."""

    changed: bool = False
    backup: Backup | None = None
    backups: list[Backup] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)


def back_up(
    job: Job,
    repository: Repository,
    volumes: Volumes,
    keep: Mapping[str, int],
    percent: int,
    max_age: float,
    safety: bool,
) -> Outcome:
    """Back up the volume unless a backup is younger than ``max_age`` hours.

    The tenant may overwrite ``percent`` of its volume at the same time. ``safety`` marks a backup before a restore.
    """
    policy = plan.keep_arguments(keep)
    manifest_path = f"{job.tenant_directory}/{MANIFEST}"
    if not (job.check or os.path.exists(manifest_path)):
        repository.create()
    backups = _read_backups(job, repository)
    if backups is None:
        if job.check:
            return Outcome(changed=True)
        repository.create()
        backups = []
    if not job.check:
        volumes.remove_leftovers()
    warnings = plan.clock_warnings(backups, time.time())
    if not plan.backup_due(backups, time.time(), max_age):
        return Outcome(backup=plan.complete(backups)[-1], backups=backups, warnings=warnings)
    if job.check:
        return Outcome(changed=True, backups=backups, warnings=warnings)
    repository.forget(plan.incomplete_ids(backups))
    started = time.monotonic()
    with volumes.frozen(percent) as frozen:
        header = Header(job.tenant, job.number, job.first_uid, frozen.created, frozen.size)
        footer = manifest.write(frozen.path, header, manifest_path, previous=manifest_path)
        host, known = job.tenant + SAFETY if safety else job.tenant, plan.complete(backups)
        parent = known[-1].id if known else ""
        dated = plan.next_time(backups, frozen.created)
        created = repository.backup(job.tenant_directory, ("data", MANIFEST), host, dated, parent, job.identity)
    repository.mark_complete(created)
    repository.apply_policy(policy)
    backups = repository.backups() or []
    values = {
        "entries": footer.entries,
        "bytes": footer.bytes,
        "bytes_added": footer.bytes_added,
        "seconds": round(time.monotonic() - started, 1),
    }
    return Outcome(True, plan.select(backups, plan.name_of(created)), backups, warnings, values)


def verify(job: Job, repository: Repository, volumes: Volumes, chosen: str, days: float) -> Outcome:
    """Restore the backups that are due to a scratch volume, and compare every entry with the backup's manifest."""
    backups = _read_backups(job, repository) or []
    if not job.check:
        volumes.remove_leftovers()
    due = plan.to_verify(backups, chosen, time.time(), days)
    if not plan.complete(backups):
        raise StorageError(f"tenant: there is no backup of {job.source} to verify; create one first")
    if job.check or not due:
        return Outcome(bool(due), backups=backups)
    started, total = time.monotonic(), Comparison()
    for backup in due:
        header, footer = _fetch_manifest(job, repository, backup)
        with volumes.scratch(plan.restored_size(header, footer)) as path:
            comparison = _restore(job, repository, volumes, backup, path, None)
        repository.mark_verified(backup.id, time.time())
        total.entries += comparison.entries
        total.bytes += comparison.bytes
    backups = repository.backups() or []
    values = {**_compared(total, started), "verified": [backup.name for backup in due]}
    return Outcome(True, plan.complete(backups)[-1], backups, values=values)


def restore(job: Job, repository: Repository, volumes: Volumes, chosen: str, confirm: str) -> Outcome:
    """Restore a backup to a new volume, compare it, and replace the tenant's volume with it.

    Where the node is to get the tenant's volume (``volumes.arriving``), the restored one becomes it.
    """
    backups = _read_backups(job, repository)
    if backups is None:
        raise _no_repository(job)
    backup = plan.select(backups, chosen)
    if volumes.arriving:
        volumes.validate_arrival()
    elif not job.check and (earlier := volumes.interrupted()):
        volumes.exchange()
        volumes.finish(earlier)
        if earlier == backup.name:
            return Outcome(True, backup, backups, values=_age(backup))
    started = time.monotonic()
    header, footer = _fetch_manifest(job, repository, backup)
    plan.validate_restore(job.tenant, confirm, volumes.size, header, footer)
    volumes.validate_exchange()
    if job.check:
        return Outcome(True, backup, backups, values=_age(backup))
    volumes.remove_leftovers()
    if volumes.arriving:
        volumes.remove_arrived()
    with volumes.restored(backup.name) as path:
        shift = Shift(header.first_uid, job.first_uid)
        comparison = _restore(job, repository, volumes, backup, path, shift)
    volumes.mark_verified()
    volumes.exchange()
    volumes.finish(backup.name)
    return Outcome(True, backup, backups, values={**_compared(comparison, started), **_age(backup)})


def check(job: Job, repository: Repository, percent: int) -> Outcome:
    """Check that the repository is intact, reading ``percent`` of its data."""
    backups = _read_backups(job, repository)
    if backups is None:
        raise _no_repository(job)
    repository.check(percent)
    return Outcome(backups=backups)


def list_backups(job: Job, repository: Repository) -> Outcome:
    """Return all backups."""
    backups = _read_backups(job, repository) or []
    return Outcome(backup=next(reversed(plan.complete(backups)), None), backups=backups)


def _read_backups(job: Job, repository: Repository) -> list[Backup] | None:
    """Return the backups after removing stale locks; ``None`` where the repository does not exist.

    Raises ``StorageError`` if the tenant's own repository has backups of another tenant.
    """
    backups = repository.backups()
    if job.source == job.tenant and job.identity:
        owner = Owner(job.number, job.tenant, job.identity)
        for backup in backups or []:
            claim = Claim("backup repository", job.location.url, job.tenant, identity=backup.identity)
            if not is_same(claim, owner):
                raise StorageError(
                    f"repository: {claim}, not to the one of that name with the number {job.number} and the identity "
                    f"{job.identity}; {ADVICE.format(kind=claim.kind)}"
                )
    if backups is not None and not job.check:
        repository.remove_stale_locks()
    return backups


def _no_repository(job: Job) -> StorageError:
    return StorageError(
        f"repository: there is no backup of {job.source}, because {job.location.url} does not exist; create a backup first"
    )


def _fetch_manifest(job: Job, repository: Repository, backup: Backup) -> tuple[Header, Footer]:
    """Restore the manifest of ``backup`` to the node; return its header and footer."""
    directory = f"{job.tenant_directory}/restore"
    Path(directory).mkdir(mode=0o700, parents=True, exist_ok=True)
    repository.restore(backup.id, directory, only=MANIFEST)
    try:
        return manifest.read_header(f"{directory}/{MANIFEST}"), manifest.read_footer(f"{directory}/{MANIFEST}")
    except (ManifestError, FileNotFoundError) as error:
        raise StorageError(
            f"backup: {backup.name} of {job.source} has no usable manifest ({error}); choose another backup"
        ) from None


def _restore(
    job: Job, repository: Repository, volumes: Volumes, backup: Backup, path: str, shift: Shift | None
) -> Comparison:
    """Restore ``backup`` to the volume mounted at ``path`` and compare; raise ``StorageError`` if anything differs."""
    repository.restore(backup.id, os.path.dirname(path))
    if shift:
        shift.apply(path)
    volumes.remount_read_only(path)
    comparison = manifest.compare(path, f"{os.path.dirname(path)}/{MANIFEST}", shift.entry if shift else None)
    if comparison.different:
        raise StorageError(
            f"backup: {backup.name} of {job.source}, restored, differs from what was backed up in {comparison.different} "
            f"places ({', '.join(comparison.differences)}); the tenant's volume was not replaced, choose another backup"
        )
    return comparison


def _compared(comparison: Comparison, started: float) -> dict[str, Any]:
    seconds = round(time.monotonic() - started, 1)
    return {"entries": comparison.entries, "bytes": comparison.bytes, "seconds": seconds}


def _age(backup: Backup) -> dict[str, Any]:
    seconds = time.time() - backup.created
    return {"age": plan.age(seconds), "age_seconds": int(seconds)}
