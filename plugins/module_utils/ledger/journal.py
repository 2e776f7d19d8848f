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


def begin(
    connection: Any, now: int, tenant: str, verb: str, parameters: dict[str, Any], event: str = ""
) -> tuple[dict[str, Any], bool]:
    """The operation to carry out, and whether it is a new one.

    One that runs (or died) for the same tenant and verb with the same parameters is taken up
    again. An ``event`` that was seen before leads to the operation that it led to then, done or not.
    """
    if event:
        seen = connection.execute(EVENTS.select().where(EVENTS.c.id == event)).one_or_none()
        if seen:
            return get(connection, seen.operation), False
    text = json.dumps(parameters, sort_keys=True)
    same = (OPERATIONS.c.tenant == tenant) & (OPERATIONS.c.verb == verb) & (OPERATIONS.c.state == RUNNING)
    row = connection.execute(OPERATIONS.select().where(same & (OPERATIONS.c.parameters == text))).first()
    if row is None:
        values = {"tenant": tenant, "verb": verb, "parameters": text, "state": RUNNING, "started": now, "touched": now}
        number = connection.execute(OPERATIONS.insert().values(**values)).inserted_primary_key[0]
    else:
        number = row.id
    if event:
        connection.execute(EVENTS.insert().values(id=event, seen=now, operation=number))
    return get(connection, number), row is None


def step(connection: Any, now: int, number: int, name: str) -> dict[str, Any]:
    """Note that the operation has come to step ``name``."""
    return _write(connection, number, step=name, touched=now)


def finish(connection: Any, now: int, number: int, state: str, message: str = "") -> dict[str, Any]:
    """Note how the operation ended (``done`` or ``failed``, and why)."""
    return _write(connection, number, state=state, message=message, touched=now, finished=now)


def get(connection: Any, number: int) -> dict[str, Any]:
    """One operation, its parameters parsed."""
    row = connection.execute(OPERATIONS.select().where(OPERATIONS.c.id == number)).one()
    return {**row._mapping, "parameters": json.loads(row.parameters)}


def operations(connection: Any, tenant: str = "", state: str = "", most: int = 100) -> list[dict[str, Any]]:
    """The newest operations first."""
    query = OPERATIONS.select().order_by(OPERATIONS.c.id.desc()).limit(most)
    if tenant:
        query = query.where(OPERATIONS.c.tenant == tenant)
    if state:
        query = query.where(OPERATIONS.c.state == state)
    return [{**row._mapping, "parameters": json.loads(row.parameters)} for row in connection.execute(query)]


def _write(connection: Any, number: int, **values: Any) -> dict[str, Any]:
    connection.execute(OPERATIONS.update().where(OPERATIONS.c.id == number).values(**values))
    return get(connection, number)
