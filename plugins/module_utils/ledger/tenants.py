# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tenants in the ledger. Every function works in the caller's transaction."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.schema import TENANTS
from ansible_collections.sovereign.vdc.plugins.module_utils.policy import desired_states, states, tenant_names

try:
    from sqlalchemy import func, select
except ImportError:  # reported by ``store.connect``
    func = select = None

IDENTITY_BYTES = 8


@dataclass(frozen=True)
class Tenant:
    """One tenant. Times are seconds since the epoch, UTC. Addresses and user ids derive from ``id``, its number.

    ``identity`` is made at sign-up and tells the tenant from every other one, in this ledger or in another copy of it.
    ``first_port`` is the first of its ports on its node, or on its last node.
    """

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
    identity: str | None = None
    first_port: int | None = None

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


def create(connection: Any, now: int, name: str, tier: str, reserved: Collection[int] = (), **facts: Any) -> Tenant:
    """Insert a queued tenant with a number that is not ``reserved``; raises ``ValidationError`` for an invalid or a reserved name.

    The caller checks that the name is free.
    """
    tenant_names.validate_new(name)
    values = {
        "id": _next_number(connection, reserved),
        "name": name,
        "tier": tier,
        "state": states.QUEUED,
        "created": now,
        "last_active": now,
        "identity": secrets.token_hex(IDENTITY_BYTES),
    }
    connection.execute(TENANTS.insert().values(**values, queued_since=now, **facts))
    return get(connection, name)


def _next_number(connection: Any, reserved: Collection[int]) -> int:
    """The lowest number above all of the ledger that is not ``reserved``. Numbers are not used again."""
    number = (connection.execute(select(func.max(TENANTS.c.id))).scalar() or 0) + 1
    while number in reserved:
        number += 1
    return number


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
