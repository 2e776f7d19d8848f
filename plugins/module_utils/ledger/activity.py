# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When tenants were used and backed up, and which of them only sleep. Every function works within the caller's transaction."""

from __future__ import annotations

from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import journal, tenants
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.schema import OPERATIONS, VOLUMES
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.tenants import Tenant
from ansible_collections.sovereign.vdc.plugins.module_utils.policy import wishes

# The verbs of the operations that put an unused tenant to sleep, and that back one up.
IDLE_STOP = "idle_stop"
BACKUP = "backup"


def used(connection: Any, tenant: Tenant, moment: int) -> Tenant:
    """Note that the tenant was used at ``moment``; an earlier one than is known changes nothing."""
    if moment <= tenant.last_active:
        return tenant
    return tenants.change(connection, tenant.name, last_active=moment)


def sleeps(connection: Any, tenant: Tenant) -> bool:
    """Whether the tenant was stopped because nobody used it, and for no other reason since."""
    if tenant.wish != wishes.POWEROFF:
        return False
    its = (OPERATIONS.c.tenant == tenant.name) & OPERATIONS.c.verb.not_in(sorted(wishes.DEEDS))
    last = connection.execute(OPERATIONS.select().where(its).order_by(OPERATIONS.c.id.desc()).limit(1)).first()
    return last is not None and last.verb == IDLE_STOP


def last_backups(connection: Any) -> dict[str, int]:
    """By tenant's name, the moment at which its last backup ended well."""
    well = (OPERATIONS.c.verb == BACKUP) & (OPERATIONS.c.state == journal.DONE)
    found: dict[str, int] = {}
    for row in connection.execute(OPERATIONS.select().where(well).order_by(OPERATIONS.c.finished)):
        found[row.tenant] = row.finished
    return found


def keeping(connection: Any) -> set[int]:
    """The numbers of the tenants whose volumes have a place, so that there is something to back up."""
    return {row.tenant for row in connection.execute(VOLUMES.select().where(VOLUMES.c.storage_node != ""))}
