# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Start operations: lock the tenants, allocate, and record what is to be done, in the caller's transaction."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import (
    activity,
    deletions,
    locks,
    placements,
    ports,
    tenants,
    volumes,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.operations import journal, snapshot
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.operations.allocate import Allocation, Allocator
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.operations.machines import (
    machine_specs,
    machines_differ,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.operations.request import OperationRequest
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.operations.snapshot import Snapshot
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.operations.statuses import statuses
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.tenants import Tenant
from ansible_collections.sovereign.vdc.plugins.module_utils.policy import clocks, desired_states, states
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.identity import conflicts
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.tiers import MIB

SUPERSEDED = "superseded: the desired state changed before this operation was finished"


def start(connection: Any, now: int, request: OperationRequest) -> dict[str, Any]:
    """Start operations, or continue those whose run died; returns the result of ``tenant_operation``.

    Named tenants that are to be active get an operation even if they have reached their desired state; the others
    only if they have not, or if a dedicated machine of theirs is not as it is to be. Only machines of tenants with an
    operation are returned: another run may be changing those of other tenants.
    """
    return _Start(connection, now, request).start()


@dataclass(frozen=True)
class _Start:
    """One call of ``start``."""

    connection: Any
    now: int
    request: OperationRequest

    def start(self) -> dict[str, Any]:
        """As the function ``start``."""
        request = self.request
        handled = bool(request.event) and journal.is_handled(self.connection, request.event)
        if request.event:
            journal.record_event(self.connection, self.now, request.event)
        before = self._read()
        scope = self._scope(before)
        rejected = self._rejected(before)
        busy = [
            {"tenant": tenant.name, "holder": before.held[tenant.name]}
            for tenant in scope
            if tenant.name in before.held and tenant.name not in rejected
        ]
        # Like a tenant that another run has locked: nothing is done for it, and nothing is allocated to it.
        before = replace(before, held={**before.held, **rejected})
        names = [tenant.name for tenant in scope if tenant.name not in before.held]
        if request.kind in desired_states.SIDE_OPERATIONS:
            allocation = Allocation()
            operations = self._side_operations(before, names, handled, busy)
        else:
            free = [before.tenants[name] for name in names]
            allocation = Allocator(self.connection, self.now, request, before).allocate(free)
            operations = self._converge_operations(names, bool(request.names) and not handled, allocation)
        if request.event and not handled and (names or not busy):
            first = operations[0]["id"] if operations else None
            journal.mark_handled(self.connection, self.now, request.event, first)
        waiting = self._waiting(before, allocation)
        rejections = [
            {"tenant": tenant.name, "reason": rejected[tenant.name]} for tenant in scope if tenant.name in rejected
        ]
        return {
            "kind": request.kind,
            "requested": list(request.names),
            "operations": operations,
            "waiting": waiting,
            "busy": busy,
            "rejected": rejections,
            "statuses": statuses([tenant.name for tenant in scope], operations, waiting, busy, rejections),
            **machine_specs(request, self._read(), [operation["tenant"] for operation in operations]),
            "duplicate_event": handled and not operations,
        }

    def _read(self) -> Snapshot:
        return snapshot.read(self.connection, self.now, self.request.holder)

    def _scope(self, before: Snapshot) -> list[Tenant]:
        """The tenants of the request; raises ``ValidationError`` for one whose tier is not in the catalog."""
        if self.request.kind == desired_states.PURGE:
            return deletions.to_purge(self.connection, self.now, before, self.request.names)
        scope = before.scope(self.request.names)
        for tenant in scope:
            self.request.tier(tenant)
        return scope

    def _rejected(self, before: Snapshot) -> dict[str, str]:
        """By tenant, why nothing may be done for it; raises ``ValidationError`` if one of them is named."""
        rejected = conflicts(self.request.claims, before.tenants.values())
        for name in self.request.names:
            if name in rejected:
                raise ValidationError(f"tenants: {rejected[name]}")
        return rejected

    def _waiting(self, before: Snapshot, allocation: Allocation) -> list[dict[str, Any]]:
        names = self.request.names
        return [
            {
                "tenant": decision.tenant,
                "position": decision.position,
                "lacks": decision.lacks,
                "location": before.tenants[decision.tenant].location,
            }
            for decision in allocation.waiting.values()
            if not names or decision.tenant in names
        ]

    def _converge_operations(self, names: list[str], requested: bool, allocation: Allocation) -> list[dict[str, Any]]:
        """Set the next states of all tenants that were placed; returns the operations for ``names``."""
        current = self._read()
        operations = []
        for name in sorted({*names, *allocation.placed}):
            tenant = current.tenants[name]
            status = current.status(tenant, relocated=name in allocation.lost)
            stays = name in allocation.waiting and status.placed  # it keeps its node until there is room on another
            if stays and tenant.state == states.ACTIVE and tenant.desired_state == desired_states.ACTIVE:
                continue
            step = desired_states.next_step(replace(status, changed=status.changed and not stays))
            unfinished = current.unfinished(name)
            renew = (step.state == states.ACTIVE and (requested or bool(unfinished))) or (
                step.state in (states.ACTIVE, states.SUSPENDED)
                and (machines_differ(self.request, current, tenant) or self._is_unproven(tenant))
            )
            if step.state == states.DELETED and tenant.state != states.DELETED:
                placements.delete(self.connection, tenant)
                volumes.delete(self.connection, tenant)
            if step.state != tenant.state:
                tenant = tenants.set_state(self.connection, self.now, name, step.state)
            if name not in names:
                continue
            if step.due or renew:
                operation_id, kind = self._open(current, tenant, stays)
                lost = allocation.lost.get(name, "")
                operations.append(self._entry(current, tenant, operation_id, kind, step.due, lost))
            else:
                self._supersede(unfinished)
        return operations

    def _is_unproven(self, tenant: Tenant) -> bool:
        """Whether only a run without nodes has brought the tenant to its state, and this run has nodes."""
        return tenant.without_nodes and not self.request.without_nodes

    def _open(self, current: Snapshot, tenant: Tenant, stays: bool) -> tuple[int, str]:
        """Lock the tenant and record its operation, new or continued; returns the operation's id and kind."""
        volume = current.volumes.get(tenant.id)
        parameters = {
            "desired_state": tenant.desired_state,
            "generation": tenant.converged_generation if stays else tenant.generation,
            "size_gib": volume.available_gib if volume else 0,
        }
        self._lock(tenant.name)
        unfinished = current.unfinished(tenant.name)
        same = next((operation for operation in unfinished if operation["parameters"] == parameters), None)
        self._supersede([operation for operation in unfinished if operation is not same])
        if same is None:
            return self._new(tenant.name, parameters), self.request.kind
        journal.take_over(self.connection, self.now, same["id"], self.request.holder)
        return same["id"], same["kind"]

    def _lock(self, name: str) -> None:
        locks.acquire(self.connection, self.now, name, self.request.holder, self.request.lock_seconds)

    def _new(self, name: str, parameters: dict[str, Any]) -> int:
        request = self.request
        return journal.start(self.connection, self.now, name, request.kind, parameters, request.holder)

    def _supersede(self, operations: list[dict[str, Any]]) -> None:
        for operation in operations:
            journal.finish(self.connection, self.now, operation["id"], journal.FAILED, SUPERSEDED)

    def _side_operations(
        self, before: Snapshot, names: list[str], handled: bool, busy: list[dict[str, str]]
    ) -> list[dict[str, Any]]:
        """The operations beside the desired state. A handled event only continues what its run left unfinished."""
        request = self.request
        operations = []
        recent = {}
        if not request.names:
            recent = activity.last_done(self.connection, request.kind, self.now, request.without_nodes)
        for name in names:
            tenant = before.tenants[name]
            if request.kind != desired_states.PURGE and not self._has_data(before, tenant, busy):
                continue
            interval = request.min_interval_hours.get(tenant.tier, 0) * 3600
            if name in recent and clocks.is_recent(recent[name], self.now, interval):
                continue
            unfinished = [one for one in before.running.get(name, []) if one["kind"] == request.kind]
            if handled and not unfinished:
                continue
            self._lock(name)
            if unfinished:
                operation_id = unfinished[0]["id"]
                journal.take_over(self.connection, self.now, operation_id, request.holder)
            else:
                operation_id = self._new(name, {})
            if request.kind == desired_states.PURGE:  # the tier may no longer be in the catalog, and there is no node
                entry = {
                    "id": operation_id,
                    "tenant": name,
                    "number": tenant.id,
                    "identity": tenant.identity or "",
                    "kind": request.kind,
                    "started": self.now,
                }
                operations.append({**entry, "node": "", "storage_node": ""})
            else:
                operations.append(self._entry(before, tenant, operation_id, request.kind, False, ""))
        return operations

    def _has_data(self, before: Snapshot, tenant: Tenant, busy: list[dict[str, str]]) -> bool:
        """Whether the tenant's data is complete on its storage node.

        Raises ``ValidationError`` for a named tenant of which that is not true. Other tenants whose data is being
        moved are added to ``busy``.
        """
        kind, named = self.request.kind, bool(self.request.names)
        volume = before.volumes.get(tenant.id)
        if volume is None or not volume.storage_node:
            if named:
                raise ValidationError(
                    f"tenants: {tenant.name!r} has no data (it is {tenant.state}), so there is nothing for {kind} to do; "
                    f"name a tenant that has a volume"
                )
            return False
        if volume.source_node:  # only the move itself knows which of the two nodes has the data
            move = f"data move from {volume.source_node} to {volume.storage_node}"
            if named:
                raise ValidationError(
                    f"tenants: {tenant.name!r} has an unfinished {move}; finish it with the playbook tenant_converge "
                    f"before {kind}"
                )
            busy.append({"tenant": tenant.name, "holder": f"its {move} (finish it with tenant_converge)"})
            return False
        return True

    def _entry(
        self, current: Snapshot, tenant: Tenant, operation_id: int, kind: str, due: bool, lost: str
    ) -> dict[str, Any]:
        """What a playbook needs to know to run the operation."""
        tier = self.request.tier(tenant)
        at, volume = current.placements.get(tenant.id), current.volumes.get(tenant.id)
        # What the tenant has now, as long as it waits for something else.
        cpu, memory, dedicated = (at.cpu, at.memory, at.dedicated) if at else (tier.cpu, tier.memory, tier.dedicated)
        return {
            "id": operation_id,
            "tenant": tenant.name,
            "number": tenant.id,
            "identity": tenant.identity or "",
            "kind": kind,
            "started": self.now,
            "desired_state": tenant.desired_state,
            "state": tenant.state,
            "due": due,
            "new": tenant.activated is None,
            "tier": tenant.tier,
            "stack": tenant.stack or tier.stack,
            "slot": {"cpus": cpu / 1000, "memory_mib": memory // MIB},
            "node": at.node if at else "",
            "source_node": at.source_node if at else "",
            "lost": lost,
            "dedicated": dedicated,
            "location": at.location if at else tenant.location,
            "machine": tier.machine,
            "storage_node": volume.storage_node if volume else "",
            "source_storage_node": volume.source_node if volume else "",
            "volume_gib": volume.available_gib if volume else 0,
            "first_uid": volumes.first_uid(tenant),
            "first_port": tenant.first_port or ports.default_port(tenant.id),
        }
