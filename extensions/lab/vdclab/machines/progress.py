"""Progress of long work as plain lines: what is done, and for how long."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Progress = Callable[[str], None]

HEARTBEAT_SECONDS = 10.0


class Reporter:
    """Writes lines that start with the seconds since its creation.

    While a step writes nothing, a heartbeat line every ``heartbeat`` seconds shows that it still
    runs; the last line of a step has its duration.
    """

    def __init__(self, write: Progress, heartbeat: float = HEARTBEAT_SECONDS) -> None:
        self._write = write
        self._heartbeat = heartbeat
        self._started = time.monotonic()
        self._last_line = self._started
        self._lock = threading.Lock()

    def line(self, text: str) -> None:
        """Write one line."""
        with self._lock:
            self._last_line = time.monotonic()
            self._write(f"{self._last_line - self._started:6.1f} s  {text}")

    @contextmanager
    def step(self, name: str) -> Iterator[Progress]:
        """Run one step: yields the function that writes its lines, each after ``name``."""
        started, ended = time.monotonic(), threading.Event()
        latest = ["started"]

        def progress(text: str) -> None:
            latest[0] = text
            self.line(f"{name}: {text}")

        def beat() -> None:
            while not ended.wait(self._heartbeat / 4):
                now = time.monotonic()
                if now - self._last_line >= self._heartbeat:
                    self.line(f"{name}: {latest[0]} (still running, {now - started:.0f} s)")

        thread = threading.Thread(target=beat, name="progress", daemon=True)
        thread.start()
        try:
            yield progress
        finally:
            ended.set()
            thread.join()
        self.line(f"{name}: ready after {time.monotonic() - started:.1f} s")
