# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The deeds: take a backup, prove that backups can be restored, restore. Each takes up what a run that died has left."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.backup import manifest, plan
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.ids import Shift
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.manifest import Foot, Head, ManifestError, Verdict
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.restic import (
    SAFETY,
    Backup,
    Place,
    Repository,
    Runner,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.volumes import Volumes
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.lvm import StorageError

DIRECTORY = "/var/lib/vdc/backup"  # for each tenant: lock, last manifest, mount points
LIST = "manifest"  # its name in a backup, beside ``data``


@dataclass(frozen=True)
class Job:
    """Whose backups: ``tenant`` has the volume that is worked on, ``source`` the repository at ``place``. ``wait`` is in
    seconds, for another run to end."""

    tenant: str
    number: int
    first_uid: int
    source: str
    place: Place
    directory: str = DIRECTORY
    wait: float = 600.0
    check: bool = False  # change nothing

    @property
    def here(self) -> str:
        """The tenant's directory."""
        return f"{self.directory}/{self.tenant}"


@dataclass
class Done:
    """What was done, for people and programs."""

    changed: bool = False
    backup: Backup | None = None
    backups: list[Backup] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)


@contextmanager
def opened(job: Job, run: Runner) -> Iterator[Repository]:
    """The repository, with the node's locks on it and on the tenant's volumes; they end with the last command that
    was started here. Raises ``StorageError`` when another run has them and does not end."""
    with ExitStack() as stack:
        held = [stack.enter_context(_lock(job, name)) for name in sorted({job.tenant, job.source})]
        repository = Repository(job.place, run, held)
        repository.version()
        yield repository


def take(
    job: Job,
    repository: Repository,
    volumes: Volumes,
    keep: Mapping[str, int],
    percent: int,
    max_age: float,
    safety: bool,
) -> Done:
    """A backup, if none is younger than ``max_age`` hours; ``percent`` of the volume may be overwritten meanwhile."""
    policy = plan.keep_arguments(keep)
    listed = f"{job.here}/{LIST}"
    if not (job.check or os.path.exists(listed)):
        repository.make()
    there = _there(job, repository)
    if there is None:
        if job.check:
            return Done(changed=True)
        repository.make()
        there = []
    if not job.check:
        volumes.tidy()
    if not plan.backup_due(there, time.time(), max_age):
        return Done(backup=plan.complete(there)[-1], backups=there)
    if job.check:
        return Done(changed=True, backups=there)
    repository.forget(plan.leftovers(there))
    begun = time.monotonic()
    with volumes.frozen(percent) as frozen:
        head = Head(job.tenant, job.number, job.first_uid, frozen.taken, frozen.size)
        foot = manifest.write(frozen.path, head, listed, before=listed)
        host, known = job.tenant + SAFETY if safety else job.tenant, plan.complete(there)
        parent = known[-1].id if known else ""
        made = repository.backup(job.here, ("data", LIST), host, frozen.taken, parent)
    repository.mark_complete(made)
    repository.keep(policy)
    there = repository.backups() or []
    facts = {
        "entries": foot.entries,
        "bytes": foot.bytes,
        "read": foot.read,
        "seconds": round(time.monotonic() - begun, 1),
    }
    return Done(True, plan.complete(there)[-1], there, facts)


def verify(job: Job, repository: Repository, volumes: Volumes, chosen: str, days: float) -> Done:
    """Restore what is due into a scratch volume, and compare all of it with what was backed up."""
    there = _there(job, repository) or []
    if not job.check:
        volumes.tidy()
    due = plan.to_verify(there, chosen, time.time(), days)
    if not plan.complete(there):
        raise StorageError(f"there is no backup of {job.source} that could be verified: take one first")
    if job.check or not due:
        return Done(bool(due), backups=there)
    begun, whole = time.monotonic(), Verdict()
    for backup in due:
        head, foot = _fetch_list(job, repository, backup)
        with volumes.scratch(plan.scratch_size(head, foot)) as path:
            verdict = _restore(job, repository, volumes, backup, path, None)
        repository.mark_verified(backup.id, time.time())
        whole.entries += verdict.entries
        whole.bytes += verdict.bytes
    there = repository.backups() or []
    facts = {"entries": whole.entries, "bytes": whole.bytes, "seconds": round(time.monotonic() - begun, 1)}
    facts["verified"] = [backup.name for backup in due]
    return Done(True, plan.complete(there)[-1], there, facts)


def restore(job: Job, repository: Repository, volumes: Volumes, chosen: str, confirm: str) -> Done:
    """Put a backup in the place of the tenant's volume, after it was restored beside it and compared; or make it the
    tenant's volume where there is none yet."""
    there = _there(job, repository)
    if there is None:
        raise StorageError(f"there is no backup of {job.source}: the repository {job.place.url} does not exist")
    backup = plan.select(there, chosen)
    if volumes.arriving:
        volumes.refuse_arrival()
    elif not job.check and (earlier := volumes.interrupted()):
        volumes.exchange()
        volumes.finish(earlier)
        if earlier == backup.name:
            return Done(True, backup, there, _age(backup))
    begun = time.monotonic()
    head, foot = _fetch_list(job, repository, backup)
    plan.refuse_restore(job.tenant, confirm, volumes.size, head, foot)
    volumes.refuse_exchange()
    if job.check:
        return Done(True, backup, there, _age(backup))
    volumes.tidy()
    if volumes.arriving:
        volumes.clear()
    with volumes.restored(backup.name) as path:
        verdict = _restore(job, repository, volumes, backup, path, Shift(head.first_uid, job.first_uid))
    volumes.prove()
    volumes.exchange()
    volumes.finish(backup.name)
    facts = {"entries": verdict.entries, "bytes": verdict.bytes, "seconds": round(time.monotonic() - begun, 1)}
    return Done(True, backup, there, {**facts, **_age(backup)})


def check(job: Job, repository: Repository, percent: int) -> Done:
    """Prove that the repository is whole, reading so much of its data."""
    there = _there(job, repository)
    if there is None:
        raise StorageError(f"there is no backup of {job.source}: the repository {job.place.url} does not exist")
    repository.check(percent)
    return Done(backups=there)


def listing(job: Job, repository: Repository) -> Done:
    """Which backups there are."""
    there = _there(job, repository) or []
    return Done(backup=next(reversed(plan.complete(there)), None), backups=there)


def _there(job: Job, repository: Repository) -> list[Backup] | None:
    """The backups, with dead locks out of the way; ``None`` where there is no repository yet."""
    there = repository.backups()
    if there is not None and not job.check:
        repository.free()
    return there


def _fetch_list(job: Job, repository: Repository, backup: Backup) -> tuple[Head, Foot]:
    """Restore the manifest of ``backup``; its head and foot."""
    directory = f"{job.here}/restore"
    Path(directory).mkdir(mode=0o700, parents=True, exist_ok=True)
    repository.restore(backup.id, directory, only=LIST)
    try:
        return manifest.head_of(f"{directory}/{LIST}"), manifest.foot_of(f"{directory}/{LIST}")
    except (ManifestError, FileNotFoundError) as error:
        raise StorageError(f"backup {backup.name} of {job.source} has no list of what it holds: {error}") from None


def _restore(
    job: Job, repository: Repository, volumes: Volumes, backup: Backup, path: str, shift: Shift | None
) -> Verdict:
    """Restore ``backup`` to what is mounted at ``path`` and compare; raises ``StorageError`` if anything differs."""
    repository.restore(backup.id, os.path.dirname(path))
    if shift:
        shift.apply(path)
    volumes.afresh(path)
    verdict = manifest.compare(path, f"{os.path.dirname(path)}/{LIST}", shift.entry if shift else None)
    if verdict.different:
        raise StorageError(
            f"what backup {backup.name} of {job.source} brought back differs from what was backed up in {verdict.different} "
            f"places ({', '.join(verdict.differences)}): nothing was exchanged; try another backup"
        )
    return verdict


def _age(backup: Backup) -> dict[str, Any]:
    seconds = time.time() - backup.taken
    return {"age": plan.age(seconds), "age_seconds": int(seconds)}


@contextmanager
def _lock(job: Job, name: str) -> Iterator[int]:
    directory = Path(job.directory, name)
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(directory / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    end = time.monotonic() + job.wait
    try:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > end:
                    raise StorageError(
                        f"another run works on the backups of {name} on this node and did not end within {job.wait:.0f} s: "
                        f"run this again when it is done"
                    ) from None
                time.sleep(0.5)
        yield handle
    finally:
        os.close(handle)
