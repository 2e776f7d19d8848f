"""Processes that may outlive the lab's process, found by the pid files in a directory."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path


def alive(pid: int) -> bool:
    """Whether ``pid`` runs; a zombie does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def ours(pid: int, mark: str) -> bool:
    """Whether ``pid`` runs with ``mark`` in its command line; else the pid belongs to another process."""
    try:
        command_line = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return mark in command_line and alive(pid)


def recorded(pidfile: Path, mark: str) -> int | None:
    """The pid in ``pidfile`` if it runs with ``mark`` in its command line, else ``None``."""
    try:
        pid = int(pidfile.read_text())
    except (FileNotFoundError, ValueError):
        return None
    return pid if ours(pid, mark) else None


def end(pid: int, grace: float = 3.0) -> None:
    """Terminate ``pid``, and kill it after ``grace`` seconds; returns when it has ended."""
    for sign, timeout in ((signal.SIGTERM, grace), (signal.SIGKILL, 10.0)):
        try:
            os.kill(pid, sign)
        except ProcessLookupError:
            return
        limit = time.monotonic() + timeout
        while time.monotonic() < limit:
            # A child must be reaped; for any other process this raises.
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
            if not alive(pid):
                return
            time.sleep(0.02)
