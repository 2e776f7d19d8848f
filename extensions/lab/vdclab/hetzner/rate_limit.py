"""Hetzner's rate limit: a token bucket."""

from __future__ import annotations

import math


class Bucket:
    """``limit`` tokens, one per call, that refill at ``limit`` an hour; full at the start. Times in clock seconds."""

    def __init__(self, limit: int, now: float) -> None:
        self.limit = limit
        self._tokens = float(limit)
        self._updated = now

    def take(self, now: float) -> bool:
        """Use one token; returns whether there was one."""
        self._tokens = min(self.limit, self._tokens + (now - self._updated) * self.limit / 3600)
        self._updated = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def headers(self, now: float) -> dict[str, str]:
        """The rate limit's headers; ``Reset`` is when the bucket will be full again (Unix time)."""
        full = now + (self.limit - self._tokens) * 3600 / self.limit
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(int(self._tokens)),
            "RateLimit-Reset": str(math.ceil(full)),
        }
