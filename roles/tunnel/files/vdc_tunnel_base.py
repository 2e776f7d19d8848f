"""Where the tunnel's parts keep things, and how they run commands.

Part of vdc-tunnel, which says what it is for.
"""

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


def run(*command: str, given: str | None = None) -> str:
    """The output of a command; its failure ends the program with what it said."""
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command[:3])}: {done.stderr.strip() or done.returncode}")
    return done.stdout


@contextmanager
def alone() -> Iterator[None]:
    """Nobody else changes this node's tunnel meanwhile: watch, adopt and playbooks take turns."""
    RUN.mkdir(mode=0o755, parents=True, exist_ok=True)
    with (RUN / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def write(path: Path, text: str, mode: int = 0o644) -> None:
    """A reader sees a file's old text or its new one, never half of it."""
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
