# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where a tenant is placed. Pure: the same nodes and requests, the same answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

# The share of a node's cores, and of a pool's space, up to which more is promised.
SHARE = 0.8
COMPUTE = "compute"
STORAGE = "storage"


@dataclass(frozen=True)
class Node:
    """A shared compute node: what it can hold (``cpu`` in thousandths of a core, ``memory`` in bytes),
    what is ``used`` of it by tenants, and whether it may take more. ``tenants`` counts those on it. ``locations``
    are the names under which it counts; the empty one is the site's own location."""

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
    """A storage node: what its disks hold, and what of it is promised to tenants."""

    name: str
    size_gib: float
    reserved_gib: float = 0


@dataclass(frozen=True)
class Request:
    """What a tenant asks for: ``cpu`` and ``memory`` on a shared node, or ``own``, the node that it is on
    without asking for room, such as a machine that it alone has.

    ``urgent`` requests (of tenants who have lost their place, or must leave it) are served first, then
    those of ``dedicated`` tiers, then a higher ``priority``, then who ``asked`` first, then the lower
    ``number``. ``at`` is the node where the tenant has ``at_cpu`` and ``at_memory`` now: it stays there if
    it can. ``avoid`` names a node that it must leave, ``only`` the one that it shall be on or wait for,
    ``rather`` the one that it shall be on if there is room. ``storage_gib`` is what it needs more than it
    has, on ``storage_node`` if it has a place there. One that asks for ``storage_only`` runs nowhere.
    ``location`` is where it shall be; empty: the site's own.
    """

    tenant: str
    cpu: int
    memory: int
    priority: int = 0
    own: str = ""
    dedicated: bool = False
    urgent: bool = False
    asked: float = 0.0
    number: int = 0
    at: str = ""
    at_cpu: int = 0
    at_memory: int = 0
    avoid: str = ""
    only: str = ""
    rather: str = ""
    storage_gib: float = 0
    storage_node: str = ""
    storage_only: bool = False
    location: str = ""


@dataclass(frozen=True)
class Decision:
    """Where a request goes: the names of its node and storage node; or, in ``queue``, its place in
    line from 1, and what it ``lacks`` (compute, storage)."""

    tenant: str
    node: str = ""
    storage_node: str = ""
    queue: int = 0
    lacks: str = ""


def place(
    nodes: Iterable[Node],
    requests: Iterable[Request],
    pools: Iterable[Pool] = (),
    compute_share: float = SHARE,
    storage_share: float = SHARE,
) -> list[Decision]:
    """Place every request or queue it, in the order in which they are served.

    The choice is best fit: the node that has the least memory left afterwards, then the least CPU,
    so that big gaps stay for big requests; among equals the placement group with the fewest tenants
    wins, then the name. A node that has promised ``compute_share`` of its cores takes nobody more.
    Storage comes from the pool with the most room left below ``storage_share``. A request that finds
    no room does not hold up a smaller one behind it, but keeps its place in line.
    """
    free = {node.name: node for node in nodes}
    room = {pool.name: pool for pool in pools}
    decisions: list[Decision] = []
    waiting = 0
    for request in in_turn(requests):
        pool = _pool(room, request, storage_share)
        node = request.own or ("" if request.storage_only else _best(free, request, compute_share))
        if pool is None or not (node or request.storage_only):
            waiting += 1
            decisions.append(Decision(request.tenant, queue=waiting, lacks=STORAGE if pool is None else COMPUTE))
            continue
        if node in free:
            _occupy(free, request, node)
        if pool in room:
            room[pool] = replace(room[pool], reserved_gib=room[pool].reserved_gib + request.storage_gib)
        decisions.append(Decision(request.tenant, node=node, storage_node=pool))
    return decisions


def in_turn(requests: Iterable[Request]) -> list[Request]:
    """The requests in the order in which they are served."""
    return sorted(requests, key=lambda r: (not r.urgent, not r.dedicated, -r.priority, r.asked, r.number, r.tenant))


def is_open(node: Node, share: float = SHARE) -> bool:
    """Whether the node takes anybody more."""
    return node.healthy and not node.draining and node.cpu_used < node.cpu * share


def _pool(room: dict[str, Pool], request: Request, share: float) -> str | None:
    """The storage node's name (empty where none is asked for), or nothing when there is no room."""
    if request.storage_gib <= 0:
        return request.storage_node

    def left(pool: Pool) -> float:
        return pool.size_gib * share - pool.reserved_gib

    fitting = [
        pool for pool in room.values() if request.storage_node in ("", pool.name) and left(pool) >= request.storage_gib
    ]
    return min(fitting, key=lambda pool: (-left(pool), pool.name)).name if fitting else None


def _best(free: dict[str, Node], request: Request, share: float) -> str:
    crowd: dict[str, int] = {}
    for node in free.values():
        crowd[node.spread_group] = crowd.get(node.spread_group, 0) + node.tenants
    fitting = [node for node in (_without(node, request) for node in free.values()) if _fits(node, request, share)]
    names = {node.name for node in fitting}
    for wanted in (request.rather, request.at):
        if wanted in names:
            return wanted
    if not fitting:
        return ""
    return min(
        fitting,
        key=lambda node: (
            node.memory - node.memory_used - request.memory,
            node.cpu - node.cpu_used - request.cpu,
            crowd[node.spread_group],
            node.name,
        ),
    ).name


def _without(node: Node, request: Request) -> Node:
    """The node as it would be if the tenant were not on it."""
    if node.name != request.at:
        return node
    return replace(
        node,
        cpu_used=node.cpu_used - request.at_cpu,
        memory_used=node.memory_used - request.at_memory,
        tenants=node.tenants - 1,
    )


def _fits(node: Node, request: Request, share: float) -> bool:
    if not is_open(node, share) or node.name == request.avoid or request.only not in ("", node.name):
        return False
    if request.location not in node.locations:
        return False
    return node.cpu - node.cpu_used >= request.cpu and node.memory - node.memory_used >= request.memory


def _occupy(free: dict[str, Node], request: Request, name: str) -> None:
    """Note the request on its node; where it was, its share stays taken until it has left."""
    node = _without(free[name], request)
    free[name] = replace(
        node,
        cpu_used=node.cpu_used + request.cpu,
        memory_used=node.memory_used + request.memory,
        tenants=node.tenants + 1,
    )
