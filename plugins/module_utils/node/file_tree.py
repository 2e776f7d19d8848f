# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A directory with exactly the files that were wished, and data directories beside it.

Runs on nodes, with Python 3.10 or newer and nothing else.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


class TreeError(Exception):
    """Something on the node is in the way; the text says what would do."""


@dataclass(frozen=True)
class Entry:
    """A file (with its ``digest``) or a directory (without one), and whose it is."""

    mode: int
    owner: int
    group: int
    digest: str | None = None
    content: bytes = field(default=b"", compare=False, repr=False)

    def shown(self) -> dict[str, Any]:
        """What a diff tells: a fingerprint, never the content."""
        told: dict[str, Any] = {"mode": f"{self.mode:04o}", "owner": self.owner, "group": self.group}
        return told if self.digest is None else {**told, "sha256": self.digest[:12]}


Tree = dict[str, Entry]  # by path below the directory; "" is the directory itself


def wished(mode: int, files: Iterable[dict[str, Any]]) -> Tree:
    """The tree of the ``files`` (path, content, mode, owner, group) in a directory of ``mode``;
    directories between are root's and open to pass. Raises ``TreeError``."""
    tree: Tree = {"": Entry(mode, 0, 0)}
    for wish in files:
        path = Path(wish["path"])
        if path.is_absolute() or ".." in path.parts or str(path) == ".":
            raise TreeError(f"files: {wish['path']} must be a path below the directory")
        if str(path) in tree:
            raise TreeError(f"files: {path} is there twice; leave one out")
        content = wish["content"].encode()
        digest = hashlib.sha256(content).hexdigest()
        for parent in list(path.parents)[:-1]:
            tree.setdefault(str(parent), Entry(0o755, 0, 0))
        tree[str(path)] = Entry(int(wish["mode"], 8), wish["owner"], wish["group"], digest, content)
    return tree


def seen(directory: Path) -> Tree:
    """What is in ``directory`` now; empty if it is not there. Raises ``TreeError`` for what is
    neither file nor directory."""
    if not directory.is_dir():
        return {}
    tree: Tree = {}
    for path in [directory, *directory.rglob("*")]:
        about = path.lstat()
        name = str(path.relative_to(directory)) if path != directory else ""
        if stat.S_ISDIR(about.st_mode):
            digest = None
        elif stat.S_ISREG(about.st_mode):
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
        else:
            raise TreeError(f"{path} is neither file nor directory; remove it")
        tree[name] = Entry(stat.S_IMODE(about.st_mode), about.st_uid, about.st_gid, digest)
    return tree


def apply(directory: Path, wish: Tree, now: Tree) -> None:
    """Turn ``now`` into ``wish``. A file appears whole, with its owner and mode, or not at all."""
    for name in sorted(set(now) - set(wish), reverse=True):
        path = directory / name
        path.rmdir() if now[name].digest is None else path.unlink()
    for name in sorted(wish):
        entry, path = wish[name], directory / name
        if now.get(name) == entry:
            continue
        if entry.digest is None:
            path.mkdir(parents=True, exist_ok=True)
            os.chown(path, entry.owner, entry.group)
            path.chmod(entry.mode)
            continue
        handle, part = tempfile.mkstemp(dir=path.parent)  # 0600
        with os.fdopen(handle, "wb") as file:
            file.write(entry.content)
        os.chown(part, entry.owner, entry.group)
        os.chmod(part, entry.mode)
        os.replace(part, path)


def remove(directory: Path) -> None:
    """Delete the directory with all that is in it."""
    shutil.rmtree(directory)


def data_directory(path: Path) -> Entry | None:
    """A data directory as it is; ``None`` if it is not there."""
    try:
        about = path.stat()
    except FileNotFoundError:
        return None
    return Entry(stat.S_IMODE(about.st_mode), about.st_uid, about.st_gid)


def make_data_directory(path: Path, wish: Entry) -> None:
    """Make a data directory, or set its owner and mode; raises ``TreeError``.

    A network file system that squashes root gives root no power to give things away: there the
    directory must be made on the other side.
    """
    now = data_directory(path)
    path.mkdir(parents=True, exist_ok=True)
    try:
        os.chown(path, wish.owner, wish.group)
        path.chmod(wish.mode)
    except PermissionError:
        if now is None:
            path.rmdir()
        raise TreeError(
            f"{path} must belong to {wish.owner}:{wish.group} with mode {wish.mode:04o}, and this node's root may not "
            "change it; do it where its file system is"
        ) from None
