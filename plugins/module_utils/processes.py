# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Processes of this machine, and the run of Ansible that one of them works for.

Ansible's workers have sessions of their own: when a run's process group is killed, they and the
modules that they have begun go on, beside the next run. So a module asks whether its run still goes
on before it changes anything (``goes_on``).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

PLAYBOOK = "ansible-playbook"


@dataclass(frozen=True)
class Processes:
    """Where processes are looked for; the directory is a parameter so that tests can make their own."""

    proc: Path = Path("/proc")

    def process(self, pid: int) -> tuple[int, int, bool] | None:
        """The parent, the start in clock ticks since boot, and whether it still runs; None where there is none."""
        text = read(self.proc / str(pid) / "stat")
        if not text:
            return None
        # The name, in parentheses, may hold anything.
        fields = text.rpartition(")")[2].split()
        return int(fields[1]), int(fields[19]), fields[0] not in "ZX"

    def lives(self, pid: int, start: int) -> bool:
        """Whether the process that began then still runs; ids are given again."""
        known = self.process(pid)
        return known is not None and known[1] == start and known[2]

    def is_program(self, pid: int, *names: str) -> bool:
        """Whether the process is a program, or a Python script, of one of these names."""
        words = read(self.proc / str(pid) / "cmdline").split("\0")[:3]
        return any(Path(word).name in names for word in words)


def goes_on(pid: int | None = None, processes: Processes | None = None) -> Callable[[], bool]:
    """How to ask whether the run of ansible-playbook that process ``pid`` (default: this one) works for still goes
    on. Of a process that works for none, it always does."""
    there = processes or Processes()
    at = pid or os.getpid()
    while not there.is_program(at, PLAYBOOK):
        known = there.process(at)
        if known is None:
            return lambda: True
        at = known[0]
    # A module's nearest ansible-playbook is a worker, a child of the run itself; else it has lost its parent.
    worker = there.process(at)
    main = worker[0] if worker else 0
    run = there.process(main)
    if run is None or not there.is_program(main, PLAYBOOK):
        return lambda: False
    return lambda: there.lives(main, run[1])


def read(path: Path) -> str:
    """What the file holds; nothing, if it cannot be read."""
    try:
        return path.read_text(errors="replace").strip()
    except OSError:
        return ""
