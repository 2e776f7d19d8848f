# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A tenant's logical volumes as backups need them: a snapshot to read, a scratch volume to verify, a restored one to exchange.

All names derive from the tenant's name, so that the next run finds what an interrupted run left.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ansible_collections.sovereign.vdc.plugins.module_utils.backup import plan
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import StorageError
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.lvm import Group, Volume
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.node import Node, read_text
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.volume.execute import VolumeSteps
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.volume.spec import UNFORMATTED, Spec
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.volume.state import find_owned, read_mounts

SNAPSHOT = "backup"
SAFE = "nodev,nosuid,noexec,noatime"
# LVM freezes the file system for a snapshot: all data is on disk, and the log holds nothing that must be replayed.
FROZEN = f"ro,nouuid,norecovery,{SAFE}"
# Tags: the backup that was restored to a volume; the volume was compared; another volume has replaced it.
BACKUP, VERIFIED, REPLACED = "backup=", "state=verified", "state=replaced"


@dataclass(frozen=True)
class Frozen:
    """A snapshot of the volume, mounted at ``path``: ``created`` in seconds since 1970, ``size`` of the volume in bytes."""

    path: str
    created: float
    size: int


class Volumes:
    """The volumes of the tenant in ``spec`` on ``node``, mounted below ``directory`` during an operation.

    With a size in the spec, the node is to get the tenant's volume from another node (``arriving``); without, it must
    have the volume.
    """

    def __init__(self, node: Node, spec: Spec, directory: str) -> None:
        self._node = node
        self._directory = directory
        self.arriving = spec.size > 0
        group = node.read_pool(spec.pool)[0]
        group.validate()
        find_owned(spec, group)
        size = group.round_up(spec.size) if self.arriving else _find_current(spec, group).size
        self._spec = replace(spec, size=size, **_exported(spec))
        self._steps = VolumeSteps(node, self._spec)

    @property
    def size(self) -> int:
        """Size of the tenant's volume in bytes."""
        return self._spec.size

    def remove_leftovers(self) -> None:
        """Remove the snapshot and the scratch volume that an interrupted run left."""
        for name in (self._spec.snapshot(SNAPSHOT), self._scratch):
            if name in self._group().volumes:
                self._steps.discard(name)

    @contextmanager
    def frozen(self, percent: int) -> Iterator[Frozen]:
        """Mount a snapshot of the volume, for which the tenant may overwrite ``percent`` of the volume at the same time.

        Raises ``StorageError`` at the end if more was overwritten, because then the snapshot was incomplete.
        """
        spec = replace(self._spec, snapshot_percent=percent)
        group, name = self._group(), spec.snapshot(SNAPSHOT)
        plan.validate_snapshot_space(spec.tenant, spec.pool, spec.snapshot_size(group), group.free)
        VolumeSteps(self._node, spec).snapshot(SNAPSHOT)
        created = time.time()
        try:
            path = f"{self._directory}/data"
            try:
                self._mount(name, path, FROZEN)
                yield Frozen(path, created, spec.size)
            except (OSError, StorageError):
                self._validate_snapshot(name, percent)
                raise
            self._validate_snapshot(name, percent)
        finally:
            self._steps.discard(name)

    @contextmanager
    def scratch(self, needed: int) -> Iterator[str]:
        """Create an empty volume of ``needed`` bytes, mount it and yield its path; remove it afterwards."""
        self._create(self._scratch, needed, ())
        try:
            path = f"{self._directory}/restore/data"
            self._mount(self._scratch, path, SAFE)
            yield path
        finally:
            self._steps.discard(self._scratch)

    def remount_read_only(self, path: str) -> None:
        """Unmount and mount the volume at ``path``, so that a comparison reads the disk and not the page cache."""
        self._mount(read_mounts(self._spec)[path], path, f"ro,{SAFE}")

    # -- the volume arrives from another node -----------------------------------------------

    def validate_arrival(self) -> None:
        """Raise ``StorageError`` where the tenant's volume is exported from this node, or does not fit."""
        spec, group = self._spec, self._group()
        if spec.client:
            raise StorageError(
                f"size_gib: this node already exports a volume to {spec.tenant}, which is never replaced by one from another "
                f"node; restore without size_gib, or close the volume first"
            )
        leftovers = sum(group.volumes[name].size for name in self._arrived() if name in group.volumes)
        plan.validate_restore_space(spec.tenant, spec.pool, spec.size, group.free + leftovers)

    def remove_arrived(self) -> None:
        """Remove what an interrupted import left."""
        self._steps.unmount(self._spec.path)
        for name in self._arrived():
            if name in self._group().volumes:
                self._steps.discard(name)

    def _arrived(self) -> tuple[str, ...]:
        return (self._spec.name, self._restored)

    # -- a restored volume replaces the tenant's ---------------------------------------------

    def interrupted(self) -> str:
        """Return the backup of an exchange that was started and not finished; empty when there is none."""
        group, name = self._group(), self._spec.name
        candidate = group.volumes.get(name) or group.volumes.get(self._restored)
        if not candidate or VERIFIED not in candidate.tags:
            return ""
        return next(tag.removeprefix(BACKUP) for tag in candidate.tags if tag.startswith(BACKUP))

    @contextmanager
    def restored(self, backup: str) -> Iterator[str]:
        """Mount a volume of the tenant's size to restore ``backup`` to, and yield its path.

        The volume is kept, so that the next run resumes an interrupted restore. A volume for another backup is removed.
        """
        current = self._group().volumes.get(self._restored)
        if current and (
            BACKUP + backup not in current.tags or UNFORMATTED in current.tags or current.size != self.size
        ):
            self._steps.discard(self._restored)
            current = None
        if not current:
            self._create(self._restored, self.size, (BACKUP + backup,))
        path = f"{self._directory}/restore/data"
        self._mount(self._restored, path, SAFE)
        try:
            yield path
        finally:
            self._steps.umount(path)

    def mark_verified(self) -> None:
        """Tag the restored volume as compared."""
        self._node.run("lvchange", "--addtag", VERIFIED, f"{self._spec.pool}/{self._restored}")

    def validate_exchange(self) -> None:
        """Raise ``StorageError`` where the exchange would lose a snapshot or another old volume."""
        group, spec = self._group(), self._spec
        snapshots = [
            v.name for v in group.volumes.values() if v.origin == spec.name and v.name != spec.snapshot(SNAPSHOT)
        ]
        if snapshots:
            raise StorageError(
                f"tenant: the volume of {spec.tenant} has snapshots ({', '.join(sorted(snapshots))}), which the restore would "
                f"remove; remove them first with tenant_volume"
            )
        if spec.old in group.volumes and REPLACED not in group.volumes[spec.old].tags:
            raise StorageError(
                f"tenant: the old volume of the last shrink of {spec.tenant} still exists; remove it first with tenant_volume "
                f"and shrink: finish"
            )

    def exchange(self) -> None:
        """Replace the tenant's volume with the restored one, and keep the replaced one as the old volume."""
        spec, group = self._spec, self._group()
        if self._restored not in group.volumes:
            return
        if spec.name in group.volumes:
            if spec.old in group.volumes:
                self._steps.discard(spec.old)
            # The exports file stays, so that the next run knows the client.
            if spec.client:
                self._node.run("exportfs", "-u", f"{spec.client}:{spec.path}", accept=(0, 1))
            for path, name in read_mounts(spec).items():
                if name == spec.name:
                    self._steps.umount(path)
            self._node.run("lvchange", "--addtag", REPLACED, f"{spec.pool}/{spec.name}")
            self._steps.rename(spec.name, spec.old)
        self._steps.rename(self._restored, spec.name)

    def finish(self, backup: str) -> None:
        """Mount and export the volume again, and remove the old one."""
        spec = self._spec
        if read_mounts(spec).get(spec.path) != spec.name:
            self._steps.mount(spec.path, spec.unit)
        if spec.client:
            self._steps.export()
        old = self._group().volumes.get(spec.old)
        if old and REPLACED in old.tags:
            self._steps.discard(spec.old)
        # Last, and in one command: these tags mark an exchange that must be finished.
        self._node.run("lvchange", "--deltag", VERIFIED, "--deltag", BACKUP + backup, f"{spec.pool}/{spec.name}")

    # -- inside ------------------------------------------------------------------------------

    @property
    def _scratch(self) -> str:
        return f"{self._spec.name}.scratch"

    @property
    def _restored(self) -> str:
        return f"{self._spec.name}.restored"

    def _group(self) -> Group:
        return self._node.read_pool(self._spec.pool)[0]

    def _create(self, name: str, needed: int, tags: tuple[str, ...]) -> None:
        group = self._group()
        size = group.round_up(needed)
        plan.validate_restore_space(self._spec.tenant, self._spec.pool, size, group.free)
        steps = VolumeSteps(self._node, replace(self._spec, size=size))
        steps.create(name)
        steps.format(name)
        for tag in tags:
            self._node.run("lvchange", "--addtag", tag, f"{self._spec.pool}/{name}")

    def _mount(self, name: str, path: str, options: str) -> None:
        Path(path).mkdir(mode=0o700, parents=True, exist_ok=True)
        if path in read_mounts(self._spec):
            self._steps.umount(path)
        self._node.run("mount", "-t", "xfs", "-o", options, self._steps.device(name), path)

    def _validate_snapshot(self, name: str, percent: int) -> None:
        if self._group().volumes[name].broken:
            raise StorageError(
                f"snapshot_percent: {self._spec.tenant} wrote more than {percent} % of its volume while the backup ran, so the "
                f"snapshot ran full and the backup was discarded; give a higher snapshot_percent"
            )


def _find_current(spec: Spec, group: Group) -> Volume:
    """Return the tenant's volume; raise ``StorageError`` if there is none."""
    # Between the two renames of an exchange, it is the restored one.
    found = group.volumes.get(spec.name) or group.volumes.get(f"{spec.name}.restored")
    if not found:
        raise StorageError(
            f"tenant: there is no volume of {spec.tenant} in pool {spec.pool} on this node; run this on the storage node that "
            f"has it, or create it with tenant_volume"
        )
    return found


def _exported(spec: Spec) -> dict[str, object]:
    """Return client and user id of the tenant's current export; empty where there is none."""
    found = re.search(r" (\S+)\(.*anonuid=(\d+)", read_text(spec.exports_file))
    return {"client": found[1], "uid": int(found[2])} if found else {}
