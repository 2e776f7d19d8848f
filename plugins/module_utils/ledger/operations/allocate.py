# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Allocation of slots on compute nodes and of storage, to all tenants that need some, in the caller's transaction.

There is one queue for all tenants. The first run allocates free capacity to the head of the queue; the
runs of the other tenants then find their tenants placed.

**A lost node.** ``heal`` gives its tenants new placements and no source node, because nothing on a lost node can be
stopped. The storage node keeps the lost node from writing: a tenant's address belongs to one peer of its tunnel, and
when the tenant's part of the storage node is converged for the new placement, packets of the lost node are dropped
there. That happens before the stack is started on the new node. A lost node must not come back unchanged: delete it
and create it again.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import placements, tenants, volumes
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.operations.request import OperationRequest
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.operations.snapshot import Snapshot
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.placements import Placement
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.schema import TENANTS
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.tenants import Tenant
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.volumes import Volume
from ansible_collections.sovereign.vdc.plugins.module_utils.policy import desired_states, states
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.placement import Decision, Request, place


@dataclass
class Allocation:
    """The names of tenants that were placed, the lost nodes by tenant, and the decisions for queued tenants."""

    placed: set[str] = field(default_factory=set)
    lost: dict[str, str] = field(default_factory=dict)
    waiting: dict[str, Decision] = field(default_factory=dict)


@dataclass(frozen=True)
class Allocator:
    """One allocation for the tenants ``scope`` of a run; queued tenants of other runs are served as well."""

    connection: Any
    now: int
    request: OperationRequest
    snapshot: Snapshot
    result: Allocation = field(default_factory=Allocation)

    def allocate(self, scope: list[Tenant]) -> Allocation:
        """Allocate and store what there is room for."""
        request, snapshot, result = self.request, self.snapshot, self.result
        needs = self._requests({tenant.name for tenant in scope})
        nodes = placements.nodes_with_usage(request.nodes, snapshot.placements.values())
        pools = placements.pools_with_usage(request.pools, snapshot.volumes.values())
        for decision in place(nodes, needs, pools, request.compute_share, request.storage_share):
            tenant = snapshot.tenants[decision.tenant]
            if not decision.position:
                if decision.node:
                    self._assign(tenant, decision)
                if decision.storage_node:
                    volumes.reserve(self.connection, self._volume(self.now, tenant), decision.storage_node)
                result.placed.add(tenant.name)
            else:
                result.waiting[tenant.name] = decision
                if tenant.name in result.lost:  # it cannot stay on the lost node; it is queued by its age
                    placements.delete(self.connection, tenant)
                    self._queue(tenant, tenant.created)
        return result

    def _requests(self, in_scope: set[str]) -> list[Request]:
        """The requests of all tenants that need a slot or storage."""
        snapshot = self.snapshot
        found: list[Request | None] = []
        for tenant in snapshot.tenants.values():
            at = snapshot.placements.get(tenant.id)
            if tenant.name in snapshot.held or tenant.state == states.DELETED or tenant.tier not in self.request.tiers:
                continue
            if at is None:
                queued = tenant.state == states.QUEUED or tenant.name in in_scope
                if tenant.desired_state == desired_states.ACTIVE and queued:
                    found.append(self._first_request(tenant))
                elif tenant.desired_state != desired_states.ABSENT and tenant.name in in_scope:
                    found.append(self._storage_request(tenant))
            elif tenant.name in in_scope:
                found.append(self._change_request(tenant, at))
        return [request for request in found if request]

    def _first_request(self, tenant: Tenant) -> Request:
        """The request of a tenant without a placement; it is queued until the request is served."""
        tier = self.request.tier(tenant)
        since = tenant.queued_since
        if tenant.state != states.QUEUED or since is None:
            since = self.now
            self._queue(tenant, self.now)
        volume = self._volume(self.now, tenant)
        return Request(
            tenant.name,
            tier.cpu,
            tier.memory,
            priority=tier.priority,
            dedicated_node=self.request.dedicated_node(tenant),
            dedicated=tier.dedicated,
            requested_at=float(since),
            number=tenant.id,
            preferred_node=tenant.target_node,
            location=tenant.location,
            storage_gib=volume.missing_gib,
            storage_node=volume.storage_node or volume.target_node,
        )

    def _storage_request(self, tenant: Tenant) -> Request | None:
        """The request of a tenant without a placement that does not need one, but whose data is to move."""
        volume = self.snapshot.volumes.get(tenant.id)
        if volume is None or not volume.needs_target:
            return None
        return Request(
            tenant.name,
            0,
            0,
            priority=self.request.tier(tenant).priority,
            requested_at=float(volume.since),
            number=tenant.id,
            storage_gib=volume.size_gib,
            storage_node=volume.target_node,
            storage_only=True,
        )

    def _change_request(self, tenant: Tenant, at: Placement) -> Request | None:
        """The request of a tenant that has a placement, if it needs another one, or more storage."""
        request = self.request
        unhealthy, draining = _nodes_to_leave(request)
        if at.source_node in unhealthy:
            placements.clear_source(self.connection, tenant)
            at = self.snapshot.placements[tenant.id] = replace(at, source_node="", source_cpu=0, source_memory=0)
        if at.node in unhealthy:
            self.result.lost[tenant.name] = at.node
            if tenant.desired_state != desired_states.ACTIVE:  # nothing is left to stop
                placements.delete(self.connection, tenant)
                return None
        if tenant.desired_state in (desired_states.RELEASE, desired_states.ABSENT):
            return None
        tier, dedicated_node = request.tier(tenant), request.dedicated_node(tenant)
        lost = tenant.name in self.result.lost
        volume = self._volume(at.since, tenant)
        moves = lost or (self._is_misplaced(tenant, at, at.node in draining) and not at.source_node)
        if dedicated_node not in ("", at.node) and tenant.desired_state != desired_states.ACTIVE:
            moves = False  # a dedicated machine is created when the tenant is resumed
        if not (moves or volume.needs_target or volume.missing_gib):
            return None
        return Request(
            tenant.name,
            tier.cpu,
            tier.memory,
            priority=tier.priority,
            dedicated_node=dedicated_node if moves else at.node,
            dedicated=tier.dedicated,
            urgent=lost or at.node in draining,
            requested_at=float(at.since),
            number=tenant.id,
            current_node="" if at.dedicated else at.node,
            current_cpu=at.cpu,
            current_memory=at.memory,
            excluded_node=at.node if lost else "",
            required_node="" if lost else tenant.target_node,
            preferred_node=tenant.target_node,
            location=tenant.location,
            # A move to another storage node needs room for the whole volume there.
            storage_gib=volume.size_gib if volume.needs_target else volume.missing_gib,
            storage_node=volume.target_node if volume.needs_target else volume.storage_node,
        )

    def _is_misplaced(self, tenant: Tenant, at: Placement, draining: bool) -> bool:
        """Whether the tenant has to move to another node, or needs another share of its node."""
        tier, dedicated_node = self.request.tier(tenant), self.request.dedicated_node(tenant)
        has_target = tenant.target_node not in ("", at.node)
        wrong_node = at.node != dedicated_node if dedicated_node else at.dedicated or at.location != tenant.location
        resized = (at.cpu, at.memory) != (tier.cpu, tier.memory)
        return has_target or wrong_node or resized or draining

    def _assign(self, tenant: Tenant, decision: Decision) -> None:
        """Store the decision as the tenant's placement."""
        request, result = self.request, self.result
        tier, old = request.tier(tenant), self.snapshot.placements.get(tenant.id)
        new = Placement(
            tenant.id, decision.node, tier.cpu, tier.memory, tier.dedicated, self.now, location=tenant.location
        )
        if new.location:
            new = replace(new, remote_range=2 if old and old.remote_range == 1 else 1)
        if old and old.node == new.node:
            new = replace(old, cpu=tier.cpu, memory=tier.memory, dedicated=tier.dedicated, location=tenant.location)
            # A tenant that gets its dedicated machine later, when it is resumed.
            waits = request.dedicated_node(tenant) not in ("", old.node)
            if waits or (old.source_node and tenant.name not in result.lost):  # only its volume changes now
                new = old
        elif old and tenant.name in result.lost:
            new = replace(new, source_node=old.source_node, source_cpu=old.source_cpu)
            new = replace(new, source_memory=old.source_memory, source_location=old.source_location)
        elif old:
            new = replace(new, source_node=old.node, source_cpu=old.cpu)
            new = replace(new, source_memory=old.memory, source_location=old.location)
        placements.assign(self.connection, new)
        if tenant.target_node == new.node or tier.dedicated:
            self.connection.execute(TENANTS.update().where(TENANTS.c.id == tenant.id).values(target_node=""))

    def _volume(self, now: int, tenant: Tenant) -> Volume:
        """The tenant's volume, recorded with its tier's smallest size if there is none."""
        volume = self.snapshot.volumes.get(tenant.id)
        if volume is None:
            size = self.request.tier(tenant).storage_sizes_gib[0]
            volume = self.snapshot.volumes[tenant.id] = volumes.set_size(self.connection, now, tenant, size)
        return volume

    def _queue(self, tenant: Tenant, since: int) -> None:
        """Queue the tenant as of ``since``."""
        tenants.set_state(self.connection, since, tenant.name, states.QUEUED)
        tenants.update(self.connection, tenant.name, queued_since=since)


def _nodes_to_leave(request: OperationRequest) -> tuple[set[str], set[str]]:
    """The names of unhealthy and of draining nodes that operations of this kind move tenants off."""
    unhealthy = {node.name for node in request.nodes if not node.healthy}
    draining = {node.name for node in request.nodes if node.draining}
    return (
        unhealthy if request.kind in desired_states.HEALING else set(),
        draining if request.kind in desired_states.DRAINING else set(),
    )
