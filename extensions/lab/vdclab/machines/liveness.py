"""Whether an emulator works or hangs: a guest that hangs early in its boot prints nothing and
asks for no CPU, however busy the host is."""

from __future__ import annotations

import time
from pathlib import Path

# Share of a core. A booting guest asks for a whole core or more, one that hangs for less than a tenth.
IDLE_SHARE = 0.3


class Liveness:
    """Samples how much CPU time a process ran or queued for, to detect one that hangs."""

    def __init__(self, pid: int, proc: Path = Path("/proc")) -> None:
        self._tasks = proc / str(pid) / "task"
        self._sampled_at, self._cpu_time = time.monotonic(), self._nanoseconds()
        self.idle_samples = 0

    def sample(self) -> int:
        """Take a sample; returns how many samples in a row, this one included, found the process idle."""
        now, cpu_time = time.monotonic(), self._nanoseconds()
        share = (cpu_time - self._cpu_time) / 1e9 / max(now - self._sampled_at, 1e-6)
        self._sampled_at, self._cpu_time = now, cpu_time
        self.idle_samples = self.idle_samples + 1 if share < IDLE_SHARE else 0
        return self.idle_samples

    def _nanoseconds(self) -> int:
        """Time on a CPU and in its run queue, summed over all threads."""
        total = 0
        for path in self._tasks.glob("*/schedstat"):
            try:
                ran, queued = path.read_text().split()[:2]
            except (OSError, ValueError):  # the thread has ended
                continue
            total += int(ran) + int(queued)
        return total
