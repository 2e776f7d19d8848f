# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tenants' volumes: their sizes, and what is reserved for them on storage nodes, in the caller's transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.schema import VOLUMES
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.tenants import Tenant

# Each tenant has UIDS user ids; those of the tenant with id n begin at FIRST_UID + UIDS * n.
FIRST_UID = 100_000
UIDS = 1000


@dataclass(frozen=True)
class Volume:
    """One tenant's volume: its desired size, and what its storage node has reserved for it, in GiB.

    Without a ``storage_node`` it does not exist yet. ``target_node`` is the storage node to move to, as long as no
    room is reserved there. ``source_node`` is the storage node that the data still has to leave, ``source_gib`` what
    is reserved there.
    """

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
    def missing_gib(self) -> int:
        """What still has to be reserved for the desired size."""
        return max(0, self.size_gib - (self.reserved_gib if self.storage_node else 0))

    @property
    def available_gib(self) -> int:
        """The size that the volume can have with what is reserved."""
        return self.size_gib - self.missing_gib

    @property
    def needs_target(self) -> bool:
        """Whether room has to be reserved on another storage node. One move ends before the next begins."""
        return self.storage_node != "" and self.target_node not in ("", self.storage_node) and not self.source_node


def first_uid(tenant: Tenant) -> int:
    """The first user id of the tenant."""
    return FIRST_UID + UIDS * tenant.id


def all_volumes(connection: Any) -> dict[int, Volume]:
    """All volumes by the tenant's id."""
    return {row.tenant: Volume(*row) for row in connection.execute(VOLUMES.select())}


def volume_of(connection: Any, tenant: Tenant) -> Volume | None:
    """The tenant's volume, or None."""
    row = connection.execute(VOLUMES.select().where(VOLUMES.c.tenant == tenant.id)).one_or_none()
    return Volume(*row) if row else None


def set_size(connection: Any, now: int, tenant: Tenant, size_gib: int) -> Volume:
    """Set the desired size of the tenant's volume; returns the volume."""
    current = volume_of(connection, tenant)
    if current is None:
        uid = first_uid(tenant)
        values = {"tenant": tenant.id, "storage_node": "", "size_gib": size_gib, "first_uid": uid, "since": now}
        connection.execute(VOLUMES.insert().values(**values, reserved_gib=0))
    elif current.size_gib != size_gib:
        connection.execute(VOLUMES.update().where(VOLUMES.c.tenant == tenant.id).values(size_gib=size_gib))
    volume = volume_of(connection, tenant)
    if volume is None:
        raise LookupError(tenant.name)
    return volume


def reserve(connection: Any, volume: Volume, storage_node: str) -> None:
    """Reserve room for the whole volume on the storage node.

    What was reserved before stays reserved until the volume is smaller (``set_reserved``) or its data
    has moved (``clear_source``).
    """
    values = {"storage_node": storage_node, "reserved_gib": max(volume.size_gib, volume.reserved_gib)}
    if volume.storage_node not in ("", storage_node):
        values["reserved_gib"] = volume.size_gib
        values |= {"source_node": volume.storage_node, "source_gib": volume.reserved_gib}
    if volume.target_node == storage_node:
        values["target_node"] = ""
    connection.execute(VOLUMES.update().where(VOLUMES.c.tenant == volume.tenant).values(**values))


def set_reserved(connection: Any, tenant: Tenant, size_gib: int) -> None:
    """Reserve exactly ``size_gib`` on the volume's storage node, the size that the volume has now."""
    existing = (VOLUMES.c.tenant == tenant.id) & (VOLUMES.c.storage_node != "")
    connection.execute(VOLUMES.update().where(existing).values(reserved_gib=size_gib))


def set_target_node(connection: Any, tenant: Tenant, storage_node: str) -> None:
    """Set the storage node to move to; cleared if the volume is there already."""
    own = VOLUMES.c.tenant == tenant.id
    connection.execute(VOLUMES.update().where(own).values(target_node=storage_node))
    connection.execute(
        VOLUMES.update().where(own & (VOLUMES.c.storage_node == VOLUMES.c.target_node)).values(target_node="")
    )


def clear_source(connection: Any, tenant: Tenant) -> None:
    """Record that the source storage node no longer has the data."""
    own = VOLUMES.c.tenant == tenant.id
    connection.execute(VOLUMES.update().where(own).values(source_node="", source_gib=0))


def delete(connection: Any, tenant: Tenant) -> None:
    """Delete the tenant's volume, and with it what is reserved for it."""
    connection.execute(VOLUMES.delete().where(VOLUMES.c.tenant == tenant.id))
