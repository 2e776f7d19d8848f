# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A tenant's logical volumes as backups need them: a frozen one to read, a scratch one to restore to, an exchange.

All have names that derive from the tenant's, so that what a run that died left is found by the next.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ansible_collections.sovereign.vdc.plugins.module_utils.backup import plan
from ansible_collections.sovereign.vdc.plugins.module_utils.storage import volume as volumes
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.lvm import Group, StorageError, Volume
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.node import Node
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.tenant import TenantVolume
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.volume import Wish

SNAPSHOT = "backup"
SAFE = "nodev,nosuid,noexec,noatime"
# LVM froze the file system for the snapshot: all is on disk and its log holds nothing that must be replayed.
FROZEN = f"ro,nouuid,norecovery,{SAFE}"
# Tags: what was restored to a volume, that it was compared, and that another took its place.
BACKUP, PROVEN, REPLACED = "backup=", "state=proven", "state=replaced"


@dataclass(frozen=True)
class Frozen:
    """The volume as it stood at ``taken`` (seconds since 1970): mounted at ``path``; ``size`` is the volume's, in bytes."""

    path: str
    taken: float
    size: int


class Volumes:
    """Those of the tenant in ``wish`` on ``node``. ``directory`` is where they are mounted for the time of the work. With a
    size in the wish, the node is to get the tenant's volume (``arriving``); else it must have it."""

    def __init__(self, node: Node, wish: Wish, directory: str) -> None:
        self._node = node
        self._directory = directory
        self.arriving = wish.size > 0
        group = self._checked(wish)
        size = group.rounded(wish.size) if self.arriving else _current(wish, group).size
        self._wish = replace(wish, size=size, **_exported(wish))
        self._tenant = TenantVolume(node, self._wish)

    @property
    def size(self) -> int:
        """The volume's size in bytes."""
        return self._wish.size

    def tidy(self) -> None:
        """Remove the snapshot and the scratch volume that a run left."""
        for name in (self._wish.snapshot(SNAPSHOT), self._scratch):
            if name in self._group().volumes:
                self._tenant.do(("discard", name))

    @contextmanager
    def frozen(self, percent: int) -> Iterator[Frozen]:
        """The volume at one moment, while the tenant goes on writing ``percent`` of its size at most. Raises
        ``StorageError`` at the end if more was written: then what was read is worth nothing."""
        wish = replace(self._wish, snapshot_percent=percent)
        group, name = self._group(), wish.snapshot(SNAPSHOT)
        plan.snapshot_room(wish.tenant, wish.pool, volumes.snapshot_size(wish, group), group.free)
        TenantVolume(self._node, wish).do(("snapshot", SNAPSHOT))
        taken = time.time()
        try:
            path = f"{self._directory}/data"
            try:
                self._mount(name, path, FROZEN)
                yield Frozen(path, taken, wish.size)
            except (OSError, StorageError):
                self._refuse_broken(name, percent)
                raise
            self._refuse_broken(name, percent)
        finally:
            self._tenant.do(("discard", name))

    @contextmanager
    def scratch(self, needed: int) -> Iterator[str]:
        """An empty volume of ``needed`` bytes, mounted; its path."""
        self._make(self._scratch, needed, ())
        try:
            path = f"{self._directory}/restore/data"
            self._mount(self._scratch, path, SAFE)
            yield path
        finally:
            self._tenant.do(("discard", self._scratch))

    def afresh(self, path: str) -> None:
        """Mount what is at ``path`` anew, to be read only: what is read then comes from disk."""
        self._mount(self._tenant.read().mounts[path], path, f"ro,{SAFE}")

    # -- the volume arrives from another node -----------------------------------------------

    def refuse_arrival(self) -> None:
        """Raise ``StorageError`` where the tenant's volume is here already, and open, or where there is no room for it."""
        wish, group = self._wish, self._group()
        if wish.client:
            raise StorageError(
                f"the volume of {wish.tenant} is on this node already and open to the tenant: nothing arrives in its place"
            )
        left = sum(group.volumes[name].size for name in self._arrived() if name in group.volumes)
        plan.scratch_room(wish.tenant, wish.pool, wish.size, group.free + left)

    def clear(self) -> None:
        """Drop what an arrival that came to nothing left."""
        self._tenant.do(("unmount", self._wish.path))
        for name in self._arrived():
            if name in self._group().volumes:
                self._tenant.do(("discard", name))

    def _arrived(self) -> tuple[str, ...]:
        return (self._wish.name, self._restored)

    # -- what is restored takes the volume's place -------------------------------------------

    def interrupted(self) -> str:
        """The backup with which a run has begun an exchange that is not finished; or nothing."""
        group, name = self._group(), self._wish.name
        half = group.volumes.get(name) or group.volumes.get(self._restored)
        if not half or PROVEN not in half.tags:
            return ""
        return next(tag.removeprefix(BACKUP) for tag in half.tags if tag.startswith(BACKUP))

    def proven(self, backup: str) -> bool:
        """Whether there is a restored volume that was compared already."""
        there = self._group().volumes.get(self._restored)
        return there is not None and {BACKUP + backup, PROVEN} <= there.tags

    @contextmanager
    def restored(self, backup: str) -> Iterator[str]:
        """A volume as big as the tenant's to restore ``backup`` to, mounted; its path. It stays, so that a run that died
        is taken up. One of another backup is dropped."""
        there = self._group().volumes.get(self._restored)
        if there and (
            BACKUP + backup not in there.tags or volumes.UNFORMATTED in there.tags or there.size != self.size
        ):
            self._tenant.do(("discard", self._restored))
            there = None
        if not there:
            self._make(self._restored, self.size, (BACKUP + backup,))
        path = f"{self._directory}/restore/data"
        self._mount(self._restored, path, SAFE)
        try:
            yield path
        finally:
            self._tenant.do(("umount", path))

    def prove(self) -> None:
        """Write down that the restored volume is as it should be."""
        self._node.run("lvchange", "--addtag", PROVEN, f"{self._wish.pool}/{self._restored}")

    def refuse_exchange(self) -> None:
        """Raise ``StorageError`` for what would be lost, or in the way."""
        group, wish = self._group(), self._wish
        kept = [v.name for v in group.volumes.values() if v.origin == wish.name and v.name != wish.snapshot(SNAPSHOT)]
        if kept:
            raise StorageError(
                f"the volume of {wish.tenant} has snapshots ({', '.join(sorted(kept))}), which would go with it: remove them first"
            )
        if wish.old in group.volumes and REPLACED not in group.volumes[wish.old].tags:
            raise StorageError(
                f"the volume of {wish.tenant} that its last shrink replaced is still kept: finish that first (shrink: finish)"
            )

    def exchange(self) -> None:
        """Put the restored volume in place of the tenant's, which is kept as the old one."""
        wish, group = self._wish, self._group()
        if self._restored not in group.volumes:
            return
        if wish.name in group.volumes:
            if wish.old in group.volumes:
                self._tenant.do(("discard", wish.old))
            # Its file stays, so that the next run knows the client.
            if wish.client:
                self._node.run("exportfs", "-u", f"{wish.client}:{wish.path}", accept=(0, 1))
            for path, name in self._tenant.read().mounts.items():
                if name == wish.name:
                    self._tenant.do(("umount", path))
            self._node.run("lvchange", "--addtag", REPLACED, f"{wish.pool}/{wish.name}")
            self._tenant.do(("rename", wish.name, wish.old))
        self._tenant.do(("rename", self._restored, wish.name))

    def finish(self, backup: str) -> None:
        """Offer the volume to the tenant again, and drop the old one."""
        wish = self._wish
        if self._tenant.read().mounts.get(wish.path) != wish.name:
            self._tenant.do(("mount", wish.path, volumes.unit_text(wish, wish.name, wish.path)))
        if wish.client:
            self._tenant.do(("export",))
        old = self._group().volumes.get(wish.old)
        if old and REPLACED in old.tags:
            self._tenant.do(("discard", wish.old))
        # Last, and at once: they say that there is something to finish.
        self._node.run("lvchange", "--deltag", PROVEN, "--deltag", BACKUP + backup, f"{wish.pool}/{wish.name}")

    # -- inside ------------------------------------------------------------------------------

    @property
    def _scratch(self) -> str:
        return f"{self._wish.name}.scratch"

    @property
    def _restored(self) -> str:
        return f"{self._wish.name}.restored"

    def _group(self) -> Group:
        return self._node.read_pool(self._wish.pool)[0]

    def _checked(self, wish: Wish) -> Group:
        """The pool. Raises ``StorageError`` if it is not ours, or a volume with the tenant's name is another's."""
        group = self._node.read_pool(wish.pool)[0]
        group.refuse_foreign()
        volumes.mine(wish, group)
        return group

    def _make(self, name: str, needed: int, tags: tuple[str, ...]) -> None:
        group = self._group()
        size = group.rounded(needed)
        plan.scratch_room(self._wish.tenant, self._wish.pool, size, group.free)
        maker = TenantVolume(self._node, replace(self._wish, size=size))
        maker.do(("create", name))
        maker.do(("format", name))
        for tag in tags:
            self._node.run("lvchange", "--addtag", tag, f"{self._wish.pool}/{name}")

    def _mount(self, name: str, path: str, options: str) -> None:
        Path(path).mkdir(mode=0o700, parents=True, exist_ok=True)
        if path in self._tenant.read().mounts:
            self._tenant.do(("umount", path))
        self._node.run("mount", "-t", "xfs", "-o", options, f"/dev/{self._wish.pool}/{name}", path)

    def _refuse_broken(self, name: str, percent: int) -> None:
        if self._group().volumes[name].broken:
            raise StorageError(
                f"{self._wish.tenant} wrote more than {percent} % of its volume while the backup ran, and the snapshot ran "
                f"full: nothing was kept of this backup; give a higher snapshot_percent"
            )


def _current(wish: Wish, group: Group) -> Volume:
    """The tenant's volume. Raises ``StorageError`` if there is none."""
    # Between the two renames of an exchange, the restored one is it.
    found = group.volumes.get(wish.name) or group.volumes.get(f"{wish.name}.restored")
    if not found:
        raise StorageError(f"there is no volume of {wish.tenant} in pool {wish.pool} on this node")
    return found


def _exported(wish: Wish) -> dict[str, object]:
    """Client and user id of the tenant's export, as it is now; nothing where it has none."""
    try:
        text = Path(wish.exports_file).read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    found = re.search(r" (\S+)\(.*anonuid=(\d+)", text)
    return {"client": found[1], "uid": int(found[2])} if found else {}
