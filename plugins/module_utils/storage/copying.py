# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The checksum of a tree of files: what two copies must have in common."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator

PIECE = 1024**2  # bytes read at once


def checksum(root: str) -> tuple[str, int]:
    """SHA-256 over every entry below ``root``, and how many there are.

    Path, kind, permissions, owner, modification time, extended attributes, hard links and
    contents count. A file that cannot be read raises ``OSError``.
    """
    whole, entries = hashlib.sha256(), 0
    linked: dict[tuple[int, int], str] = {}
    for path in _walk(root):
        entries += 1
        about = os.lstat(path)
        name = os.path.relpath(path, root)
        # A directory's size differs between file systems.
        said = [name, stat.S_IFMT(about.st_mode), stat.S_IMODE(about.st_mode), about.st_uid, about.st_gid]
        said.append(about.st_mtime_ns)
        said.append([(key, os.getxattr(path, key, follow_symlinks=False)) for key in sorted(_attributes(path))])
        if stat.S_ISLNK(about.st_mode):
            said.append(os.readlink(path))
        elif stat.S_ISREG(about.st_mode):
            first = linked.setdefault((about.st_dev, about.st_ino), name)
            said.append(first if first != name else _contents(path))
        elif stat.S_ISCHR(about.st_mode) or stat.S_ISBLK(about.st_mode):
            said.append(about.st_rdev)
        whole.update(repr(said).encode("utf-8", "surrogateescape"))
    return whole.hexdigest(), entries


def _walk(root: str) -> Iterator[str]:
    yield root
    for folder, folders, files in os.walk(root, onerror=_raise):
        folders.sort()
        yield from (os.path.join(folder, name) for name in sorted(folders + files))


def _attributes(path: str) -> list[str]:
    return os.listxattr(path, follow_symlinks=False)


def _contents(path: str) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while piece := file.read(PIECE):
            digest.update(piece)
    return digest.hexdigest()


def _raise(error: OSError) -> None:
    raise error
