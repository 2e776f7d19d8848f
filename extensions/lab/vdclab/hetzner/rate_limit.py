"""Hetzner's rate limit: a bucket of ``limit`` calls that refills ``limit`` an hour."""

from __future__ import annotations

import math


class Bucket:
    """A token bucket in clock seconds; ``limit`` calls an hour, full at the start."""

    def __init__(self, limit: int, now: float) -> None:
        self.limit = limit
        self._tokens = float(limit)
        self._seen = now

    def take(self, now: float) -> bool:
        """Use one token; false if there is none."""
        self._tokens = min(self.limit, self._tokens + (now - self._seen) * self.limit / 3600)
        self._seen = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def headers(self, now: float) -> dict[str, str]:
        """The three headers; ``Reset`` is when the bucket will be full again (unix seconds)."""
        full = now + (self.limit - self._tokens) * 3600 / self.limit
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(int(self._tokens)),
            "RateLimit-Reset": str(math.ceil(full)),
        }
