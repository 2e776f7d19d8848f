"""The recorded calls, for ``/_lab/trace``."""

from __future__ import annotations

from collections import Counter, deque
from typing import Any


class Trace:
    """The last ``keep`` calls, and counters of all calls since ``clear``."""

    def __init__(self, keep: int = 5000) -> None:
        self._calls: deque[dict[str, Any]] = deque(maxlen=keep)
        self.counts: Counter[str] = Counter()

    def add(self, cloud: str, method: str, path: str, operation: str, status: int, fault: str) -> None:
        """Record one call; ``status`` 0 means that the connection was dropped."""
        kind = "reads" if method in ("GET", "HEAD") else "writes"
        self.counts[f"{cloud}.{kind}"] += 1
        self.counts[f"{cloud}.{operation}"] += 1
        self._calls.append(
            {"cloud": cloud, "method": method, "path": path, "operation": operation, "status": status, "fault": fault}
        )

    def clear(self) -> None:
        """Delete all calls and counters."""
        self._calls.clear()
        self.counts.clear()

    def dump(self) -> dict[str, Any]:
        """Counters and calls, oldest first."""
        return {"counts": dict(self.counts), "calls": list(self._calls)}
