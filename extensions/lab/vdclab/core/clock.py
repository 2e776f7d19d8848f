"""The lab's clock."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class Clock:
    """Wall time plus an offset that ``/_lab/clock`` increases.

    Billing, latencies and rate limits use this clock; machines run in wall time.
    """

    def __init__(self) -> None:
        self._offset = 0.0

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time() + self._offset

    def advance(self, seconds: float) -> None:
        """Move the clock forward by ``seconds``; raises ``ValueError`` for a negative number."""
        if seconds < 0:
            raise ValueError(
                f"advance: {seconds} is negative, but the clock moves forward only; give 0 or more seconds"
            )
        self._offset += seconds


def iso(timestamp: float) -> str:
    """``timestamp`` (seconds since the epoch) as both clouds write it: ISO 8601 in UTC, whole seconds, ``Z``."""
    return datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
