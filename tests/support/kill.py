"""Kill runs of playbooks with all processes that they have started."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess

from support.warm import Run

Process = subprocess.Popen[str] | Run


def tree(process: Process) -> list[int]:
    """Return a run's process and all processes that it has started."""
    listed = subprocess.run(["ps", "-e", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    parents = {int(pid): int(parent) for pid, parent in (line.split() for line in listed.splitlines())}
    found = [process.pid]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found


def kill_tree(process: Process) -> None:
    """Kill a run as a power failure would: its process group, and the processes that it started in other groups, such as
    ansible-core's workers."""
    known: set[int] = set()
    # All are stopped before any is killed, so that none starts another in the meantime.
    while process.poll() is None and (new := set(tree(process)) - known):
        for pid in new:
            _signal(pid, signal.SIGSTOP)
        known |= new
    for pid in known:
        _signal(pid, signal.SIGKILL)
    process.wait(30)


def _signal(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
