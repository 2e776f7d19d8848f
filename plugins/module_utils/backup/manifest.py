# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Manifest of a backup: every entry of the volume with its checksum, written with each backup and compared after each restore.

The file has a header, one line for each entry in the order of the tree, and a footer. It is read line by line, because a
node has little memory.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.storage import tree
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.tree import Entry

MAX_DIFFERENCES = 3  # that a message names
# A file that changed this shortly before its manifest was written may have changed again within the same clock tick.
CLOCK_TICK = 2.0  # seconds


class ManifestError(Exception):
    """The file is not a complete manifest."""


@dataclass(frozen=True)
class Header:
    """The volume: tenant, first of the tenant's user ids, time of the snapshot (seconds since 1970), size in bytes."""

    tenant: str
    number: int
    first_uid: int
    created: float
    size: int


@dataclass
class Footer:
    """Number of entries, bytes in their files, and how many of these bytes are of files that were read because they
    changed since the previous manifest."""

    entries: int = 0
    bytes: int = 0
    bytes_added: int = 0


@dataclass
class Comparison:
    """Result of a comparison: what was compared, how many entries differ, and the first few differences as text."""

    entries: int = 0
    bytes: int = 0
    different: int = 0
    differences: list[str] = field(default_factory=list)

    def add_difference(self, text: str) -> None:
        """Count a difference, and keep its text if it is one of the first."""
        self.different += 1
        if len(self.differences) < MAX_DIFFERENCES:
            self.differences.append(text.encode("utf-8", "replace").decode())


def write(root: str, header: Header, path: str, previous: str = "") -> Footer:
    """Write the manifest of the tree at ``root`` to the file ``path``.

    Files that have not changed since the manifest ``previous`` are not read again. Raises ``OSError`` for a file that
    cannot be read.
    """
    known, footer = _PreviousManifest(previous), Footer()

    def digest(name: str, file: str, status: os.stat_result) -> str:
        found = known.find(name, status)
        if not found:
            footer.bytes_added += status.st_size
        return found or tree.file_digest(file)

    new = f"{path}.new"
    with open(new, "w", encoding="ascii", opener=_private) as out:
        out.write(json.dumps(asdict(header)) + "\n")
        for entry, status in tree.entries(root, digest):
            # A socket cannot be backed up, and is useless without the program that created it.
            if entry.kind == "socket":
                continue
            footer.entries += 1
            footer.bytes += entry.size if entry.kind == tree.FILE else 0
            out.write(json.dumps([*entry, status.st_ino, status.st_ctime_ns], separators=(",", ":")) + "\n")
        out.write(json.dumps(asdict(footer)) + "\n")
    os.replace(new, path)
    return footer


def read_header(path: str) -> Header:
    """Return the header of a manifest; raise ``ManifestError`` where there is none."""
    with open(path, encoding="ascii") as file:
        return _header(file.readline())


def read_footer(path: str) -> Footer:
    """Return the footer of a manifest; raise ``ManifestError`` where there is none."""
    with open(path, "rb") as file:
        file.seek(max(0, os.path.getsize(path) - 4096))
        return _footer(file.read().decode("ascii").splitlines()[-1:])


def compare(root: str, path: str, restored: Callable[[Entry], Entry] | None = None) -> Comparison:
    """Compare the tree at ``root`` with the manifest at ``path``, reading every file.

    ``restored(entry)`` returns how an entry of the manifest must look after its restore; by default unchanged.
    """
    result = Comparison()
    found_entries = (entry for entry, _status in tree.entries(root) if entry.kind != "socket")
    listed_entries = (entry for entry, _inode, _ctime in _lines(path))
    for listed, found in _pairs(listed_entries, found_entries):
        if listed is None:
            result.add_difference(f"{found.path} was not backed up")
        elif found is None:
            result.add_difference(f"{listed.path} is missing")
        else:
            result.entries += 1
            result.bytes += found.size if found.kind == tree.FILE else 0
            expected = restored(listed) if restored else listed
            if fields := _different_fields(expected, found):
                result.add_difference(f"{listed.path} has another {fields}")
    return result


def _pairs(listed: Iterator[Entry], found: Iterator[Entry]) -> Iterator[tuple[Entry | None, Entry | None]]:
    """Yield the entries of both by path; ``None`` where one lacks a path that the other has."""
    left, right = next(listed, None), next(found, None)
    while left or right:
        if left and (not right or tree.order(left.path) < tree.order(right.path)):
            yield left, None
            left = next(listed, None)
        elif right and (not left or tree.order(right.path) < tree.order(left.path)):
            yield None, right
            right = next(found, None)
        else:
            yield left, right
            left, right = next(listed, None), next(found, None)


def _different_fields(expected: Entry, found: Entry) -> str:
    """Return the names of the fields that differ, as text; empty when none does."""
    return " and ".join(name for name in Entry._fields if getattr(expected, name) != getattr(found, name))


class _PreviousManifest:
    """An older manifest, read in parallel with the walk of the tree."""

    def __init__(self, path: str) -> None:
        self._lines: Iterator[tuple[Entry, int, int]] = iter(())
        self._limit = 0
        if path and os.path.exists(path):
            try:
                self._limit = int((read_header(path).created - CLOCK_TICK) * 1e9)
                read_footer(path)
                self._lines = _lines(path)
            except ManifestError:
                pass
        self._next = next(self._lines, None)

    def find(self, name: str, status: os.stat_result) -> str:
        """Return the checksum of a file that has not changed, else empty text; call it in the order of the walk."""
        while self._next and tree.order(self._next[0].path) < tree.order(name):
            self._next = next(self._lines, None)
        if not self._next or self._next[0].path != name:
            return ""
        entry, inode, ctime = self._next
        unchanged = (entry.size, entry.mtime, inode, ctime) == (
            status.st_size,
            status.st_mtime_ns,
            status.st_ino,
            status.st_ctime_ns,
        )
        return entry.content if unchanged and entry.kind == tree.FILE and ctime < self._limit else ""


def _lines(path: str) -> Iterator[tuple[Entry, int, int]]:
    """Yield every entry with its inode and change time; raise ``ManifestError`` at the end if the footer does not match."""
    number = 0
    with open(path, encoding="ascii") as file:
        _header(file.readline())
        for line in file:
            if not line.startswith("["):
                footer = _footer([line])
                if footer.entries != number:
                    raise ManifestError(f"the manifest has {number} entries, but its footer counts {footer.entries}")
                return
            number += 1
            *fields, inode, ctime = json.loads(line)
            yield Entry(*fields), inode, ctime
    raise ManifestError("the manifest has no footer")


def _header(line: str) -> Header:
    return Header(**_object(line))


def _footer(lines: Iterable[str]) -> Footer:
    return Footer(**_object("".join(lines)))


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise ManifestError("the manifest is damaged")
    return found


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
