"""The organization's audit trail: one event per change."""

from __future__ import annotations

import uuid
from collections import deque
from datetime import UTC, datetime
from typing import Any

from ..core.routing import Call
from .errors import invalid

DAY = 86400.0
# Fields that may be secret or long are not recorded.
OMITTED = ("user-data", "public-key")


class Events:
    """The last ``keep`` events of all zones."""

    def __init__(self, keep: int = 10000) -> None:
        self._events: deque[tuple[float, dict[str, Any]]] = deque(maxlen=keep)

    def record(self, call: Call, operation: str, zone: str, key: str, status: int, now: float) -> None:
        """Record that ``call`` was answered with ``status``."""
        body = {k: v for k, v in (call.body or {}).items() if k not in OMITTED}
        event = {
            "request-id": str(uuid.uuid4()),
            "zone": zone,
            "uri": call.raw_path or call.path,
            "path-params": dict(call.params),
            "get-params": {k: v[-1] for k, v in call.query.items()},
            "body-params": body,
            "status": status,
            "source-ip": "127.0.0.1",
            "iam-api-key": {"name": "lab", "key": key},
            "elapsed-ms": 1,
            "timestamp": _timestamp(now),
            "handler": operation,
            "message": f"API key lab: {operation}",
        }
        self._events.append((now, event))

    def between(self, begin: str | None, end: str | None, now: float) -> list[dict[str, Any]]:
        """Events from ``begin`` (default: a day ago) to ``end`` (default: now), oldest first."""
        first = _moment(begin) if begin else now - DAY
        last = _moment(end) if end else now
        return [event for moment, event in self._events if first <= moment <= last]


def _timestamp(moment: float) -> str:
    shown = datetime.fromtimestamp(moment, UTC)
    return shown.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _moment(text: str) -> float:
    try:
        return datetime.fromisoformat(text.replace(" ", "+")).timestamp()
    except ValueError:
        raise invalid(f"{text!r} is not a date and time") from None
