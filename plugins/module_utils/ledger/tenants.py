# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tenants in the ledger. Every function works in the caller's transaction."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.schema import TENANTS
from ansible_collections.sovereign.vdc.plugins.module_utils.policy import desired_states, states

# A name becomes part of host names, labels and volume names.
NAME = re.compile(r"[a-z]([a-z0-9-]{0,30}[a-z0-9])?")
# Names that would look like those of the fleet's shared nodes, <fleet>-compute-1 and <fleet>-storage-1.
RESERVED = re.compile(r"(compute|storage)-\d+.*")


@dataclass(frozen=True)
class Tenant:
    """One tenant. Times are seconds since the epoch, UTC. Addresses and user ids derive from ``id``."""

    id: int
    name: str
    tier: str
    state: str
    owner_email: str
    location: str
    service_id: str | None
    created: int
    last_active: int
    paid_until: int | None
    queued_since: int | None
    reason: str
    desired_state: str
    target_node: str
    stack: str
    generation: int
    converged_generation: int
    activated: int | None
    without_nodes: bool

    def as_dict(self) -> dict[str, Any]:
        """The tenant for a module's result."""
        return asdict(self)


def find(connection: Any, name: str) -> Tenant | None:
    """The tenant of that name in any state, or None."""
    row = connection.execute(TENANTS.select().where(TENANTS.c.name == name)).one_or_none()
    return Tenant(*row) if row else None


def get(connection: Any, name: str) -> Tenant:
    """The tenant of that name in any state; raises ``ValidationError`` if there is none."""
    tenant = find(connection, name)
    if tenant is None:
        raise ValidationError(f"name: there is no tenant {name!r} in the ledger; sign it up first")
    return tenant


def all_tenants(connection: Any, in_states: tuple[str, ...] = ()) -> list[Tenant]:
    """All tenants, or those in the given states, by name."""
    query = TENANTS.select().order_by(TENANTS.c.name)
    if in_states:
        query = query.where(TENANTS.c.state.in_(in_states))
    return [Tenant(*row) for row in connection.execute(query)]


def create(connection: Any, now: int, name: str, tier: str, **facts: Any) -> Tenant:
    """Insert a queued tenant; raises ``ValidationError`` for an invalid name. The caller checks that it is free."""
    if not NAME.fullmatch(name):
        raise ValidationError(
            f"name: {name!r} is not a valid tenant name; use 1 to 32 of a-z, 0-9 and -, beginning with a letter and "
            f"not ending in -"
        )
    if RESERVED.fullmatch(name):
        raise ValidationError(f"name: {name!r} is reserved for nodes; choose another name")
    values = {"name": name, "tier": tier, "state": states.QUEUED, "created": now, "last_active": now}
    connection.execute(TENANTS.insert().values(**values, queued_since=now, **facts))
    return get(connection, name)


def set_state(connection: Any, now: int, name: str, state: str, reason: str = "") -> Tenant:
    """Set the tenant's state; raises ``ValidationError`` for a transition that is not allowed."""
    tenant = get(connection, name)
    try:
        states.check_transition(name, tenant.state, state)
    except states.IllegalTransition as error:
        raise ValidationError(f"state: {error}") from None
    values: dict[str, Any] = {"state": state, "reason": reason}
    if state == states.QUEUED and tenant.state != states.QUEUED:
        values["queued_since"] = now
    elif state != states.QUEUED:
        values["queued_since"] = None
    if state == states.ACTIVE:
        values["last_active"] = now
    connection.execute(TENANTS.update().where(TENANTS.c.id == tenant.id).values(**values))
    return get(connection, name)


def update(connection: Any, name: str, **facts: Any) -> Tenant:
    """Set columns of a tenant other than its state, such as ``tier`` or ``paid_until``."""
    tenant = get(connection, name)
    if facts:
        connection.execute(TENANTS.update().where(TENANTS.c.id == tenant.id).values(**facts))
    return get(connection, name)


def deletion_requested(tenant: Tenant) -> bool:
    """Whether the tenant is to be deleted, is being deleted or is deleted."""
    return tenant.desired_state == desired_states.ABSENT or tenant.state in (states.DELETING, states.DELETED)
