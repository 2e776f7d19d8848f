# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read an instance pool and its members."""

from __future__ import annotations

from dataclasses import dataclass, field

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.client import Exoscale
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.instance_pool.spec import Item, Spec
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.ownership import find_owned

TRANSITIONAL = ("creating", "destroying", "scaling-down", "scaling-up", "updating")
MEMBER_AT_REST = ("running", "stopped", "error")


@dataclass
class State:
    """The pool of the spec (None: there is none) and its members."""

    pool: Item | None
    members: list[Item] = field(default_factory=list)


def read(cloud: Exoscale, spec: Spec) -> State:
    """The pool and its members; raises ``ValidationError`` for a name that is ambiguous or foreign."""
    pool = find(spec, cloud.list("list-instance-pools", "instance-pools"))
    if pool is None:
        return State(None)
    members = cloud.list("list-instances", "instances", manager_id=pool["id"], manager_type="instance-pool")
    return State(pool, sorted(members, key=lambda m: str(m.get("name"))))


def find(spec: Spec, pools: list[Item]) -> Item | None:
    """The pool that ``spec`` names, by name or id; raises ``ValidationError`` unless exactly one is ours."""
    named = [pool for pool in pools if spec.name in (pool["id"], pool.get("name"))]
    return find_owned("name", "instance pool", spec.name, named)


def in_transition(current: State) -> bool:
    """Whether the pool or one of its members is changing its state."""
    pool = current.pool
    if pool is None:
        return False
    at_rest = [member for member in current.members if member.get("state") in MEMBER_AT_REST]
    return (
        pool.get("state") in TRANSITIONAL
        or len(at_rest) != len(current.members)
        or len(current.members) != pool.get("size")
    )


def at_rest(current: State) -> State:
    """``current`` after what is in transition now."""
    return State(current.pool and {**current.pool, "state": "running"}, current.members)
