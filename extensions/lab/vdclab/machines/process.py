"""Processes that outlive the lab on purpose, and how to find and end them by a folder alone."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path


def alive(pid: int) -> bool:
    """Whether ``pid`` runs (a zombie does not)."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def ours(pid: int, mark: str) -> bool:
    """Whether ``pid`` runs with ``mark`` in its command line: a pid may have been given anew."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return mark in words and alive(pid)


def recorded(pidfile: Path, mark: str) -> int | None:
    """The pid in ``pidfile`` while it runs and is ours, else ``None``."""
    try:
        pid = int(pidfile.read_text())
    except (FileNotFoundError, ValueError):
        return None
    return pid if ours(pid, mark) else None


def end(pid: int, grace: float = 3.0) -> None:
    """Ask ``pid`` to end; kill it after ``grace`` seconds. Returns when it is gone."""
    for sign, patience in ((signal.SIGTERM, grace), (signal.SIGKILL, 10.0)):
        try:
            os.kill(pid, sign)
        except ProcessLookupError:
            return
        limit = time.monotonic() + patience
        while time.monotonic() < limit:
            # A child of ours would stay a zombie; of anybody else's this is an error.
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
            if not alive(pid):
                return
            time.sleep(0.02)
