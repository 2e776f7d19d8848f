# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Giving places: to the whole waiting line, and to those of the run's tenants who are to sit elsewhere.

The line is one for all. Whoever's run comes first gives out what there is, to the first in line; the runs
of the others find their tenants placed. All of it happens in the caller's transaction.

**A lost node.** ``heal`` gives its tenants new places with nothing to leave, since nobody there can be asked
to stop. What keeps the lost node from writing on is the storage node: a tenant's address belongs to one peer of
its tunnel, and when the tenant's part of the storage node is converged for the new place, the lost node's packets
are dropped there. This step comes before the stack is started elsewhere. A lost node must not come back as it
was: it is deleted, and made anew.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import capacity, tenants, volumes
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.book import Ask, Book
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.capacity import Placement
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.schema import TENANTS
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.tenants import Tenant
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.volumes import Volume
from ansible_collections.sovereign.vdc.plugins.module_utils.policy import desired_states, states
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.placement import Decision, Request, place


@dataclass
class Given:
    """Who got a place, whose place was on a lost node, and who waits, with the place in line and what lacks."""

    placed: set[str] = field(default_factory=set)
    lost: dict[str, str] = field(default_factory=dict)
    waiting: dict[str, Decision] = field(default_factory=dict)


def give(connection: Any, now: int, ask: Ask, book: Book, scope: list[Tenant]) -> Given:
    """Give places. ``scope``: the run's tenants; the line is everybody's."""
    given = Given()
    requests: dict[str, Request] = {}
    in_scope = {tenant.name for tenant in scope}
    for tenant in book.tenants.values():
        at = book.placements.get(tenant.id)
        if tenant.name in book.held or tenant.state == states.DELETED or tenant.tier not in ask.tiers:
            continue
        if at is None:
            waits = tenant.state == states.QUEUED or tenant.name in in_scope
            if tenant.desired_state == desired_states.ACTIVE and waits:
                requests[tenant.name] = _sign_up(connection, now, ask, book, tenant)
            elif tenant.desired_state != desired_states.ABSENT and tenant.name in in_scope:
                requests |= _kept_elsewhere(ask, book, tenant)
        elif tenant.name in in_scope:
            request = _elsewhere(connection, ask, book, tenant, at, given)
            if request:
                requests[tenant.name] = request
    free = capacity.used_nodes(ask.nodes, book.placements.values())
    pools = capacity.promised_pools(ask.pools, book.volumes.values())
    for decision in place(free, requests.values(), pools, ask.compute_share, ask.storage_share):
        tenant = book.tenants[decision.tenant]
        if not decision.queue:
            if decision.node:
                _take(connection, now, ask, book, tenant, decision, given)
            if decision.storage_node:
                volume = _volume(connection, now, ask, book, tenant)
                volumes.promise(connection, volume, decision.storage_node)
            given.placed.add(tenant.name)
        else:
            given.waiting[tenant.name] = decision
            if tenant.name in given.lost:  # it cannot stay; it has waited longest
                capacity.free(connection, tenant)
                _queue(connection, tenant, tenant.created)
    return given


def _sign_up(connection: Any, now: int, ask: Ask, book: Book, tenant: Tenant) -> Request:
    """What a tenant without a place asks for."""
    tier = ask.tier(tenant)
    since = tenant.queued_since
    if tenant.state != states.QUEUED or since is None:
        since = now
        _queue(connection, tenant, now)
    volume = _volume(connection, now, ask, book, tenant)
    return Request(
        tenant.name,
        tier.cpu,
        tier.memory,
        priority=tier.priority,
        own=ask.own_node(tenant),
        dedicated=tier.dedicated,
        asked=float(since),
        number=tenant.id,
        rather=tenant.target_node,
        location=tenant.location,
        storage_gib=volume.lacks_gib,
        storage_node=volume.storage_node or volume.target_node,
    )


def _kept_elsewhere(ask: Ask, book: Book, tenant: Tenant) -> dict[str, Request]:
    """What a tenant asks for that runs nowhere: room for its data where that shall be, if that is elsewhere."""
    volume = book.volumes.get(tenant.id)
    if volume is None or not volume.moves:
        return {}
    asked = Request(
        tenant.name,
        0,
        0,
        priority=ask.tier(tenant).priority,
        asked=float(volume.since),
        number=tenant.id,
        storage_gib=volume.size_gib,
        storage_node=volume.target_node,
        storage_only=True,
    )
    return {tenant.name: asked}


def _elsewhere(connection: Any, ask: Ask, book: Book, tenant: Tenant, at: Placement, given: Given) -> Request | None:
    """What a tenant asks for that is to sit elsewhere, or to have more, if it does."""
    sick = {node.name for node in ask.nodes if not node.healthy} if ask.kind in desired_states.HEALING else set()
    drained = {node.name for node in ask.nodes if node.draining} if ask.kind in desired_states.DRAINING else set()
    if at.source_node in sick:
        capacity.has_left(connection, tenant)
        at = book.placements[tenant.id] = replace(at, source_node="", source_cpu=0, source_memory=0)
    if at.node in sick:
        given.lost[tenant.name] = at.node
        if tenant.desired_state != desired_states.ACTIVE:  # there is nothing left to be stopped
            capacity.free(connection, tenant)
            return None
    if tenant.desired_state in (desired_states.RELEASE, desired_states.ABSENT):
        return None
    tier, own = ask.tier(tenant), ask.own_node(tenant)
    lost = tenant.name in given.lost
    pinned = tenant.target_node not in ("", at.node)
    wrong = at.node != own if own else at.dedicated or at.location != tenant.location
    other = (at.cpu, at.memory) != (tier.cpu, tier.memory)
    moves = lost or ((pinned or wrong or other or at.node in drained) and not at.source_node)
    if own not in ("", at.node) and tenant.desired_state != desired_states.ACTIVE:
        moves = False  # a machine of its own is made for one that runs
    volume = _volume(connection, at.since, ask, book, tenant)
    if not (moves or volume.moves or volume.lacks_gib):
        return None
    return Request(
        tenant.name,
        tier.cpu,
        tier.memory,
        priority=tier.priority,
        own=own if moves else at.node,
        dedicated=tier.dedicated,
        urgent=lost or at.node in drained,
        asked=float(at.since),
        number=tenant.id,
        at="" if at.dedicated else at.node,
        at_cpu=at.cpu,
        at_memory=at.memory,
        avoid=at.node if lost else "",
        only="" if lost else tenant.target_node,
        rather=tenant.target_node,
        location=tenant.location,
        # Where all of it is on the move, it wants room for all of it.
        storage_gib=volume.size_gib if volume.moves else volume.lacks_gib,
        storage_node=volume.target_node if volume.moves else volume.storage_node,
    )


def _take(connection: Any, now: int, ask: Ask, book: Book, tenant: Tenant, decision: Decision, given: Given) -> None:
    """Write the place down."""
    tier, old = ask.tier(tenant), book.placements.get(tenant.id)
    new = Placement(tenant.id, decision.node, tier.cpu, tier.memory, tier.dedicated, now, location=tenant.location)
    if new.location:
        new = replace(new, remote_range=2 if old and old.remote_range == 1 else 1)
    if old and old.node == new.node:
        new = replace(old, cpu=tier.cpu, memory=tier.memory, dedicated=tier.dedicated, location=tenant.location)
        waits = ask.own_node(tenant) not in ("", old.node)  # for its machine, until it runs
        if waits or (old.source_node and tenant.name not in given.lost):  # only its volume changes for now
            new = old
    elif old and tenant.name in given.lost:
        new = replace(new, source_node=old.source_node, source_cpu=old.source_cpu, source_memory=old.source_memory)
        new = replace(new, source_location=old.source_location)
    elif old:
        new = replace(
            new, source_node=old.node, source_cpu=old.cpu, source_memory=old.memory, source_location=old.location
        )
    capacity.assign(connection, new)
    if tenant.target_node == new.node or tier.dedicated:
        connection.execute(TENANTS.update().where(TENANTS.c.id == tenant.id).values(target_node=""))


def _volume(connection: Any, now: int, ask: Ask, book: Book, tenant: Tenant) -> Volume:
    """The tenant's volume; ledgers of version 0001 may lack it."""
    have = book.volumes.get(tenant.id)
    if have is None:
        have = book.volumes[tenant.id] = volumes.want(connection, now, tenant, ask.tier(tenant).storage_sizes_gib[0])
    return have


def _queue(connection: Any, tenant: Tenant, since: int) -> None:
    """The tenant waits since then."""
    tenants.move(connection, since, tenant.name, states.QUEUED)
    connection.execute(TENANTS.update().where(TENANTS.c.id == tenant.id).values(queued_since=since))
