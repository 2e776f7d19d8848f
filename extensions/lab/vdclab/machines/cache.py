"""What takes minutes to build is built once: entries named by a hash of their recipe."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


def default_cache() -> Path:
    """``$XDG_CACHE_HOME/sovereign-vdc``, or the same below ``~/.cache``."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sovereign-vdc"


def digest(*parts: str | bytes) -> str:
    """Twelve hex digits that change with any of ``parts`` (and with where one ends)."""
    total = hashlib.sha256()
    for part in parts:
        raw = part.encode() if isinstance(part, str) else part
        total.update(len(raw).to_bytes(8, "big") + raw)
    return total.hexdigest()[:12]


def tree_digest(folder: Path) -> str:
    """``digest`` over the names, modes and contents of the files below ``folder``."""
    parts: list[str | bytes] = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and "__pycache__" not in p.parts):
        executable = "x" if path.stat().st_mode & 0o100 else "-"
        parts += [f"{path.relative_to(folder)} {executable}", path.read_bytes()]
    return digest(*parts)


class Cache:
    """Folders ``<kind>-<hash>`` that are either complete or not there.

    A build happens in a folder of another name and is renamed at its end, so one that was
    killed is only rubbish, swept by the next. Two builders of one kind wait for each other.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, kind: str, key: str) -> Path:
        """Where the entry is, or would be."""
        return self.folder / f"{kind}-{key}"

    def keep(self, kind: str, key: str, build: Callable[[Path], None]) -> Path:
        """The entry's folder; ``build(folder)`` fills it when it is not there. Whatever
        ``build`` raises comes through, and nothing is kept then."""
        entry = self.path(kind, key)
        if entry.is_dir():
            return entry
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._alone(kind):
            if entry.is_dir():
                return entry
            for rubbish in self.folder.glob(f"{kind}-*.part"):
                shutil.rmtree(rubbish)
            part = entry.with_name(f"{entry.name}.{os.getpid()}.part")
            part.mkdir()
            build(part)
            part.rename(entry)
        return entry

    @contextmanager
    def _alone(self, kind: str) -> Iterator[None]:
        with (self.folder / f"{kind}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
