# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ending operations: done or failed, in the caller's transaction."""

from __future__ import annotations

from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import (
    capacity,
    deletions,
    journal,
    locks,
    tenants,
    volumes,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.tenants import Tenant
from ansible_collections.sovereign.vdc.plugins.module_utils.policy import desired_states, states

ENDED = {journal.DONE: "been done", journal.FAILED: "failed"}


def done(connection: Any, now: int, numbers: list[int], holder: str) -> list[str]:
    """The operations have succeeded: their tenants are what was wished when they began. The tenants' names."""
    named = []
    for operation in _ours(connection, numbers, holder, journal.DONE):
        if operation["state"] == journal.RUNNING:
            if operation["kind"] not in desired_states.DEEDS:
                _reach(connection, now, operation)
            elif operation["kind"] == desired_states.PURGE:
                deletions.purged(connection, now, tenants.get(connection, operation["tenant"]))
            journal.finish(connection, now, operation["id"], journal.DONE)
        locks.release(connection, operation["tenant"], holder)
        named.append(operation["tenant"])
    return named


def failed(connection: Any, now: int, numbers: list[int], holder: str, message: str, undone: bool = False) -> list[str]:
    """The operations have failed, and why. A deed beside the tenant's wish leaves the tenant as it is. A sign-up of which
    all is ``undone`` on compute nodes gives its place back. The tenants' names."""
    named = []
    for operation in _ours(connection, numbers, holder, journal.FAILED):
        if operation["state"] == journal.RUNNING:
            if operation["kind"] not in desired_states.DEEDS:
                tenant = tenants.move(connection, now, operation["tenant"], states.ERROR, message)
                if undone and tenant.activated is None:
                    capacity.free(connection, tenant)
            journal.finish(connection, now, operation["id"], journal.FAILED, message)
        locks.release(connection, operation["tenant"], holder)
        named.append(operation["tenant"])
    return named


def _ours(connection: Any, numbers: list[int], holder: str, end: str) -> list[dict[str, Any]]:
    """The operations; raises ``ValidationError`` for one that is not known, not ours (any more), or ended otherwise."""
    found = []
    for number in numbers:
        operation = journal.find(connection, number)
        if operation is None:
            raise ValidationError(f"operations: there is no operation {number} in the ledger")
        name = operation["tenant"]
        if operation["holder"] != holder:
            raise ValidationError(
                f"operations: {operation['kind']} of tenant {name!r} (operation {number}) was taken over by "
                f"{operation['holder']}; that run ends it"
            )
        if operation["state"] not in (journal.RUNNING, end):
            raise ValidationError(
                f"operations: {operation['kind']} of tenant {name!r} (operation {number}) has {ENDED[operation['state']]} already"
            )
        found.append(operation)
    return found


def _reach(connection: Any, now: int, operation: dict[str, Any]) -> None:
    """The tenant is what was wished when the operation began."""
    aim = operation["parameters"]
    wish = aim["desired_state"]
    tenant = tenants.move(connection, now, operation["tenant"], desired_states.ENDS[wish])
    facts: dict[str, Any] = {"converged_generation": aim["generation"]}
    if wish == desired_states.ACTIVE and tenant.activated is None:
        facts["activated"] = now
    tenants.change(connection, tenant.name, **facts)
    _keep(connection, tenant, wish, aim["size_gib"])


def _keep(connection: Any, tenant: Tenant, wish: str, size_gib: int) -> None:
    """What the tenant has from now on."""
    capacity.has_left(connection, tenant)
    if wish in (desired_states.RELEASE, desired_states.ABSENT):
        capacity.free(connection, tenant)
    if wish == desired_states.ABSENT:
        volumes.drop(connection, tenant)
    else:
        volumes.has_left(connection, tenant)
        volumes.settle(connection, tenant, size_gib)
