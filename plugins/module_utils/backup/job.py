# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One job on a tenant's backups, and the locks that keep other jobs on this node away from the same backups."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.sovereign.vdc.plugins.module_utils.backup.restic import Location, Repository, Runner
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import StorageError

DIRECTORY = "/var/lib/vdc/backup"  # for each tenant: lock, last manifest, mount points


@dataclass(frozen=True)
class Job:
    """``tenant`` has the volume that is backed up or replaced, ``source`` the repository at ``location``.

    ``identity`` is the tenant's in the ledger; an empty one is not compared. ``wait`` is how many seconds to wait for
    another job. ``check`` means that nothing may be changed.
    """

    tenant: str
    number: int
    first_uid: int
    source: str
    location: Location
    directory: str = DIRECTORY
    wait: float = 600.0
    check: bool = False
    identity: str = ""

    @property
    def tenant_directory(self) -> str:
        """Directory on the node for the tenant's lock, last manifest and mount points."""
        return f"{self.directory}/{self.tenant}"


@contextmanager
def open_repository(job: Job, run: Runner) -> Iterator[Repository]:
    """Lock the tenant's backups and volumes on this node and yield the repository.

    The locks last until the last command that was started in the meantime has ended. Raises ``StorageError`` when another
    job holds them longer than ``job.wait``.
    """
    with ExitStack() as stack:
        locks = [stack.enter_context(_lock(job, name)) for name in sorted({job.tenant, job.source})]
        repository = Repository(job.location, run, locks)
        repository.version()
        yield repository


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
                        f"tenant: another run uses the backups of {name} on this node and did not finish within "
                        f"{job.wait:.0f} s; run this again when it has finished"
                    ) from None
                time.sleep(0.5)
        yield handle
    finally:
        os.close(handle)
