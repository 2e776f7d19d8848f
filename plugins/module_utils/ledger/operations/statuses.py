# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a start of operations did for each tenant: whether it was started, has to wait, or had nothing to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

BUSY, QUEUED, REJECTED, STARTED, DONE = "busy", "queued", "rejected", "started", "done"
Items = Iterable[Mapping[str, Any]]


def statuses(
    names: Iterable[str], operations: Items, waiting: Items, busy: Items, rejected: Items = ()
) -> list[dict[str, str]]:
    """Return ``tenant``, ``status`` and ``message`` for each of ``names``, sorted by name.

    ``busy``: another run has the tenant locked. ``queued``: there is no room for what is desired. ``rejected``: what
    exists outside the ledger forbids it. ``started``: it has an operation. ``done``: it has reached what is desired.
    """
    running = {item["tenant"] for item in operations}
    messages = {item["tenant"]: (QUEUED, _queued(item)) for item in waiting}
    messages |= {item["tenant"]: (BUSY, _busy(item)) for item in busy}
    messages |= {item["tenant"]: (REJECTED, item["reason"]) for item in rejected}
    found = []
    for name in sorted(set(names)):
        done = (STARTED, f"{name} has an operation") if name in running else (DONE, f"{name} needs no operation")
        status, message = messages.get(name, done)
        found.append({"tenant": name, "status": status, "message": message})
    return found


def _queued(item: Mapping[str, Any]) -> str:
    where = f" in {item['location']}" if item["location"] else ""
    return f"{item['tenant']} waits at position {item['position']} of the queue: no room{where} ({item['lacks']})"


def _busy(item: Mapping[str, Any]) -> str:
    return f"{item['tenant']} is locked by {item['holder']}"
