# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who sits where, who waits, and giving the next places, all within the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.schema import PLACEMENTS, TENANTS
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.tenants import Tenant, all_tenants
from ansible_collections.sovereign.vdc.plugins.module_utils.policy import states
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.placement import Decision, Node, Request, place


@dataclass(frozen=True)
class Slot:
    """What a tier asks of a node: ``cpu`` in thousandths of a core, ``memory`` in bytes."""

    cpu: int
    memory: int
    priority: int = 0
    dedicated: bool = False


def occupied(connection: Any, nodes: list[Node]) -> list[Node]:
    """``nodes`` with what the ledger's placements use of them."""
    by_name = {node.name: replace(node, cpu_used=0, memory_used=0, tenants=0, dedicated_to="") for node in nodes}
    query = PLACEMENTS.join(TENANTS).select().with_only_columns(PLACEMENTS, TENANTS.c.name.label("tenant_name"))
    for row in connection.execute(query):
        node = by_name.get(row.node)
        if node:
            by_name[row.node] = replace(
                node,
                cpu_used=node.cpu_used + row.cpu_milli,
                memory_used=node.memory_used + row.memory_bytes,
                tenants=node.tenants + 1,
                dedicated_to=row.tenant_name if row.dedicated else node.dedicated_to,
            )
    return list(by_name.values())


def place_waiting(connection: Any, now: int, nodes: list[Node], slots: Mapping[str, Slot]) -> list[Decision]:
    """Give every queued tenant that fits its place, first in line first, and move it on to
    ``provisioning``; the others keep their place in line. A tenant whose tier has no slot in
    ``slots`` (another fleet's) is left alone."""
    waiting = {tenant.name: tenant for tenant in all_tenants(connection, (states.QUEUED,)) if tenant.tier in slots}
    requests = [_request(tenant, slots[tenant.tier]) for tenant in waiting.values()]
    decisions = place(occupied(connection, nodes), requests)
    for decision in decisions:
        if decision.node:
            tenant = waiting[decision.tenant]
            assign(connection, now, tenant, decision.node, slots[tenant.tier])
            values = {"state": states.PROVISIONING, "queued_since": None}
            connection.execute(TENANTS.update().where(TENANTS.c.id == tenant.id).values(**values))
    return decisions


def assign(connection: Any, now: int, tenant: Tenant, node: str, slot: Slot) -> None:
    """Put the tenant on ``node``, in place of where it was."""
    free(connection, tenant)
    connection.execute(
        PLACEMENTS.insert().values(
            tenant=tenant.id,
            node=node,
            cpu_milli=slot.cpu,
            memory_bytes=slot.memory,
            dedicated=slot.dedicated,
            since=now,
        )
    )


def free(connection: Any, tenant: Tenant) -> bool:
    """Give the tenant's place back; whether it had one."""
    return connection.execute(PLACEMENTS.delete().where(PLACEMENTS.c.tenant == tenant.id)).rowcount > 0


def node_of(connection: Any, tenant: Tenant) -> str:
    """The node that the tenant sits on, or an empty string."""
    query = PLACEMENTS.select().where(PLACEMENTS.c.tenant == tenant.id)
    row = connection.execute(query).one_or_none()
    return row.node if row else ""


def _request(tenant: Tenant, slot: Slot) -> Request:
    return Request(
        tenant.name,
        slot.cpu,
        slot.memory,
        slot.priority,
        slot.dedicated,
        asked=float(tenant.queued_since or tenant.created),
    )
