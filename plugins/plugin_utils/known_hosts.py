# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A known_hosts file with the keys that nodes must have."""

from __future__ import annotations

import fcntl
import os
import tempfile
from pathlib import Path


def ensure_line(path: Path, alias: str, key: str) -> bool:
    """Make ``key`` the only one that ``alias`` has in the file; whether that changed it. Several processes may do so at once."""
    line = f"{alias} {key}"
    if _lines(path, alias)[0] == [line]:
        return False
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.with_name(f".{path.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        own, others = _lines(path, alias)
        if own == [line]:
            return False
        _replace(path, [*others, line])
    return True


def _lines(path: Path, alias: str) -> tuple[list[str], list[str]]:
    """The lines of ``alias`` and those of other hosts; none if there is no file."""
    try:
        lines = path.read_text().splitlines()
    except FileNotFoundError:
        return [], []
    own = [line for line in lines if line.split(" ", 1)[0] == alias]
    return own, [line for line in lines if line not in own]


def _replace(path: Path, lines: list[str]) -> None:
    handle, draft = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with open(handle, "w") as file:
            file.write("".join(f"{line}\n" for line in lines))
        os.replace(draft, path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
