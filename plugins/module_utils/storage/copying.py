# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a tree of files consists of, entry by entry, and its checksum: what two copies must have in common."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from typing import NamedTuple

PIECE = 1024**2  # bytes read at once
SAME_ACL = "trusted.SGI_ACL_"  # XFS shows root an access list once more, in its own form
DIRECTORY, FILE, LINK, SAME = "directory", "file", "link", "same"
KINDS = {stat.S_IFDIR: DIRECTORY, stat.S_IFREG: FILE, stat.S_IFLNK: LINK}
KINDS |= {stat.S_IFIFO: "pipe", stat.S_IFSOCK: "socket", stat.S_IFCHR: "characters", stat.S_IFBLK: "blocks"}


class Entry(NamedTuple):
    """One path of a tree. ``content`` is a file's SHA-256, a link's target, a device's number, or for ``SAME``
    the path of the same file that came before it. ``attributes`` are the extended ones, in hexadecimal. ``size``
    is a file's, in bytes; ``mtime`` is in nanoseconds."""

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
    """SHA-256 over every entry below ``root``, and how many there are.

    Path, kind, permissions, owner, modification time, extended attributes, hard links and
    contents count. A file that cannot be read raises ``OSError``.
    """
    whole, number = hashlib.sha256(), 0
    for entry, _about in entries(root):
        number += 1
        whole.update(repr(tuple(entry)).encode("utf-8", "surrogateescape"))
    return whole.hexdigest(), number


def entries(
    root: str, digest: Callable[[str, str, os.stat_result], str] | None = None
) -> Iterator[tuple[Entry, os.stat_result]]:
    """Every entry of the tree, ``root`` itself first as ``.``, in the order of ``order``. ``digest`` is asked for a
    file's checksum (path below the root, whole path, status); without it, each file is read."""
    linked: dict[tuple[int, int], str] = {}
    for name, path in _walk(root):
        about = os.lstat(path)
        kind, content, size = KINDS[stat.S_IFMT(about.st_mode)], "", 0
        if kind == LINK:
            content = os.readlink(path)
        elif kind == FILE:
            size = about.st_size
            first = linked.setdefault((about.st_dev, about.st_ino), name) if about.st_nlink > 1 else name
            if first != name:
                kind, content = SAME, first
            else:
                content = digest(name, path, about) if digest else contents(path)
        elif kind in ("characters", "blocks"):
            content = str(about.st_rdev)
        # The size of a directory differs between file systems.
        mode, mtime = stat.S_IMODE(about.st_mode), about.st_mtime_ns
        yield Entry(name, kind, mode, about.st_uid, about.st_gid, mtime, _attributes(path), content, size), about


def order(path: str) -> tuple[str, ...]:
    """Sorted by this, a tree's paths come in the order of ``entries``."""
    return () if path == "." else tuple(path.split("/"))


def contents(path: str) -> str:
    """The SHA-256 of a file."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while piece := file.read(PIECE):
            digest.update(piece)
    return digest.hexdigest()


def _walk(root: str) -> Iterator[tuple[str, str]]:
    """Path below the root, and whole path."""
    yield ".", root
    waiting = [(name, os.path.join(root, name)) for name in sorted(os.listdir(root), reverse=True)]
    while waiting:
        name, path = waiting.pop()
        yield name, path
        if os.path.isdir(path) and not os.path.islink(path):
            below = sorted(os.listdir(path), reverse=True)
            waiting += [(f"{name}/{entry}", os.path.join(path, entry)) for entry in below]


def _attributes(path: str) -> dict[str, str]:
    names = sorted(name for name in os.listxattr(path, follow_symlinks=False) if not name.startswith(SAME_ACL))
    return {name: os.getxattr(path, name, follow_symlinks=False).hex() for name in names}
