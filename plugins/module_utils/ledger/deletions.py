# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tenants who leave: until when their backups are kept, and that they were deleted. Within the caller's transaction."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import volumes
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.book import Book
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.schema import DELETIONS
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.tenants import Tenant
from ansible_collections.sovereign.vdc.plugins.module_utils.policy import states

DAY = 86_400  # seconds


@dataclass(frozen=True)
class Deletion:
    """When it was decided, until when the backups are kept, when they were deleted (seconds since the epoch, UTC), and
    the size that the volume had, in GiB."""

    tenant: int
    decided: int
    backups_until: int
    backups_purged: int | None
    volume_gib: int

    def as_dict(self) -> dict[str, Any]:
        """For a module's result."""
        return {key: value for key, value in asdict(self).items() if key != "tenant"}


def decide(connection: Any, now: int, tenant: Tenant, grace_days: int) -> None:
    """Note that the tenant leaves, and that its backups are kept for so many days."""
    if grace_days < 0:
        raise ValidationError(f"grace_days: must be 0 or more, not {grace_days}")
    volume = volumes.volume_of(connection, tenant)
    facts = {"backups_until": now + grace_days * DAY, "volume_gib": volume.size_gib if volume else 0}
    connection.execute(DELETIONS.insert().values(tenant=tenant.id, decided=now, **facts))


def all_deletions(connection: Any) -> dict[int, Deletion]:
    """All, by the tenant's number."""
    return {row.tenant: Deletion(*row) for row in connection.execute(DELETIONS.select())}


def due(connection: Any, now: int, seen: Book, names: tuple[str, ...]) -> list[Tenant]:
    """The tenants of ``names`` whose backups are still there; without names, all whose time has come. Raises ``ValidationError``
    for one that has not left."""
    noted = all_deletions(connection)
    for tenant in seen.scope(names) if names else []:
        if tenant.state != states.DELETED:
            raise ValidationError(
                f"tenants: {tenant.name!r} is {tenant.state}, and only the backups of a tenant who has left are deleted; "
                f"run tenant_destroy.yml first"
            )
    left = [seen.tenants[name] for name in sorted(set(names or seen.tenants))]
    return [tenant for tenant in left if _due(tenant, noted.get(tenant.id), now, bool(names))]


def _due(tenant: Tenant, noted: Deletion | None, now: int, asked_for: bool) -> bool:
    if tenant.state != states.DELETED or (noted and noted.backups_purged is not None):
        return False
    return asked_for or (noted is not None and noted.backups_until <= now)


def purged(connection: Any, now: int, tenant: Tenant) -> None:
    """Note that the tenant's backups were deleted."""
    mine = DELETIONS.c.tenant == tenant.id
    if connection.execute(DELETIONS.update().where(mine).values(backups_purged=now)).rowcount == 0:
        facts = {"decided": now, "backups_until": now, "backups_purged": now, "volume_gib": 0}
        connection.execute(DELETIONS.insert().values(tenant=tenant.id, **facts))
