# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The list of all that a backup holds, with checksums: made beside each backup, held against every restore.

A file with a head, a line for each entry of the tree in its order, and a foot. Neither is read whole: a node has little memory.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.storage import copying
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.copying import Entry

SHOWN = 3  # differences that are named
# A file that changed so shortly before the list was made may have changed once more within the same tick of the clock.
RACE = 2.0  # seconds


class ManifestError(Exception):
    """The file is not a whole manifest."""


@dataclass(frozen=True)
class Head:
    """Whose volume it was, the first of the tenant's user ids, when it stood as listed (seconds since 1970), and its
    size in bytes."""

    tenant: str
    number: int
    first_uid: int
    taken: float
    size: int


@dataclass
class Foot:
    """How many entries were listed, the bytes in their files, and how many of these were read for it (the others were
    as in the list before)."""

    entries: int = 0
    bytes: int = 0
    read: int = 0


@dataclass
class Verdict:
    """What a comparison found; ``differences`` are the first few, in words."""

    entries: int = 0
    bytes: int = 0
    different: int = 0
    differences: list[str] = field(default_factory=list)

    def note(self, what: str) -> None:
        """Another difference."""
        self.different += 1
        if len(self.differences) < SHOWN:
            self.differences.append(what.encode("utf-8", "replace").decode())


def write(root: str, head: Head, path: str, before: str = "") -> Foot:
    """List the tree at ``root`` into the file ``path``. What has not changed since the list ``before`` is not read
    again. Raises ``OSError`` for what cannot be read."""
    known, foot = _Known(before), Foot()

    def digest(name: str, file: str, about: os.stat_result) -> str:
        found = known.find(name, about)
        if not found:
            foot.read += about.st_size
        return found or copying.contents(file)

    new = f"{path}.new"
    with open(new, "w", encoding="ascii", opener=_private) as out:
        out.write(json.dumps(asdict(head)) + "\n")
        for entry, about in copying.entries(root, digest):
            # What nobody can back up, and nobody needs: it lives as long as the program that made it.
            if entry.kind == "socket":
                continue
            foot.entries += 1
            foot.bytes += entry.size if entry.kind == copying.FILE else 0
            out.write(json.dumps([*entry, about.st_ino, about.st_ctime_ns], separators=(",", ":")) + "\n")
        out.write(json.dumps(asdict(foot)) + "\n")
    os.replace(new, path)
    return foot


def head_of(path: str) -> Head:
    """The head of a manifest; raises ``ManifestError``."""
    with open(path, encoding="ascii") as file:
        return _head(file.readline())


def foot_of(path: str) -> Foot:
    """The foot of a manifest; raises ``ManifestError`` where it is missing."""
    with open(path, "rb") as file:
        file.seek(max(0, os.path.getsize(path) - 4096))
        return _foot(file.read().decode("ascii").splitlines()[-1:])


def compare(root: str, path: str, expected: Callable[[Entry], Entry] | None = None) -> Verdict:
    """Hold the tree at ``root`` against the manifest at ``path``, reading every file. ``expected`` tells what becomes
    of an entry when it is restored."""
    verdict = Verdict()
    there = (entry for entry, _about in copying.entries(root) if entry.kind != "socket")
    listed = (entry for entry, _inode, _ctime in _lines(path))
    for wish, seen in _pairs(listed, there):
        if wish is None:
            verdict.note(f"{seen.path} was not backed up")
        elif seen is None:
            verdict.note(f"{wish.path} is missing")
        else:
            verdict.entries += 1
            verdict.bytes += seen.size if seen.kind == copying.FILE else 0
            wish = expected(wish) if expected else wish
            if fault := _difference(wish, seen):
                verdict.note(f"{wish.path} has another {fault}")
    return verdict


def _pairs(listed: Iterator[Entry], there: Iterator[Entry]) -> Iterator[tuple[Entry | None, Entry | None]]:
    """Both in step; ``None`` where one lacks what the other has."""
    left, right = next(listed, None), next(there, None)
    while left or right:
        if left and (not right or copying.order(left.path) < copying.order(right.path)):
            yield left, None
            left = next(listed, None)
        elif right and (not left or copying.order(right.path) < copying.order(left.path)):
            yield None, right
            right = next(there, None)
        else:
            yield left, right
            left, right = next(listed, None), next(there, None)


def _difference(wish: Entry, seen: Entry) -> str:
    """The names of the fields that differ, for people."""
    return " and ".join(name for name in Entry._fields if getattr(wish, name) != getattr(seen, name))


class _Known:
    """An older manifest, read beside the tree as that is walked."""

    def __init__(self, path: str) -> None:
        self._lines: Iterator[tuple[Entry, int, int]] = iter(())
        self._limit = 0
        if path and os.path.exists(path):
            try:
                self._limit = int((head_of(path).taken - RACE) * 1e9)
                foot_of(path)
                self._lines = _lines(path)
            except ManifestError:
                pass
        self._next = next(self._lines, None)

    def find(self, name: str, about: os.stat_result) -> str:
        """The file's checksum, if it is as it was; to be asked in the order of the walk."""
        while self._next and copying.order(self._next[0].path) < copying.order(name):
            self._next = next(self._lines, None)
        if not self._next or self._next[0].path != name:
            return ""
        entry, inode, ctime = self._next
        same = (entry.size, entry.mtime, inode, ctime) == (
            about.st_size,
            about.st_mtime_ns,
            about.st_ino,
            about.st_ctime_ns,
        )
        return entry.content if same and entry.kind == copying.FILE and ctime < self._limit else ""


def _lines(path: str) -> Iterator[tuple[Entry, int, int]]:
    """Every entry, with inode and time of change; raises ``ManifestError`` at the end if the foot does not fit."""
    number = 0
    with open(path, encoding="ascii") as file:
        _head(file.readline())
        for line in file:
            if not line.startswith("["):
                foot = _foot([line])
                if foot.entries != number:
                    raise ManifestError(f"the manifest has {number} entries and should have {foot.entries}")
                return
            number += 1
            *fields, inode, ctime = json.loads(line)
            yield Entry(*fields), inode, ctime
    raise ManifestError("the manifest has no end")


def _head(line: str) -> Head:
    return Head(**_object(line))


def _foot(lines: Iterable[str]) -> Foot:
    return Foot(**_object("".join(lines)))


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise ManifestError("the manifest is broken")
    return found


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
