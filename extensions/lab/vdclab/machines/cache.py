"""The cache of everything that takes minutes to build; entries are named by a hash of their recipe."""

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
    """Twelve hex digits of a hash over ``parts`` and their lengths."""
    total = hashlib.sha256()
    for part in parts:
        raw = part.encode() if isinstance(part, str) else part
        total.update(len(raw).to_bytes(8, "big") + raw)
    return total.hexdigest()[:12]


def tree_digest(directory: Path) -> str:
    """``digest`` over the names, modes and contents of the files below ``directory``."""
    parts: list[str | bytes] = []
    for path in sorted(p for p in directory.rglob("*") if p.is_file() and "__pycache__" not in p.parts):
        executable = "x" if path.stat().st_mode & 0o100 else "-"
        parts += [f"{path.relative_to(directory)} {executable}", path.read_bytes()]
    return digest(*parts)


class Cache:
    """Directories ``<kind>-<hash>`` that are either complete or do not exist.

    A build uses a temporary directory that is renamed at its end; the next build of that kind removes
    what a killed one left. Only one build of a kind runs at a time.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def path(self, kind: str, key: str) -> Path:
        """The directory of the entry, whether it exists or not."""
        return self.directory / f"{kind}-{key}"

    def ensure(self, kind: str, key: str, build: Callable[[Path], None]) -> Path:
        """The entry's directory; if it does not exist, ``build(directory)`` fills it. An exception of
        ``build`` is raised, and no entry is stored."""
        entry = self.path(kind, key)
        if entry.is_dir():
            return entry
        self.directory.mkdir(parents=True, exist_ok=True)
        with self._locked(kind):
            if entry.is_dir():
                return entry
            for leftover in self.directory.glob(f"{kind}-*.part"):
                shutil.rmtree(leftover)
            part = entry.with_name(f"{entry.name}.{os.getpid()}.part")
            part.mkdir()
            build(part)
            part.rename(entry)
        return entry

    @contextmanager
    def _locked(self, kind: str) -> Iterator[None]:
        with (self.directory / f"{kind}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
