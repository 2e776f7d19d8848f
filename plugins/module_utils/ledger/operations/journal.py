# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The journal of operations, and the events that requested them, in the caller's transaction."""

from __future__ import annotations

import json
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.schema import EVENTS, OPERATIONS

RUNNING = "running"
DONE = "done"
FAILED = "failed"


def start(connection: Any, now: int, tenant: str, kind: str, parameters: dict[str, Any], holder: str) -> int:
    """Record a new operation that ``holder`` runs; returns its id."""
    values = {"tenant": tenant, "kind": kind, "parameters": json.dumps(parameters, sort_keys=True), "holder": holder}
    row = OPERATIONS.insert().values(**values, state=RUNNING, started=now, touched=now)
    return connection.execute(row).inserted_primary_key[0]


def take_over(connection: Any, now: int, operation_id: int, holder: str) -> None:
    """Record that ``holder`` continues the operation."""
    _update(connection, operation_id, holder=holder, touched=now)


def finish(
    connection: Any, now: int, operation_id: int, state: str, message: str = "", without_nodes: bool = False
) -> None:
    """Record how the operation ended: ``done``, or ``failed`` with the reason in ``message``."""
    ended = {"state": state, "message": message, "without_nodes": without_nodes}
    _update(connection, operation_id, **ended, touched=now, finished=now)


def find(connection: Any, operation_id: int) -> dict[str, Any] | None:
    """One operation with its parameters parsed, or None."""
    row = connection.execute(OPERATIONS.select().where(OPERATIONS.c.id == operation_id)).one_or_none()
    return _parsed(row) if row else None


def running(connection: Any) -> dict[str, list[dict[str, Any]]]:
    """The operations that are not finished by the tenant's name, oldest first."""
    found: dict[str, list[dict[str, Any]]] = {}
    query = OPERATIONS.select().where(OPERATIONS.c.state == RUNNING).order_by(OPERATIONS.c.id)
    for row in connection.execute(query):
        found.setdefault(row.tenant, []).append(_parsed(row))
    return found


def newest(connection: Any, tenant: str = "", limit: int = 100) -> list[dict[str, Any]]:
    """At most ``limit`` operations of one tenant, or of all, newest first."""
    query = OPERATIONS.select().order_by(OPERATIONS.c.id.desc()).limit(limit)
    if tenant:
        query = query.where(OPERATIONS.c.tenant == tenant)
    return [_parsed(row) for row in connection.execute(query)]


def record_event(connection: Any, now: int, event: str) -> bool:
    """Record that the event was received; whether it is new."""
    if connection.execute(EVENTS.select().where(EVENTS.c.id == event)).one_or_none():
        return False
    connection.execute(EVENTS.insert().values(id=event, received=now))
    return True


def is_handled(connection: Any, event: str) -> bool:
    """Whether the event has been acted on."""
    row = connection.execute(EVENTS.select().where(EVENTS.c.id == event)).one_or_none()
    return bool(row and row.acted is not None)


def mark_handled(connection: Any, now: int, event: str, operation_id: int | None) -> None:
    """Record that the event was acted on, and the operation that it led to, if any."""
    connection.execute(EVENTS.update().where(EVENTS.c.id == event).values(acted=now, operation=operation_id))


def _parsed(row: Any) -> dict[str, Any]:
    return {**row._mapping, "parameters": json.loads(row.parameters)}


def _update(connection: Any, operation_id: int, **values: Any) -> None:
    connection.execute(OPERATIONS.update().where(OPERATIONS.c.id == operation_id).values(**values))
