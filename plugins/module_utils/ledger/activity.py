# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When tenants were used and backed up, and which of them only sleep. Every function works within the caller's transaction."""

from __future__ import annotations

from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import journal, tenants
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.schema import IDLE_SUSPENSIONS, OPERATIONS, VOLUMES
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.tenants import Tenant
from ansible_collections.sovereign.vdc.plugins.module_utils.policy import desired_states

# The verbs of the operations that back a tenant up, and that suspend one.
BACKUP = "backup"
SUSPEND = "suspend"


def used(connection: Any, tenant: Tenant, moment: int) -> Tenant:
    """Note that the tenant was used at ``moment``; an earlier one than is known changes nothing. One that
    slept shall be active; raises ``ValidationError`` for one that is suspended otherwise."""
    facts: dict[str, Any] = {}
    if sleeps(connection, tenant):
        facts["desired_state"] = desired_states.ACTIVE
    elif tenant.desired_state != desired_states.ACTIVE:
        raise ValidationError(
            f"tenants: {tenant.name!r} does not sleep, it is {tenant.state} (wish: {tenant.desired_state}); resume it if that is meant"
        )
    if moment > tenant.last_active:
        facts["last_active"] = moment
    connection.execute(IDLE_SUSPENSIONS.delete().where(IDLE_SUSPENSIONS.c.tenant == tenant.id))
    return tenants.change(connection, tenant.name, **facts)


def fall_asleep(connection: Any, now: int, tenant: Tenant) -> Tenant:
    """The tenant shall be stopped, because nobody uses it."""
    connection.execute(IDLE_SUSPENSIONS.delete().where(IDLE_SUSPENSIONS.c.tenant == tenant.id))
    connection.execute(IDLE_SUSPENSIONS.insert().values(tenant=tenant.id, since=now))
    return tenants.change(connection, tenant.name, desired_state=desired_states.POWEROFF)


def sleeps(connection: Any, tenant: Tenant) -> bool:
    """Whether the tenant is to be stopped because nobody used it, and was not suspended since."""
    if tenant.desired_state != desired_states.POWEROFF:
        return False
    row = connection.execute(IDLE_SUSPENSIONS.select().where(IDLE_SUSPENSIONS.c.tenant == tenant.id)).one_or_none()
    if row is None:
        return False
    since = (OPERATIONS.c.tenant == tenant.name) & (OPERATIONS.c.kind == SUSPEND) & (OPERATIONS.c.started >= row.since)
    return connection.execute(OPERATIONS.select().where(since)).first() is None


def last_backups(connection: Any) -> dict[str, int]:
    """By tenant's name, the moment at which its last backup ended well."""
    return last_done(connection, BACKUP)


def last_done(connection: Any, kind: str) -> dict[str, int]:
    """By tenant's name, the moment at which ``kind`` last ended well."""
    well = (OPERATIONS.c.kind == kind) & (OPERATIONS.c.state == journal.DONE)
    found: dict[str, int] = {}
    for row in connection.execute(OPERATIONS.select().where(well).order_by(OPERATIONS.c.finished)):
        found[row.tenant] = row.finished
    return found


def keeping(connection: Any) -> set[int]:
    """The numbers of the tenants whose volumes have a place, so that there is something to back up."""
    return {row.tenant for row in connection.execute(VOLUMES.select().where(VOLUMES.c.storage_node != ""))}
