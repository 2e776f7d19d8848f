# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Finish operations as done or failed, in the caller's transaction."""

from __future__ import annotations

from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import (
    deletions,
    locks,
    placements,
    tenants,
    volumes,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.operations import journal
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.tenants import Tenant
from ansible_collections.sovereign.vdc.plugins.module_utils.policy import desired_states, states


def done(connection: Any, now: int, operation_ids: list[int], holder: str, without_nodes: bool = False) -> list[str]:
    """Record that the operations succeeded and their tenants have what they started with; returns tenant names.

    ``without_nodes`` marks operations and tenants: the tasks on nodes were left out.
    """
    names = []
    for operation in _own_operations(connection, operation_ids, holder, journal.DONE):
        if operation["state"] == journal.RUNNING:
            if operation["kind"] not in desired_states.SIDE_OPERATIONS:
                _set_converged(connection, now, operation)
                tenants.update(connection, operation["tenant"], without_nodes=without_nodes)
            elif operation["kind"] == desired_states.PURGE:
                deletions.record_purge(connection, now, tenants.get(connection, operation["tenant"]))
            journal.finish(connection, now, operation["id"], journal.DONE, without_nodes=without_nodes)
        locks.release(connection, operation["tenant"], holder)
        names.append(operation["tenant"])
    return names


def failed(
    connection: Any, now: int, operation_ids: list[int], holder: str, message: str, rolled_back: bool = False
) -> list[str]:
    """Record that the operations failed, and why; returns tenant names.

    A failed side operation leaves the tenant's state as it is. A sign-up that is ``rolled_back``, so that nothing of
    it is left on compute nodes, loses its placement.
    """
    names = []
    for operation in _own_operations(connection, operation_ids, holder, journal.FAILED):
        if operation["state"] == journal.RUNNING:
            if operation["kind"] not in desired_states.SIDE_OPERATIONS:
                tenant = tenants.set_state(connection, now, operation["tenant"], states.ERROR, message)
                if rolled_back and tenant.activated is None:
                    placements.delete(connection, tenant)
            journal.finish(connection, now, operation["id"], journal.FAILED, message)
        locks.release(connection, operation["tenant"], holder)
        names.append(operation["tenant"])
    return names


def _own_operations(connection: Any, operation_ids: list[int], holder: str, end: str) -> list[dict[str, Any]]:
    """The operations; raises ``ValidationError`` for one that is unknown, not ours (any more), or ended otherwise."""
    found = []
    for operation_id in operation_ids:
        operation = journal.find(connection, operation_id)
        if operation is None:
            raise ValidationError(
                f"operation_ids: there is no operation {operation_id} in the ledger; use the ids that state=started "
                f"returned"
            )
        described = f"operation {operation_id} ({operation['kind']} of tenant {operation['tenant']!r})"
        if operation["holder"] != holder:
            raise ValidationError(
                f"operation_ids: {described} was taken over by {operation['holder']}; leave it to that run"
            )
        if operation["state"] not in (journal.RUNNING, end):
            raise ValidationError(f"operation_ids: {described} is {operation['state']} already; start a new one")
        found.append(operation)
    return found


def _set_converged(connection: Any, now: int, operation: dict[str, Any]) -> None:
    """Record that the tenant has reached what was desired when the operation started."""
    parameters = operation["parameters"]
    desired_state = parameters["desired_state"]
    tenant = tenants.set_state(connection, now, operation["tenant"], desired_states.REACHED[desired_state])
    facts: dict[str, Any] = {"converged_generation": parameters["generation"]}
    if desired_state == desired_states.ACTIVE and tenant.activated is None:
        facts["activated"] = now
    tenants.update(connection, tenant.name, **facts)
    _release(connection, tenant, desired_state, parameters["size_gib"])


def _release(connection: Any, tenant: Tenant, desired_state: str, size_gib: int) -> None:
    """Release what the tenant does not use any more."""
    placements.clear_source(connection, tenant)
    if desired_state in (desired_states.RELEASE, desired_states.ABSENT):
        placements.delete(connection, tenant)
    if desired_state == desired_states.ABSENT:
        volumes.delete(connection, tenant)
    else:
        volumes.clear_source(connection, tenant)
        volumes.set_reserved(connection, tenant, size_gib)
