# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What LVM reports about one volume group, in our words. Pure: text in, objects out. Sizes are bytes."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

OWNED = "managed-by=sovereign.vdc"
GIB = 1024**3

# Asked of LVM in this form; the parser knows no other.
REPORT = ("--reportformat", "json", "--units", "b", "--nosuffix")
PV_FIELDS = "pv_name,vg_name,pv_size,pv_used,pv_allocatable,pv_missing"
VG_FIELDS = "vg_name,vg_tags,vg_size,vg_extent_size,vg_missing_pv_count"
LV_FIELDS = "lv_name,lv_size,lv_tags,origin,data_percent,copy_percent,move_pv,lv_active,lv_snapshot_invalid"


class StorageError(Exception):
    """The storage cannot be had as wished, or a command failed; the text is one sentence that says what would do."""


@dataclass(frozen=True)
class Disk:
    """A physical volume. ``group`` is empty while it belongs to none. ``allocatable`` is false
    while it is being retired: that mark survives every interruption."""

    device: str
    group: str
    size: int
    used: int
    allocatable: bool
    missing: bool = False

    @property
    def free(self) -> int:
        """What new data may take of it."""
        return self.size - self.used if self.allocatable and not self.missing else 0


@dataclass(frozen=True)
class Volume:
    """A logical volume. ``origin`` is set on snapshots, ``filled`` (percent) too."""

    name: str
    size: int
    tags: frozenset[str]
    origin: str = ""
    filled: float = 0.0
    active: bool = True
    broken: bool = False


@dataclass(frozen=True)
class Move:
    """A ``pvmove`` that LVM remembers: off which device, and how many percent of its present piece are done."""

    device: str
    percent: float


@dataclass
class Group:
    """The volume group as it is; ``exists`` is false before it was made."""

    name: str
    exists: bool = False
    tags: frozenset[str] = frozenset()
    extent: int = 4 * 1024**2
    missing: int = 0
    disks: dict[str, Disk] = field(default_factory=dict)
    volumes: dict[str, Volume] = field(default_factory=dict)
    moves: list[Move] = field(default_factory=list)

    @property
    def free(self) -> int:
        """What new data may take."""
        return sum(disk.free for disk in self.disks.values())

    @property
    def size(self) -> int:
        """All disks together."""
        return sum(disk.size for disk in self.disks.values())

    def rounded(self, size: int) -> int:
        """``size`` as LVM would make it: whole extents."""
        return -(-size // self.extent) * self.extent

    def refuse_foreign(self) -> None:
        """Raise ``StorageError`` unless the group is ours and whole."""
        if self.exists and OWNED not in self.tags:
            raise StorageError(
                f"volume group {self.name} exists and is not ours (it lacks the tag {OWNED}): choose another name for "
                f"the pool, or hand it over with vgchange --addtag {OWNED} {self.name}"
            )
        if self.missing:
            raise StorageError(
                f"pool {self.name} misses {self.missing} of its disks: attach what was detached before anything is changed"
            )


def parse(name: str, pvs: str, vgs: str, lvs: str) -> tuple[Group, dict[str, Disk]]:
    """The group ``name``, and every physical volume of the node by device, from the three reports."""
    every = {
        row["pv_name"]: Disk(
            device=row["pv_name"],
            group=row["vg_name"],
            size=int(row["pv_size"]),
            used=int(row["pv_used"]),
            allocatable=row["pv_allocatable"] != "",
            missing=row["pv_missing"] != "",
        )
        for row in _rows(pvs, "pv")
    }
    group = Group(name, disks={device: disk for device, disk in every.items() if disk.group == name})
    for row in _rows(vgs, "vg"):
        if row["vg_name"] == name:
            group.exists = True
            group.tags = _tags(row["vg_tags"])
            group.extent = int(row["vg_extent_size"])
            group.missing = int(row["vg_missing_pv_count"])
    for row in _rows(lvs, "lv"):
        label = row["lv_name"]
        if label.startswith("[pvmove"):
            group.moves.append(Move(row["move_pv"], float(row["copy_percent"] or 0)))
        elif not label.startswith("["):
            group.volumes[label] = Volume(
                name=label,
                size=int(row["lv_size"]),
                tags=_tags(row["lv_tags"]),
                origin=row["origin"].strip("[]"),
                filled=float(row["data_percent"] or 0),
                active=row["lv_active"] == "active",
                broken=row["lv_snapshot_invalid"] not in ("", "unknown"),
            )
    return group, every


def gib(size: int) -> str:
    """Bytes for people."""
    return f"{size / GIB:.1f} GiB"


def _rows(report: str, kind: str) -> list[dict[str, Any]]:
    return [row for part in json.loads(report)["report"] for row in part.get(kind, [])]


def _tags(text: str) -> frozenset[str]:
    return frozenset(tag for tag in text.split(",") if tag)
