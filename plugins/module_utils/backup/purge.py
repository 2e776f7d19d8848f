# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A tenant's repository goes from the object storage, so that it can be interrupted and repeated at every point."""

from __future__ import annotations

from ansible_collections.sovereign.vdc.plugins.module_utils.backup.objects import Bucket, Stored
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.plan import age
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.restic import LOCK_LIFE
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.concurrently import each
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import CloudError, ValidationError

# In this order: without the first two, nobody takes what is left of a repository for one.
PARTS = ("config", "keys/", "")


def exists(bucket: Bucket, tenant: str) -> bool:
    """Whether anything is left of the tenant's repository."""
    return bool(bucket.stored(f"{tenant}/"))


def refuse_used(bucket: Bucket, tenant: str, now: float) -> None:
    """Raise ``ValidationError`` while somebody restores from the repository, or backs up to it."""
    ages = [now - item.modified for item in bucket.stored(f"{tenant}/locks/") if item.there]
    if ages and min(ages) < LOCK_LIFE:
        raise ValidationError(
            f"tenant: a run works with the backups of {tenant!r} (its lock is {age(min(ages))} old): run this again when it "
            f"is done; the lock of a run that died counts for {LOCK_LIFE // 60} minutes"
        )


def remove(bucket: Bucket, tenant: str) -> int:
    """Remove all that the repository consists of, page by page; how many objects. Raises ``CloudError``."""
    return sum(_remove(bucket, f"{tenant}/{part}") for part in PARTS)


def _remove(bucket: Bucket, prefix: str) -> int:
    removed = 0
    before: list[Stored] = []
    while page := bucket.stored(prefix):
        if page == before:
            raise CloudError(f"{page[0].key} is there again after it was deleted")
        for outcome in each(bucket.remove, page):
            if outcome.error:
                raise outcome.error
        removed, before = removed + len(page), page
    return removed
