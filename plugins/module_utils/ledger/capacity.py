# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who sits where, and giving places and taking them, all within the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.schema import PLACEMENTS
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.tenants import Tenant
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.volumes import Volume
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.placement import Node, Pool


@dataclass(frozen=True)
class Placement:
    """A tenant's place: the node, what it has there (``cpu`` in thousandths of a core, ``memory`` in bytes), and the
    node that it is still to leave, with what it has there. Locations are empty where they are the site's own; ``remote_range``
    is 1 or 2 elsewhere, and differs between two machines of its own that are there side by side."""

    tenant: int
    node: str
    cpu: int
    memory: int
    dedicated: bool
    since: int
    source_node: str = ""
    source_cpu: int = 0
    source_memory: int = 0
    location: str = ""
    source_location: str = ""
    remote_range: int = 0


def own_ending(number: int, location: str) -> str:
    """How the name of the tenant's own machine there ends. By its number, from which the machine's address in the tunnel
    derives; elsewhere with the location, so that two can be there while the tenant moves."""
    return f"-tenant-{number}" + (f"-{location}" if location else "")


def all_placements(connection: Any) -> dict[int, Placement]:
    """All places by the tenant's number."""
    return {row.tenant: Placement(*row) for row in connection.execute(PLACEMENTS.select())}


def placement_of(connection: Any, tenant: Tenant) -> Placement | None:
    """The tenant's place, if it has one."""
    row = connection.execute(PLACEMENTS.select().where(PLACEMENTS.c.tenant == tenant.id)).one_or_none()
    return Placement(*row) if row else None


def used_nodes(nodes: Iterable[Node], placements: Iterable[Placement]) -> list[Node]:
    """``nodes`` with what the placements use of them. Who is still to leave a node uses it, too."""
    by_name = {node.name: replace(node, cpu_used=0, memory_used=0, tenants=0) for node in nodes}
    for at in placements:
        for name, cpu, memory in ((at.node, at.cpu, at.memory), (at.source_node, at.source_cpu, at.source_memory)):
            node = by_name.get(name)
            if node:
                by_name[name] = replace(
                    node,
                    cpu_used=node.cpu_used + cpu,
                    memory_used=node.memory_used + memory,
                    tenants=node.tenants + 1,
                )
    return list(by_name.values())


def promised_pools(pools: Iterable[Pool], volumes: Iterable[Volume]) -> list[Pool]:
    """``pools`` with what the volumes were promised of them. What is still to leave one takes room there, too."""
    by_name = {pool.name: replace(pool, reserved_gib=0) for pool in pools}
    for volume in volumes:
        for name, gib in ((volume.storage_node, volume.reserved_gib), (volume.source_node, volume.source_gib)):
            pool = by_name.get(name)
            if pool:
                by_name[name] = replace(pool, reserved_gib=pool.reserved_gib + gib)
    return list(by_name.values())


def assign(connection: Any, place: Placement) -> None:
    """Give the tenant this place, in place of the one it had."""
    connection.execute(PLACEMENTS.delete().where(PLACEMENTS.c.tenant == place.tenant))
    connection.execute(
        PLACEMENTS.insert().values(
            tenant=place.tenant,
            node=place.node,
            cpu_milli=place.cpu,
            memory_bytes=place.memory,
            dedicated=place.dedicated,
            since=place.since,
            source_node=place.source_node,
            source_cpu_milli=place.source_cpu,
            source_memory_bytes=place.source_memory,
            location=place.location,
            source_location=place.source_location,
            remote_range=place.remote_range,
        )
    )


def free(connection: Any, tenant: Tenant) -> bool:
    """Give the tenant's place back; whether it had one."""
    return connection.execute(PLACEMENTS.delete().where(PLACEMENTS.c.tenant == tenant.id)).rowcount > 0


def has_left(connection: Any, tenant: Tenant) -> None:
    """The tenant has left the node that it was to leave."""
    values = {"source_node": "", "source_cpu_milli": 0, "source_memory_bytes": 0, "source_location": ""}
    connection.execute(PLACEMENTS.update().where(PLACEMENTS.c.tenant == tenant.id).values(**values))
