# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A directory tree with exactly the given files, and data directories outside of it.

Runs on nodes, with Python 3.10 or newer and its standard library only.
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
    """The tree cannot be created as given; the text says why and what to do."""


@dataclass(frozen=True)
class Entry:
    """A file (with a ``digest``) or a directory (without): mode, owner and group."""

    mode: int
    owner: int
    group: int
    digest: str | None = None
    content: bytes = field(default=b"", compare=False, repr=False)

    def view(self) -> dict[str, Any]:
        """Return the entry for a diff, with a checksum in place of the content."""
        found: dict[str, Any] = {"mode": f"{self.mode:04o}", "owner": self.owner, "group": self.group}
        return found if self.digest is None else {**found, "sha256": self.digest[:12]}


Tree = dict[str, Entry]  # by path below the directory; "" is the directory itself


def desired_tree(mode: int, files: Iterable[dict[str, Any]]) -> Tree:
    """Return the tree of the ``files`` (path, content, mode, owner, group) in a directory of ``mode``.

    Directories between are root's with mode 0755. Raises ``TreeError`` for an invalid path.
    """
    tree: Tree = {"": Entry(mode, 0, 0)}
    for file in files:
        path = Path(file["path"])
        if path.is_absolute() or ".." in path.parts or str(path) == ".":
            raise TreeError(f"files: {file['path']} is not below the directory; give a relative path without ..")
        if str(path) in tree:
            raise TreeError(f"files: {path} is given twice; remove one of the two")
        content = file["content"].encode()
        digest = hashlib.sha256(content).hexdigest()
        for parent in list(path.parents)[:-1]:
            tree.setdefault(str(parent), Entry(0o755, 0, 0))
        tree[str(path)] = Entry(int(file["mode"], 8), file["owner"], file["group"], digest, content)
    return tree


def read(directory: Path) -> Tree:
    """Return the current tree of ``directory``; empty if it does not exist.

    Raises ``TreeError`` for anything but a file or a directory.
    """
    if not directory.is_dir():
        return {}
    tree: Tree = {}
    for path in [directory, *directory.rglob("*")]:
        status = path.lstat()
        name = str(path.relative_to(directory)) if path != directory else ""
        if stat.S_ISDIR(status.st_mode):
            digest = None
        elif stat.S_ISREG(status.st_mode):
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
        else:
            raise TreeError(f"{path} is neither a file nor a directory; remove it")
        tree[name] = Entry(stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid, digest)
    return tree


def apply(directory: Path, desired: Tree, current: Tree) -> None:
    """Change ``directory`` from ``current`` to ``desired``. Each file appears complete, with its owner and mode."""
    for name in sorted(set(current) - set(desired), reverse=True):
        path = directory / name
        path.rmdir() if current[name].digest is None else path.unlink()
    for name in sorted(desired):
        entry, path = desired[name], directory / name
        if current.get(name) == entry:
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
    """Delete the directory with everything in it."""
    shutil.rmtree(directory)


def read_data_directory(path: Path) -> Entry | None:
    """Return mode, owner and group of a data directory; ``None`` if it does not exist."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return Entry(stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid)


def ensure_data_directory(path: Path, desired: Entry) -> None:
    """Create a data directory, or set its owner and mode; raise ``TreeError`` where root may not.

    On a network file system that squashes root, only the server's root can change owners.
    """
    current = read_data_directory(path)
    path.mkdir(parents=True, exist_ok=True)
    try:
        os.chown(path, desired.owner, desired.group)
        path.chmod(desired.mode)
    except PermissionError:
        if current is None:
            path.rmdir()
        raise TreeError(
            f"directories: {path} must belong to {desired.owner}:{desired.group} with mode {desired.mode:04o}, but the file system "
            "does not let this node's root change it; create it on the server that exports the file system"
        ) from None
