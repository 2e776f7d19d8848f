"""Whether an emulator works or only waits: a guest that hangs early in its boot says nothing and
asks for no CPU, however busy the host is."""

from __future__ import annotations

import time
from pathlib import Path

# A booting guest asks for a whole core or more, a hung one for less than a tenth.
IDLE = 0.3


class Pulse:
    """What share of a core a process ran or queued for since it was last asked."""

    def __init__(self, pid: int, proc: Path = Path("/proc")) -> None:
        self._tasks = proc / str(pid) / "task"
        self._asked, self._wanted = time.monotonic(), self._nanoseconds()
        self.idle = 0

    def idle_for(self) -> int:
        """How many times in a row the process asked for next to no CPU, this time included."""
        now, wanted = time.monotonic(), self._nanoseconds()
        share = (wanted - self._wanted) / 1e9 / max(now - self._asked, 1e-6)
        self._asked, self._wanted = now, wanted
        self.idle = self.idle + 1 if share < IDLE else 0
        return self.idle

    def _nanoseconds(self) -> int:
        """Time on a CPU and in its queue, of all threads."""
        total = 0
        for path in self._tasks.glob("*/schedstat"):
            try:
                ran, queued = path.read_text().split()[:2]
            except (OSError, ValueError):  # a thread that ended
                continue
            total += int(ran) + int(queued)
        return total
