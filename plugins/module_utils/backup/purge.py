# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Delete a tenant's repository from the object storage. Can be interrupted anywhere and repeated."""

from __future__ import annotations

from ansible_collections.sovereign.vdc.plugins.module_utils.backup.objects import Bucket, ObjectVersion
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.plan import age
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.restic import LOCK_LIFETIME
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.concurrently import each
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import CloudError, ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.policy import clocks

# In this order: without configuration and keys, the rest cannot be mistaken for a usable repository.
PARTS = ("config", "keys/", "")


def exists(bucket: Bucket, tenant: str) -> bool:
    """Return whether the bucket has an object of the tenant's repository."""
    return bool(bucket.list_page(f"{tenant}/"))


def validate_unused(bucket: Bucket, tenant: str, now: float) -> None:
    """Raise ``ValidationError`` while a run backs up to the repository or restores from it.

    Also if the clocks of this controller (``now``) and of the object storage differ: then the grace period may not be
    over.
    """
    locks = bucket.list_page(f"{tenant}/locks/")
    if bucket.clock is not None and clocks.differ(bucket.clock, now):
        raise ValidationError(
            f"endpoint: the clock of the object storage shows {clocks.shown(bucket.clock)} and the clock of this controller "
            f"{clocks.shown(now)}, so the grace period of {tenant!r} may not be over; correct the clock that is wrong"
        )
    ages = [(bucket.clock or now) - version.modified for version in locks if version.current]
    if ages and min(ages) < LOCK_LIFETIME + clocks.MAX_SKEW:
        raise ValidationError(
            f"tenant: the backups of {tenant!r} are in use (the lock of a run is {age(min(ages))} old); run this again when "
            f"that run has finished; the lock of a killed run expires after {(LOCK_LIFETIME + clocks.MAX_SKEW) // 60} minutes"
        )


def remove(bucket: Bucket, tenant: str) -> int:
    """Delete every object of the repository, page by page; return how many versions. Raises ``CloudError``."""
    return sum(_remove(bucket, f"{tenant}/{part}") for part in PARTS)


def _remove(bucket: Bucket, prefix: str) -> int:
    removed = 0
    before: list[ObjectVersion] = []
    while page := bucket.list_page(prefix):
        if page == before:
            raise CloudError(f"{page[0].key} still exists after it was deleted; check the bucket's retention rules")
        for outcome in each(bucket.remove, page):
            if outcome.error:
                raise outcome.error
        removed, before = removed + len(page), page
    return removed
