# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The use of tenants, idle suspensions, and the last backups, in the caller's transaction."""

from __future__ import annotations

from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import tenants
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.operations import journal
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.schema import IDLE_SUSPENSIONS, OPERATIONS, VOLUMES
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.tenants import Tenant
from ansible_collections.sovereign.vdc.plugins.module_utils.policy import clocks, desired_states

# Kinds of operations.
BACKUP = "backup"
VERIFY = "backup_verify"
SUSPEND = "suspend"


def record_use(connection: Any, tenant: Tenant, moment: int) -> Tenant:
    """Record that the tenant was used at ``moment``, and request that an idle-suspended one becomes active.

    A moment before the recorded one changes nothing. Raises ``ValidationError`` for a tenant that is suspended for
    another reason.
    """
    facts: dict[str, Any] = {}
    if is_idle_suspended(connection, tenant):
        facts["desired_state"] = desired_states.ACTIVE
    elif tenant.desired_state != desired_states.ACTIVE:
        raise ValidationError(
            f"tenants: {tenant.name!r} is not suspended for being idle, it is {tenant.state} (desired state: "
            f"{tenant.desired_state}); resume it with the playbook tenant_resume"
        )
    if moment > tenant.last_active:
        facts["last_active"] = moment
    connection.execute(IDLE_SUSPENSIONS.delete().where(IDLE_SUSPENSIONS.c.tenant == tenant.id))
    return tenants.update(connection, tenant.name, **facts)


def suspend_idle(connection: Any, now: int, tenant: Tenant) -> Tenant:
    """Request that the tenant is suspended because it is idle."""
    connection.execute(IDLE_SUSPENSIONS.delete().where(IDLE_SUSPENSIONS.c.tenant == tenant.id))
    connection.execute(IDLE_SUSPENSIONS.insert().values(tenant=tenant.id, since=now))
    return tenants.update(connection, tenant.name, desired_state=desired_states.POWEROFF)


def is_idle_suspended(connection: Any, tenant: Tenant) -> bool:
    """Whether the tenant is, or is to be, suspended for being idle, and was not suspended by an operator since."""
    if tenant.desired_state != desired_states.POWEROFF:
        return False
    row = connection.execute(IDLE_SUSPENSIONS.select().where(IDLE_SUSPENSIONS.c.tenant == tenant.id)).one_or_none()
    if row is None:
        return False
    since = (OPERATIONS.c.tenant == tenant.name) & (OPERATIONS.c.kind == SUSPEND) & (OPERATIONS.c.started >= row.since)
    return connection.execute(OPERATIONS.select().where(since)).first() is None


def last_backups(connection: Any, now: int) -> dict[str, int]:
    """The time of the last successful backup by the tenant's name."""
    return last_done(connection, BACKUP, now)


def last_done(connection: Any, kind: str, now: int, without_nodes: bool = False) -> dict[str, int]:
    """The time of the last successful operation of this kind by the tenant's name.

    Operations that a controller with a wrong clock recorded in the future of ``now`` do not count. With ``without_nodes`` also
    those count that left out the tasks on nodes, and so did nothing there.
    """
    succeeded = (OPERATIONS.c.kind == kind) & (OPERATIONS.c.state == journal.DONE)
    if not without_nodes:
        succeeded &= OPERATIONS.c.without_nodes.is_(False)
    found: dict[str, int] = {}
    for row in connection.execute(OPERATIONS.select().where(succeeded).order_by(OPERATIONS.c.finished)):
        if not clocks.is_future(row.finished, now):
            found[row.tenant] = row.finished
    return found


def with_data(connection: Any) -> set[int]:
    """The ids of the tenants whose volumes exist on a storage node, so that there is something to back up."""
    return {row.tenant for row in connection.execute(VOLUMES.select().where(VOLUMES.c.storage_node != ""))}
