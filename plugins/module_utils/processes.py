# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Processes of this machine, and the Ansible run that a process belongs to.

Ansible's workers have their own sessions: when a run's process group is killed, its workers and the modules that they
started keep running, beside the next run. So a module checks that its run is still alive before it changes anything
(``run_is_alive``).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

PLAYBOOK = "ansible-playbook"


@dataclass(frozen=True)
class Processes:
    """The processes of a machine, read from ``proc``, which is a parameter for tests."""

    proc: Path = Path("/proc")

    def process(self, pid: int) -> tuple[int, int, bool] | None:
        """The parent, the start in clock ticks since boot, and whether it is running; None for an unknown id."""
        text = read(self.proc / str(pid) / "stat")
        if not text:
            return None
        # The name, in parentheses, may contain any character.
        fields = text.rpartition(")")[2].split()
        return int(fields[1]), int(fields[19]), fields[0] not in "ZX"

    def lives(self, pid: int, start: int) -> bool:
        """Whether the process that started then is still running; process ids are used again."""
        known = self.process(pid)
        return known is not None and known[1] == start and known[2]

    def is_program(self, pid: int, *names: str) -> bool:
        """Whether the process is a program, or a Python script, of one of these names."""
        words = read(self.proc / str(pid) / "cmdline").split("\0")[:3]
        return any(Path(word).name in names for word in words)


def run_is_alive(pid: int | None = None, processes: Processes | None = None) -> Callable[[], bool]:
    """Return a function that checks whether the ansible-playbook run of process ``pid`` (default: this one) is alive.

    For a process that belongs to no such run it always returns true.
    """
    known = processes or Processes()
    at = pid or os.getpid()
    while not known.is_program(at, PLAYBOOK):
        process = known.process(at)
        if process is None:
            return lambda: True
        at = process[0]
    # The nearest ansible-playbook above a module is a worker, a child of the run itself; if its parent is another
    # process, the run is dead.
    worker = known.process(at)
    main = worker[0] if worker else 0
    run = known.process(main)
    if run is None or not known.is_program(main, PLAYBOOK):
        return lambda: False
    return lambda: known.lives(main, run[1])


def read(path: Path) -> str:
    """The stripped text of the file; empty if it cannot be read."""
    try:
        return path.read_text(errors="replace").strip()
    except OSError:
        return ""
