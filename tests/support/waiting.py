"""Wait for a condition."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any


def wait_until(seconds: float, happens: Callable[[], Any], what: str, interval: float = 0.5) -> None:
    """Wait until ``happens()`` is true, which is checked every ``interval`` seconds; fail after ``seconds``."""
    limit = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < limit, f"not within {seconds:.0f} s: {what}"
        time.sleep(interval)
