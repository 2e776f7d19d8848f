# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Entries of a directory tree, and one checksum over all of them: equal exactly when two copies are equal."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from typing import NamedTuple

BLOCK = 1024**2  # bytes read at once
DUPLICATE_ACL = "trusted.SGI_ACL_"  # XFS shows root each access list a second time, in its own format
DIRECTORY, FILE, LINK, HARD_LINK = "directory", "file", "link", "same"
KINDS = {stat.S_IFDIR: DIRECTORY, stat.S_IFREG: FILE, stat.S_IFLNK: LINK}
KINDS |= {stat.S_IFIFO: "pipe", stat.S_IFSOCK: "socket", stat.S_IFCHR: "characters", stat.S_IFBLK: "blocks"}


class Entry(NamedTuple):
    """One path of a tree.

    ``content`` is a file's SHA-256, a symbolic link's target, a device's number, or for a ``HARD_LINK`` the path
    under which the same file was listed first. ``attributes`` are the extended attributes, values in hexadecimal.
    ``size`` is a file's size in bytes; ``mtime`` is in nanoseconds.
    """

    path: str
    kind: str
    mode: int
    uid: int
    gid: int
    mtime: int
    attributes: dict[str, str]
    content: str
    size: int


def checksum(root: str) -> tuple[str, int]:
    """Return the SHA-256 over every entry below ``root``, and the number of entries.

    Path, kind, permissions, owner, modification time, extended attributes, hard links and
    contents count. A file that cannot be read raises ``OSError``.
    """
    digest, number = hashlib.sha256(), 0
    for entry, _status in entries(root):
        number += 1
        digest.update(repr(tuple(entry)).encode("utf-8", "surrogateescape"))
    return digest.hexdigest(), number


def entries(
    root: str, digest: Callable[[str, str, os.stat_result], str] | None = None
) -> Iterator[tuple[Entry, os.stat_result]]:
    """Yield every entry of the tree with its status, sorted by ``order``; ``root`` itself comes first, as ``.``.

    ``digest(path below the root, full path, status)`` returns a file's checksum; without it, each file is read.
    """
    first_paths: dict[tuple[int, int], str] = {}
    for name, path in _walk(root):
        status = os.lstat(path)
        kind, content, size = KINDS[stat.S_IFMT(status.st_mode)], "", 0
        if kind == LINK:
            content = os.readlink(path)
        elif kind == FILE:
            size = status.st_size
            first = first_paths.setdefault((status.st_dev, status.st_ino), name) if status.st_nlink > 1 else name
            if first != name:
                kind, content = HARD_LINK, first
            else:
                content = digest(name, path, status) if digest else file_digest(path)
        elif kind in ("characters", "blocks"):
            content = str(status.st_rdev)
        # A directory's size is left out: it differs between file systems.
        mode, mtime = stat.S_IMODE(status.st_mode), status.st_mtime_ns
        yield Entry(name, kind, mode, status.st_uid, status.st_gid, mtime, _attributes(path), content, size), status


def order(path: str) -> tuple[str, ...]:
    """Return the sort key that puts a tree's paths in the order of ``entries``."""
    return () if path == "." else tuple(path.split("/"))


def file_digest(path: str) -> str:
    """Return the SHA-256 of a file's content."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _walk(root: str) -> Iterator[tuple[str, str]]:
    """Yield each path below the root, with its full path."""
    yield ".", root
    pending = [(name, os.path.join(root, name)) for name in sorted(os.listdir(root), reverse=True)]
    while pending:
        name, path = pending.pop()
        yield name, path
        if os.path.isdir(path) and not os.path.islink(path):
            below = sorted(os.listdir(path), reverse=True)
            pending += [(f"{name}/{entry}", os.path.join(path, entry)) for entry in below]


def _attributes(path: str) -> dict[str, str]:
    names = sorted(name for name in os.listxattr(path, follow_symlinks=False) if not name.startswith(DUPLICATE_ACL))
    return {name: os.getxattr(path, name, follow_symlinks=False).hex() for name in names}
