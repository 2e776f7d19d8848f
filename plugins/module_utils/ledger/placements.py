# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tenants' placements on compute nodes, and what they reserve there, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import ports
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.schema import PLACEMENTS
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.tenants import Tenant
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.volumes import Volume
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.placement import Node, Pool


@dataclass(frozen=True)
class Placement:
    """The node of a tenant, with what it reserves there: ``cpu`` in thousandths of a core, ``memory`` in bytes.

    ``source_node`` is the node that it still has to leave, with what it reserves there. A location is empty where it
    is the site's own. ``remote_range`` is 1 or 2 in a remote location; it differs between two dedicated machines
    that the tenant has at the same time.
    """

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


def dedicated_suffix(tenant_id: int, location: str) -> str:
    """The end of the name of the tenant's dedicated machine in that location.

    It has the tenant's id, from which the machine's tunnel address derives, and in a remote location the location,
    so that two machines can exist while the tenant moves.
    """
    return f"-tenant-{tenant_id}" + (f"-{location}" if location else "")


def all_placements(connection: Any) -> dict[int, Placement]:
    """All placements by the tenant's id."""
    return {row.tenant: Placement(*row) for row in connection.execute(PLACEMENTS.select())}


def placement_of(connection: Any, tenant: Tenant) -> Placement | None:
    """The tenant's placement, or None."""
    row = connection.execute(PLACEMENTS.select().where(PLACEMENTS.c.tenant == tenant.id)).one_or_none()
    return Placement(*row) if row else None


def nodes_with_usage(nodes: Iterable[Node], placements: Iterable[Placement]) -> list[Node]:
    """``nodes`` with what the placements reserve on them. A tenant also counts on the node that it has to leave."""
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


def pools_with_usage(pools: Iterable[Pool], volumes: Iterable[Volume]) -> list[Pool]:
    """``pools`` with what is reserved for the volumes. A volume also counts on the node that it has to leave."""
    by_name = {pool.name: replace(pool, reserved_gib=0) for pool in pools}
    for volume in volumes:
        for name, gib in ((volume.storage_node, volume.reserved_gib), (volume.source_node, volume.source_gib)):
            pool = by_name.get(name)
            if pool:
                by_name[name] = replace(pool, reserved_gib=pool.reserved_gib + gib)
    return list(by_name.values())


def assign(connection: Any, placement: Placement) -> None:
    """Store the placement in place of the tenant's previous one, and give the tenant ports on its nodes."""
    connection.execute(PLACEMENTS.delete().where(PLACEMENTS.c.tenant == placement.tenant))
    connection.execute(
        PLACEMENTS.insert().values(
            tenant=placement.tenant,
            node=placement.node,
            cpu_milli=placement.cpu,
            memory_bytes=placement.memory,
            dedicated=placement.dedicated,
            since=placement.since,
            source_node=placement.source_node,
            source_cpu_milli=placement.source_cpu,
            source_memory_bytes=placement.source_memory,
            location=placement.location,
            source_location=placement.source_location,
            remote_range=placement.remote_range,
        )
    )
    ports.allot(connection, placement.tenant, placement.node, {placement.node, placement.source_node} - {""})


def delete(connection: Any, tenant: Tenant) -> None:
    """Delete the tenant's placement, and with it what it reserves, and its ports."""
    connection.execute(PLACEMENTS.delete().where(PLACEMENTS.c.tenant == tenant.id))
    ports.allot(connection, tenant.id, "", set())


def clear_source(connection: Any, tenant: Tenant) -> None:
    """Record that the tenant no longer uses its source node."""
    values = {"source_node": "", "source_cpu_milli": 0, "source_memory_bytes": 0, "source_location": ""}
    connection.execute(PLACEMENTS.update().where(PLACEMENTS.c.tenant == tenant.id).values(**values))
    at = placement_of(connection, tenant)
    if at:
        ports.allot(connection, tenant.id, at.node, {at.node})
