# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What storage tenants have, and what of it is promised by which storage node. Within the caller's transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.schema import VOLUMES
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.tenants import Tenant

# Each tenant has this many user ids, from this one on.
FIRST_UID = 100_000
UIDS = 1000


@dataclass(frozen=True)
class Volume:
    """One tenant's volume: the size that it shall have, and what its storage node keeps free for it, in GiB. Without
    a ``storage_node`` nothing is there yet. ``target_node`` is the storage node that it shall move to, as long as it has no room
    there; ``source_node`` the one that its data is still to leave."""

    tenant: int
    storage_node: str
    size_gib: int
    first_uid: int
    since: int
    reserved_gib: int
    target_node: str = ""
    source_node: str = ""
    source_gib: int = 0

    @property
    def lacks_gib(self) -> int:
        """What is still to be promised."""
        return max(0, self.size_gib - (self.reserved_gib if self.storage_node else 0))

    @property
    def kept_gib(self) -> int:
        """The size that it can have with what is promised."""
        return self.size_gib - self.lacks_gib

    @property
    def moves(self) -> bool:
        """Whether it is to be promised room on another storage node. One move ends before the next begins."""
        return self.storage_node != "" and self.target_node not in ("", self.storage_node) and not self.source_node


def all_volumes(connection: Any) -> dict[int, Volume]:
    """All volumes by the tenant's number."""
    return {row.tenant: Volume(*row) for row in connection.execute(VOLUMES.select())}


def volume_of(connection: Any, tenant: Tenant) -> Volume | None:
    """The tenant's volume, if it has one."""
    row = connection.execute(VOLUMES.select().where(VOLUMES.c.tenant == tenant.id)).one_or_none()
    return Volume(*row) if row else None


def want(connection: Any, now: int, tenant: Tenant, size_gib: int) -> Volume:
    """Note the size that the tenant's volume shall have."""
    have = volume_of(connection, tenant)
    if have is None:
        uid = FIRST_UID + UIDS * tenant.id
        values = {"tenant": tenant.id, "storage_node": "", "size_gib": size_gib, "first_uid": uid, "since": now}
        connection.execute(VOLUMES.insert().values(**values, reserved_gib=0))
    elif have.size_gib != size_gib:
        connection.execute(VOLUMES.update().where(VOLUMES.c.tenant == tenant.id).values(size_gib=size_gib))
    found = volume_of(connection, tenant)
    if found is None:
        raise LookupError(tenant.name)
    return found


def promise(connection: Any, volume: Volume, storage_node: str) -> None:
    """Keep room for the whole volume on the storage node. What it had promised before stays promised until the
    volume is smaller (``settle``), or has left (``has_left``)."""
    values = {"storage_node": storage_node, "reserved_gib": max(volume.size_gib, volume.reserved_gib)}
    if volume.storage_node not in ("", storage_node):
        values["reserved_gib"] = volume.size_gib
        values |= {"source_node": volume.storage_node, "source_gib": volume.reserved_gib}
    if volume.target_node == storage_node:
        values["target_node"] = ""
    connection.execute(VOLUMES.update().where(VOLUMES.c.tenant == volume.tenant).values(**values))


def settle(connection: Any, tenant: Tenant, size_gib: int) -> None:
    """The volume has this size now, whatever was promised before."""
    mine = (VOLUMES.c.tenant == tenant.id) & (VOLUMES.c.storage_node != "")
    connection.execute(VOLUMES.update().where(mine).values(reserved_gib=size_gib))


def set_target_node(connection: Any, tenant: Tenant, storage_node: str) -> None:
    """Note the storage node that the volume shall move to; none, if it is there."""
    mine = VOLUMES.c.tenant == tenant.id
    connection.execute(VOLUMES.update().where(mine).values(target_node=storage_node))
    connection.execute(
        VOLUMES.update().where(mine & (VOLUMES.c.storage_node == VOLUMES.c.target_node)).values(target_node="")
    )


def has_left(connection: Any, tenant: Tenant) -> None:
    """The data has left the storage node that it was to leave."""
    mine = VOLUMES.c.tenant == tenant.id
    connection.execute(VOLUMES.update().where(mine).values(source_node="", source_gib=0))


def drop(connection: Any, tenant: Tenant) -> None:
    """The tenant has no volume any more."""
    connection.execute(VOLUMES.delete().where(VOLUMES.c.tenant == tenant.id))
