"""Output of the demonstration, with the seconds since its start."""

from __future__ import annotations

import sys
import time

STARTED = time.monotonic()


def elapsed() -> float:
    """Return the seconds since the demonstration started."""
    return time.monotonic() - STARTED


def step(text: str) -> None:
    """Print a step of the demonstration."""
    print(f"\n[{elapsed():5.1f} s] {text}", flush=True)


def detail(text: str, at: float) -> None:
    """Print one line below a step, with the seconds at which it started."""
    print(f"  {at:5.1f} s  {text}", flush=True)


def require(condition: bool, what: str) -> None:
    """End the demonstration with exit code 1 unless ``condition`` holds."""
    if not condition:
        sys.exit(
            f"\nThe demonstration failed: {what}. The lab's log is .lab/lab.log, the playbooks' logs are .lab/demo-*.log."
        )
