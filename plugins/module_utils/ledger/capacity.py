# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What nodes and storage pools have, what is reserved for tenants, and the queue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import placements
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.tenants import Tenant, all_tenants
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.volumes import all_volumes
from ansible_collections.sovereign.vdc.plugins.module_utils.policy import desired_states, placement, states
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.tiers import GIB, Tier


def capacity(
    connection: Any,
    tiers: Mapping[str, Tier],
    nodes: list[placement.Node],
    pools: list[placement.Pool],
    compute_share: float,
    storage_share: float,
) -> dict[str, Any]:
    """The result of the module ``capacity_info``."""
    tenants = {tenant.id: tenant for tenant in all_tenants(connection)}
    placed, volumes = placements.all_placements(connection), all_volumes(connection)
    on_node: dict[str, set[str]] = {}
    for tenant_id, at in placed.items():
        for name in {at.node, at.source_node} - {""}:
            on_node.setdefault(name, set()).add(tenants[tenant_id].name)
    on_pool: dict[str, list[str]] = {}
    for tenant_id, volume in volumes.items():
        for name in sorted({volume.storage_node, volume.source_node}):
            on_pool.setdefault(name, []).append(tenants[tenant_id].name)
    dedicated = {name for tenant_id, at in placed.items() for name in _dedicated_nodes(at, tenants[tenant_id])}
    used = sorted(placements.nodes_with_usage(nodes, placed.values()), key=lambda node: node.name)
    reserved = sorted(placements.pools_with_usage(pools, volumes.values()), key=lambda pool: pool.name)
    return {
        "nodes": [
            {**_node(node, compute_share, tiers), "tenants": sorted(on_node.get(node.name, set()))} for node in used
        ],
        "storage_nodes": [
            {**_pool(pool, storage_share, tiers), "tenants": sorted(on_pool.get(pool.name, []))} for pool in reserved
        ],
        "total": _total(used, reserved),
        "dedicated_nodes": sorted(dedicated),
        "unknown_nodes": sorted(set(on_node) - dedicated - {node.name for node in used}),
        "waiting": _queue([tenant for tenant in tenants.values() if tenant.id not in placed], tiers),
    }


def _dedicated_nodes(at: placements.Placement, tenant: Tenant) -> set[str]:
    """The nodes of the placement that are dedicated to the tenant. No shared node has such a name."""
    nodes = ((at.node, at.location), (at.source_node, at.source_location))
    return {name for name, location in nodes if name.endswith(placements.dedicated_suffix(tenant.id, location))}


def _node(node: placement.Node, share: float, tiers: Mapping[str, Tier]) -> dict[str, Any]:
    return {
        "name": node.name,
        "cpus": node.cpu / 1000,
        "cpus_promised": node.cpu_used / 1000,
        "cpus_free": (node.cpu - node.cpu_used) / 1000,
        "memory_gib": _gib(node.memory),
        "memory_gib_promised": _gib(node.memory_used),
        "memory_gib_free": _gib(node.memory - node.memory_used),
        "schedulable": placement.is_schedulable(node, share),
        "slots": {
            tier.name: placement.free_slots(node, tier.cpu, tier.memory, share)
            for tier in tiers.values()
            if not tier.dedicated
        },
    }


def _pool(pool: placement.Pool, share: float, tiers: Mapping[str, Tier]) -> dict[str, Any]:
    free_gib = max(0.0, round(pool.size_gib * share - pool.reserved_gib, 3))
    return {
        "name": pool.name,
        "size_gib": pool.size_gib,
        "reserved_gib": pool.reserved_gib,
        "free_gib": free_gib,
        "volumes": {tier.name: int(free_gib // tier.storage_sizes_gib[0]) for tier in tiers.values()},
    }


def _total(nodes: list[placement.Node], pools: list[placement.Pool]) -> dict[str, float]:
    cpu, cpu_used = sum(node.cpu for node in nodes), sum(node.cpu_used for node in nodes)
    memory, memory_used = sum(node.memory for node in nodes), sum(node.memory_used for node in nodes)
    storage, storage_used = sum(pool.size_gib for pool in pools), sum(pool.reserved_gib for pool in pools)
    return {
        "cpus": cpu / 1000,
        "cpus_promised": cpu_used / 1000,
        "cpus_share": _share(cpu_used, cpu),
        "memory_gib": _gib(memory),
        "memory_gib_promised": _gib(memory_used),
        "memory_share": _share(memory_used, memory),
        "storage_gib": storage,
        "storage_gib_promised": storage_used,
        "storage_share": _share(storage_used, storage),
    }


def _queue(without_placement: Iterable[Tenant], tiers: Mapping[str, Tier]) -> list[dict[str, Any]]:
    """The queued tenants, the next one first. A tier that is not in the catalog has the lowest priority."""
    queued = {
        tenant.name: tenant
        for tenant in without_placement
        if tenant.state == states.QUEUED and tenant.desired_state == desired_states.ACTIVE
    }
    requests = []
    for tenant in queued.values():
        tier = tiers.get(tenant.tier)
        since = float(tenant.queued_since or tenant.created)
        priority, dedicated = (tier.priority, tier.dedicated) if tier else (0, False)
        requests.append(
            placement.Request(
                tenant.name, 0, 0, priority=priority, dedicated=dedicated, requested_at=since, number=tenant.id
            )
        )
    return [
        {
            "tenant": request.tenant,
            "tier": queued[request.tenant].tier,
            "position": position,
            "since": int(request.requested_at),
        }
        for position, request in enumerate(placement.queue_order(requests), 1)
    ]


def _share(part: float, whole: float) -> float:
    return round(part / whole, 3) if whole else 0


def _gib(size: int) -> float:
    return round(size / GIB, 3)
