# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What was done for whom: operations with the step they are at, and the events that asked."""

from __future__ import annotations

import json
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.schema import EVENTS, OPERATIONS

RUNNING = "running"
DONE = "done"
FAILED = "failed"


def begin(connection: Any, now: int, tenant: str, kind: str, parameters: dict[str, Any], holder: str) -> int:
    """The number of a new operation, run by ``holder``."""
    values = {"tenant": tenant, "kind": kind, "parameters": json.dumps(parameters, sort_keys=True), "holder": holder}
    row = OPERATIONS.insert().values(**values, state=RUNNING, started=now, touched=now)
    return connection.execute(row).inserted_primary_key[0]


def take_over(connection: Any, now: int, number: int, holder: str) -> None:
    """Note that ``holder`` carries the operation on."""
    _write(connection, number, holder=holder, touched=now)


def step(connection: Any, now: int, number: int, name: str) -> None:
    """Note that the operation has come to step ``name``."""
    _write(connection, number, step=name, touched=now)


def finish(connection: Any, now: int, number: int, state: str, message: str = "") -> None:
    """Note how the operation ended (``done`` or ``failed``, and why)."""
    _write(connection, number, state=state, message=message, touched=now, finished=now)


def find(connection: Any, number: int) -> dict[str, Any] | None:
    """One operation, its parameters parsed."""
    row = connection.execute(OPERATIONS.select().where(OPERATIONS.c.id == number)).one_or_none()
    return _parsed(row) if row else None


def running(connection: Any) -> dict[str, list[dict[str, Any]]]:
    """The operations that are not finished, by the tenant's name, oldest first."""
    found: dict[str, list[dict[str, Any]]] = {}
    query = OPERATIONS.select().where(OPERATIONS.c.state == RUNNING).order_by(OPERATIONS.c.id)
    for row in connection.execute(query):
        found.setdefault(row.tenant, []).append(_parsed(row))
    return found


def operations(connection: Any, tenant: str = "", state: str = "", most: int = 100) -> list[dict[str, Any]]:
    """The newest operations first."""
    query = OPERATIONS.select().order_by(OPERATIONS.c.id.desc()).limit(most)
    if tenant:
        query = query.where(OPERATIONS.c.tenant == tenant)
    if state:
        query = query.where(OPERATIONS.c.state == state)
    return [_parsed(row) for row in connection.execute(query)]


def note_event(connection: Any, now: int, event: str) -> bool:
    """Note that the event was delivered; whether it is new."""
    if connection.execute(EVENTS.select().where(EVENTS.c.id == event)).one_or_none():
        return False
    connection.execute(EVENTS.insert().values(id=event, received=now))
    return True


def acted_on(connection: Any, event: str) -> bool:
    """Whether the event was acted on already."""
    row = connection.execute(EVENTS.select().where(EVENTS.c.id == event)).one_or_none()
    return bool(row and row.acted is not None)


def act_on(connection: Any, now: int, event: str, number: int | None) -> None:
    """Note that the event is acted on, and the operation that it led to, if any."""
    connection.execute(EVENTS.update().where(EVENTS.c.id == event).values(acted=now, operation=number))


def _parsed(row: Any) -> dict[str, Any]:
    return {**row._mapping, "parameters": json.loads(row.parameters)}


def _write(connection: Any, number: int, **values: Any) -> None:
    connection.execute(OPERATIONS.update().where(OPERATIONS.c.id == number).values(**values))
