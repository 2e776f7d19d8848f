# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Deleted tenants: when the deletion was requested, and how long their backups are kept."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import volumes
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.operations.snapshot import Snapshot
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.schema import DELETIONS
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.tenants import Tenant
from ansible_collections.sovereign.vdc.plugins.module_utils.policy import states

DAY = 86_400  # seconds


@dataclass(frozen=True)
class Deletion:
    """When it was requested, until when the backups are kept, when they were purged, and the volume's size in GiB.

    Times are seconds since the epoch, UTC.
    """

    tenant: int
    decided: int
    backups_until: int
    backups_purged: int | None
    volume_gib: int

    def as_dict(self) -> dict[str, Any]:
        """The deletion for a module's result."""
        return {key: value for key, value in asdict(self).items() if key != "tenant"}


def record(connection: Any, now: int, tenant: Tenant, grace_days: int) -> None:
    """Record that the tenant's deletion was requested and its backups are kept for ``grace_days``."""
    if grace_days < 0:
        raise ValidationError(f"grace_days: {grace_days} is negative; use 0 or more")
    volume = volumes.volume_of(connection, tenant)
    facts = {"backups_until": now + grace_days * DAY, "volume_gib": volume.size_gib if volume else 0}
    connection.execute(DELETIONS.insert().values(tenant=tenant.id, decided=now, **facts))


def all_deletions(connection: Any) -> dict[int, Deletion]:
    """All deletions by the tenant's id."""
    return {row.tenant: Deletion(*row) for row in connection.execute(DELETIONS.select())}


def to_purge(connection: Any, now: int, snapshot: Snapshot, names: tuple[str, ...]) -> list[Tenant]:
    """The tenants whose backups are to be purged: those of ``names``, else all whose grace period is over.

    Raises ``ValidationError`` for a named tenant that is not deleted.
    """
    recorded = all_deletions(connection)
    for tenant in snapshot.scope(names) if names else []:
        if tenant.state != states.DELETED:
            raise ValidationError(
                f"tenants: {tenant.name!r} is {tenant.state}, and only the backups of deleted tenants can be purged; "
                f"run the playbook tenant_destroy first"
            )
    candidates = [snapshot.tenants[name] for name in sorted(set(names or snapshot.tenants))]
    return [tenant for tenant in candidates if _is_due(tenant, recorded.get(tenant.id), now, bool(names))]


def _is_due(tenant: Tenant, deletion: Deletion | None, now: int, named: bool) -> bool:
    if tenant.state != states.DELETED or (deletion and deletion.backups_purged is not None):
        return False
    return named or (deletion is not None and deletion.backups_until <= now)


def record_purge(connection: Any, now: int, tenant: Tenant) -> None:
    """Record that the tenant's backups were deleted."""
    own = DELETIONS.c.tenant == tenant.id
    if connection.execute(DELETIONS.update().where(own).values(backups_purged=now)).rowcount == 0:
        facts = {"decided": now, "backups_until": now, "backups_purged": now, "volume_gib": 0}
        connection.execute(DELETIONS.insert().values(tenant=tenant.id, **facts))
