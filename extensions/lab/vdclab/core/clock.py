"""The lab's only source of time."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class Clock:
    """Wall time plus an offset that ``/_lab/clock`` moves forward.

    Machines live in real time; billing, latencies and rate limits live in this one.
    """

    def __init__(self) -> None:
        self._offset = 0.0

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time() + self._offset

    def advance(self, seconds: float) -> None:
        """Move time forward by ``seconds``; raises ``ValueError`` for a negative figure."""
        if seconds < 0:
            raise ValueError(f"the clock moves forward only, not by {seconds} seconds")
        self._offset += seconds


def iso(moment: float) -> str:
    """``moment`` (seconds since the epoch) as both clouds write it: UTC, whole seconds, ``Z``."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
