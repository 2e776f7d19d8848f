# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Parse LVM's reports about one volume group. Pure: text in, objects out. Sizes are in bytes."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.errors import StorageError

OWNED = "managed-by=sovereign.vdc"
GIB = 1024**3

# The report format that ``parse`` reads.
REPORT = ("--reportformat", "json", "--units", "b", "--nosuffix")
PV_FIELDS = "pv_name,vg_name,pv_size,pv_used,pv_allocatable,pv_missing"
VG_FIELDS = "vg_name,vg_tags,vg_size,vg_extent_size,vg_missing_pv_count"
LV_FIELDS = "lv_name,lv_size,lv_tags,origin,data_percent,copy_percent,move_pv,lv_active,lv_snapshot_invalid"


@dataclass(frozen=True)
class Disk:
    """A physical volume.

    ``group`` is empty while the disk belongs to no volume group. ``allocatable`` is false while the disk is being
    retired; LVM keeps that mark when a run is interrupted.
    """

    device: str
    group: str
    size: int
    used: int
    allocatable: bool
    missing: bool = False

    @property
    def free(self) -> int:
        """Bytes that new data may use."""
        return self.size - self.used if self.allocatable and not self.missing else 0


@dataclass(frozen=True)
class Volume:
    """A logical volume. ``origin`` and ``filled`` (percent) are set on snapshots only; ``broken`` is a snapshot that
    ran full."""

    name: str
    size: int
    tags: frozenset[str]
    origin: str = ""
    filled: float = 0.0
    active: bool = True
    broken: bool = False

    def tagged(self, prefix: str) -> str:
        """The rest of the tag that begins with ``prefix``; empty without one."""
        return next((tag.removeprefix(prefix) for tag in sorted(self.tags) if tag.startswith(prefix)), "")


@dataclass(frozen=True)
class Relocation:
    """A ``pvmove`` in progress: its source device, and how many percent of its current segment are done."""

    device: str
    percent: float


@dataclass
class Group:
    """The current volume group; ``exists`` is false before it is created."""

    name: str
    exists: bool = False
    tags: frozenset[str] = frozenset()
    extent: int = 4 * 1024**2
    missing: int = 0
    disks: dict[str, Disk] = field(default_factory=dict)
    volumes: dict[str, Volume] = field(default_factory=dict)
    relocations: list[Relocation] = field(default_factory=list)

    @property
    def free(self) -> int:
        """Bytes that new data may use."""
        return sum(disk.free for disk in self.disks.values())

    @property
    def size(self) -> int:
        """Bytes of all disks together."""
        return sum(disk.size for disk in self.disks.values())

    def round_up(self, size: int) -> int:
        """Return ``size`` rounded up to whole extents, as LVM allocates it."""
        return -(-size // self.extent) * self.extent

    def validate(self) -> None:
        """Raise ``StorageError`` unless the group carries our tag and all its disks are attached."""
        if self.exists and OWNED not in self.tags:
            raise StorageError(
                f"pool: volume group {self.name} exists without the tag {OWNED}; choose another name for the pool, or "
                f"hand the group over with vgchange --addtag {OWNED} {self.name}"
            )
        if self.missing:
            raise StorageError(
                f"pool: {self.missing} of the disks of {self.name} are missing; attach the detached block volumes first"
            )


def parse(name: str, pvs: str, vgs: str, lvs: str) -> tuple[Group, dict[str, Disk]]:
    """Return the group ``name``, and every physical volume of the node by device, from the three reports."""
    disks = {
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
    group = Group(name, disks={device: disk for device, disk in disks.items() if disk.group == name})
    for row in _rows(vgs, "vg"):
        if row["vg_name"] == name:
            group.exists = True
            group.tags = _tags(row["vg_tags"])
            group.extent = int(row["vg_extent_size"])
            group.missing = int(row["vg_missing_pv_count"])
    for row in _rows(lvs, "lv"):
        label = row["lv_name"]
        if label.startswith("[pvmove"):
            group.relocations.append(Relocation(row["move_pv"], float(row["copy_percent"] or 0)))
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
    return group, disks


def gib(size: int) -> str:
    """Return a size in bytes as text for messages, such as ``1.5 GiB``."""
    return f"{size / GIB:.1f} GiB"


def _rows(report: str, kind: str) -> list[dict[str, Any]]:
    return [row for part in json.loads(report)["report"] for row in part.get(kind, [])]


def _tags(text: str) -> frozenset[str]:
    return frozenset(tag for tag in text.split(",") if tag)
