# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The node and the storage node for each tenant that needs one. Pure: equal input, equal decisions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

# The default share of a node's cores, and of a pool's size, that is reserved for tenants at most.
SHARE = 0.8
COMPUTE = "compute"
STORAGE = "storage"


@dataclass(frozen=True)
class Node:
    """A shared compute node.

    ``cpu`` (thousandths of a core) and ``memory`` (bytes) are its capacity, ``cpu_used`` and ``memory_used`` what
    its ``tenants`` (a number) have reserved. ``locations`` are all names under which requests find it; the empty
    one is the site's own location.
    """

    name: str
    cpu: int
    memory: int
    cpu_used: int = 0
    memory_used: int = 0
    tenants: int = 0
    draining: bool = False
    healthy: bool = True
    spread_group: str = ""
    locations: tuple[str, ...] = ("",)


@dataclass(frozen=True)
class Pool:
    """The storage pool of a storage node: its size, and what is reserved for tenants' volumes."""

    name: str
    size_gib: float
    reserved_gib: float = 0


@dataclass(frozen=True)
class Request:
    """What a tenant needs: ``cpu`` and ``memory`` on a shared node, or ``dedicated_node``, a node named for it alone.

    Requests are served in this order: ``urgent`` ones (of tenants whose node is lost or draining), ``dedicated``
    tiers, higher ``priority``, earlier ``requested_at``, lower ``number``. The tenant has ``current_cpu`` and
    ``current_memory`` on ``current_node`` and stays there if it can. It is never placed on ``excluded_node``; with
    ``required_node`` it is placed there or waits; ``preferred_node`` is chosen when it has room. ``storage_gib``
    is what it needs in addition to what is reserved for it, on ``storage_node`` if that is set. A ``storage_only``
    request needs no node. ``location`` is where the node must be; empty: the site's own location.
    """

    tenant: str
    cpu: int
    memory: int
    priority: int = 0
    dedicated_node: str = ""
    dedicated: bool = False
    urgent: bool = False
    requested_at: float = 0.0
    number: int = 0
    current_node: str = ""
    current_cpu: int = 0
    current_memory: int = 0
    excluded_node: str = ""
    required_node: str = ""
    preferred_node: str = ""
    storage_gib: float = 0
    storage_node: str = ""
    storage_only: bool = False
    location: str = ""


@dataclass(frozen=True)
class Decision:
    """The node and storage node for a tenant; or its ``position`` in the queue, from 1, and what it ``lacks``."""

    tenant: str
    node: str = ""
    storage_node: str = ""
    position: int = 0
    lacks: str = ""


def place(
    nodes: Iterable[Node],
    requests: Iterable[Request],
    pools: Iterable[Pool] = (),
    compute_share: float = SHARE,
    storage_share: float = SHARE,
) -> list[Decision]:
    """Place or queue every request, in the order in which they are served.

    The choice is best fit: the node with the least memory left afterwards, then the least CPU, so that large gaps
    stay for large requests; then the placement group with the fewest tenants, then the name. A node that has
    reserved ``compute_share`` of its cores takes no more tenants. Storage comes from the pool with the most room
    below ``storage_share``. A request that finds no room does not block a smaller one behind it, and keeps its
    position in the queue.
    """
    free = {node.name: node for node in nodes}
    room = {pool.name: pool for pool in pools}
    decisions: list[Decision] = []
    queued = 0
    for request in queue_order(requests):
        pool = _choose_pool(room, request, storage_share)
        node = request.dedicated_node or ("" if request.storage_only else _choose_node(free, request, compute_share))
        if pool is None or not (node or request.storage_only):
            queued += 1
            decisions.append(Decision(request.tenant, position=queued, lacks=STORAGE if pool is None else COMPUTE))
            continue
        if node in free:
            _reserve(free, request, node)
        if pool in room:
            room[pool] = replace(room[pool], reserved_gib=room[pool].reserved_gib + request.storage_gib)
        decisions.append(Decision(request.tenant, node=node, storage_node=pool))
    return decisions


def queue_order(requests: Iterable[Request]) -> list[Request]:
    """The requests in the order in which they are served."""
    return sorted(
        requests, key=lambda r: (not r.urgent, not r.dedicated, -r.priority, r.requested_at, r.number, r.tenant)
    )


def is_schedulable(node: Node, share: float = SHARE) -> bool:
    """Whether the node takes more tenants."""
    return node.healthy and not node.draining and node.cpu_used < node.cpu * share


def free_slots(node: Node, cpu: int, memory: int, share: float = SHARE) -> int:
    """How many more tenants the node takes that need ``cpu`` (thousandths of a core) and ``memory`` (bytes) each."""
    slots = 0
    while is_schedulable(node, share) and node.cpu - node.cpu_used >= cpu and node.memory - node.memory_used >= memory:
        node = replace(node, cpu_used=node.cpu_used + cpu, memory_used=node.memory_used + memory)
        slots += 1
    return slots


def _choose_pool(room: dict[str, Pool], request: Request, share: float) -> str | None:
    """The storage node's name, empty if the request needs no storage, or None if there is no room."""
    if request.storage_gib <= 0:
        return request.storage_node

    def left(pool: Pool) -> float:
        return pool.size_gib * share - pool.reserved_gib

    fitting = [
        pool for pool in room.values() if request.storage_node in ("", pool.name) and left(pool) >= request.storage_gib
    ]
    return min(fitting, key=lambda pool: (-left(pool), pool.name)).name if fitting else None


def _choose_node(free: dict[str, Node], request: Request, share: float) -> str:
    """The best node's name, or empty if none has room."""
    group_tenants: dict[str, int] = {}
    for node in free.values():
        group_tenants[node.spread_group] = group_tenants.get(node.spread_group, 0) + node.tenants
    fitting = [node for node in (_without(node, request) for node in free.values()) if _fits(node, request, share)]
    names = {node.name for node in fitting}
    for name in (request.preferred_node, request.current_node):
        if name in names:
            return name
    if not fitting:
        return ""
    return min(
        fitting,
        key=lambda node: (
            node.memory - node.memory_used - request.memory,
            node.cpu - node.cpu_used - request.cpu,
            group_tenants[node.spread_group],
            node.name,
        ),
    ).name


def _without(node: Node, request: Request) -> Node:
    """The node without what the requesting tenant has reserved on it now."""
    if node.name != request.current_node:
        return node
    return replace(
        node,
        cpu_used=node.cpu_used - request.current_cpu,
        memory_used=node.memory_used - request.current_memory,
        tenants=node.tenants - 1,
    )


def _fits(node: Node, request: Request, share: float) -> bool:
    if not is_schedulable(node, share) or node.name == request.excluded_node:
        return False
    if request.required_node not in ("", node.name) or request.location not in node.locations:
        return False
    return node.cpu - node.cpu_used >= request.cpu and node.memory - node.memory_used >= request.memory


def _reserve(free: dict[str, Node], request: Request, name: str) -> None:
    """Reserve the request on its node. The tenant's capacity on another node stays reserved until it has moved."""
    node = _without(free[name], request)
    free[name] = replace(
        node,
        cpu_used=node.cpu_used + request.cpu,
        memory_used=node.memory_used + request.memory,
        tenants=node.tenants + 1,
    )
