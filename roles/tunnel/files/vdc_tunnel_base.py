"""Paths, commands, the lock and atomic writes, shared by the modules of vdc-tunnel."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HOME = Path(os.environ.get("VDC_TUNNEL_HOME", "/etc/vdc/tunnel"))
RUN = Path(os.environ.get("VDC_TUNNEL_RUN", "/run/vdc-tunnel"))
NFS = 2049


def run(*command: str, stdin: str | None = None) -> str:
    """Run a command and return its output; exit with its error message if it fails."""
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command[:3])}: {done.stderr.strip() or done.returncode}")
    return done.stdout


@contextmanager
def exclusive() -> Iterator[None]:
    """Hold the lock of this node's tunnel, so that watch, adopt and playbooks change it one after the other."""
    RUN.mkdir(mode=0o755, parents=True, exist_ok=True)
    with (RUN / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def write(path: Path, text: str, mode: int = 0o644) -> None:
    """Replace a file atomically: readers see its old text or its new one."""
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
