# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is promised of which node, and who waits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import capacity as places
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
    """As the module capacity_info returns it."""
    tenants = {tenant.id: tenant for tenant in all_tenants(connection)}
    at, volumes = places.all_placements(connection), all_volumes(connection)
    on: dict[str, set[str]] = {}
    for number, place in at.items():
        for name in {place.node, place.source_node} - {""}:
            on.setdefault(name, set()).add(tenants[number].name)
    stored: dict[str, list[str]] = {}
    for number, volume in volumes.items():
        for name in sorted({volume.storage_node, volume.source_node}):
            stored.setdefault(name, []).append(tenants[number].name)
    own = {name for number, place in at.items() for name in _own(place, tenants[number])}
    used = sorted(places.used_nodes(nodes, at.values()), key=lambda node: node.name)
    promised = sorted(places.promised_pools(pools, volumes.values()), key=lambda pool: pool.name)
    return {
        "nodes": [{**_node(node, compute_share), "tenants": sorted(on.get(node.name, set()))} for node in used],
        "storage_nodes": [
            {**_pool(pool, storage_share), "tenants": sorted(stored.get(pool.name, []))} for pool in promised
        ],
        "total": _total(used, promised),
        "own_nodes": sorted(own),
        "unknown_nodes": sorted(set(on) - own - {node.name for node in used}),
        "waiting": _line([tenant for tenant in tenants.values() if tenant.id not in at], tiers),
    }


def _own(place: places.Placement, tenant: Tenant) -> set[str]:
    """The machines that belong to the tenant alone. No shared node is called like that."""
    at = ((place.node, place.location), (place.source_node, place.source_location))
    return {name for name, location in at if name.endswith(places.own_ending(tenant.id, location))}


def _node(node: placement.Node, share: float) -> dict[str, Any]:
    return {
        "name": node.name,
        "cpus": node.cpu / 1000,
        "cpus_promised": node.cpu_used / 1000,
        "cpus_free": (node.cpu - node.cpu_used) / 1000,
        "memory_gib": _gib(node.memory),
        "memory_gib_promised": _gib(node.memory_used),
        "memory_gib_free": _gib(node.memory - node.memory_used),
        "open": placement.is_open(node, share),
    }


def _pool(pool: placement.Pool, share: float) -> dict[str, Any]:
    return {
        "name": pool.name,
        "size_gib": pool.size_gib,
        "reserved_gib": pool.reserved_gib,
        "free_gib": max(0.0, round(pool.size_gib * share - pool.reserved_gib, 3)),
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


def _line(without_place: Iterable[Tenant], tiers: Mapping[str, Tier]) -> list[dict[str, Any]]:
    """Who waits, the next first. A tier that is not known counts as the least."""
    waiting = {
        tenant.name: tenant
        for tenant in without_place
        if tenant.state == states.QUEUED and tenant.desired_state == desired_states.ACTIVE
    }
    requests = []
    for tenant in waiting.values():
        tier = tiers.get(tenant.tier)
        since = float(tenant.queued_since or tenant.created)
        priority, dedicated = (tier.priority, tier.dedicated) if tier else (0, False)
        requests.append(
            placement.Request(tenant.name, 0, 0, priority=priority, dedicated=dedicated, asked=since, number=tenant.id)
        )
    return [
        {"tenant": request.tenant, "tier": waiting[request.tenant].tier, "place": number, "since": int(request.asked)}
        for number, request in enumerate(placement.in_turn(requests), 1)
    ]


def _share(part: float, whole: float) -> float:
    return round(part / whole, 3) if whole else 0


def _gib(size: int) -> float:
    return round(size / GIB, 3)
