# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which node a tenant is placed on. Pure: the same nodes and requests, the same answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Node:
    """A compute node: what it can hold (``cpu`` in thousandths of a core, ``memory`` in bytes),
    what is ``used`` of it by tenants, and whether it may take more. ``tenants`` counts those on
    it; ``dedicated_to`` names the one it belongs to."""

    name: str
    cpu: int
    memory: int
    cpu_used: int = 0
    memory_used: int = 0
    tenants: int = 0
    dedicated_to: str = ""
    draining: bool = False
    healthy: bool = True
    spread_group: str = ""


@dataclass(frozen=True)
class Request:
    """What a tenant asks for. A higher ``priority`` is placed first; ``dedicated`` wants a node
    alone; ``avoid`` names a node it must leave (a drain, a lost node)."""

    tenant: str
    cpu: int
    memory: int
    priority: int = 0
    dedicated: bool = False
    asked: float = 0.0
    avoid: str = ""


@dataclass(frozen=True)
class Decision:
    """Where a request goes: a node's name, or, in ``queue``, its place in line from 1."""

    tenant: str
    node: str = ""
    queue: int = 0


def place(nodes: Iterable[Node], requests: Iterable[Request]) -> list[Decision]:
    """Place every request or queue it, in the order in which they are served.

    Dedicated tiers go first, then by priority, then first come first served. The choice is
    best fit: the node that has the least memory left afterwards, then the least CPU, so that
    big gaps stay for big requests; among equals the placement group with the fewest tenants
    wins, then the name. A request that finds no room does not hold up a smaller one behind it,
    but keeps its place in line.
    """
    free = {node.name: node for node in nodes}
    decisions: list[Decision] = []
    waiting = 0
    for request in sorted(requests, key=lambda r: (not r.dedicated, -r.priority, r.asked, r.tenant)):
        node = _best(list(free.values()), request)
        if node is None:
            waiting += 1
            decisions.append(Decision(request.tenant, queue=waiting))
            continue
        free[node.name] = replace(
            node,
            cpu_used=node.cpu_used + request.cpu,
            memory_used=node.memory_used + request.memory,
            tenants=node.tenants + 1,
            dedicated_to=request.tenant if request.dedicated else "",
        )
        decisions.append(Decision(request.tenant, node=node.name))
    return decisions


def _best(nodes: Sequence[Node], request: Request) -> Node | None:
    crowd: dict[str, int] = {}
    for node in nodes:
        crowd[node.spread_group] = crowd.get(node.spread_group, 0) + node.tenants
    fitting = [node for node in nodes if _fits(node, request)]
    if not fitting:
        return None
    return min(
        fitting,
        key=lambda node: (
            node.memory - node.memory_used - request.memory,
            node.cpu - node.cpu_used - request.cpu,
            crowd[node.spread_group],
            node.name,
        ),
    )


def _fits(node: Node, request: Request) -> bool:
    if not node.healthy or node.draining or node.name == request.avoid:
        return False
    if node.dedicated_to or (request.dedicated and node.tenants):
        return False
    return node.cpu - node.cpu_used >= request.cpu and node.memory - node.memory_used >= request.memory
