# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A tenant's volume on its storage node: reads what is, and does the steps that ``volume`` names."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

from ansible_collections.sovereign.vdc.plugins.module_utils.storage import volume as plan
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.copying import checksum
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.lvm import StorageError, gib
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.node import Node
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.volume import Seen, Wish

UNITS = "/etc/systemd/system"
WANTS = f"{UNITS}/multi-user.target.wants"
COPIES = "/run/vdc/copies"  # where volumes are mounted for copying
BUSY = 20.0  # seconds that the NFS server may take to let a volume go
RSYNC = ("rsync", "--archive", "--hard-links", "--acls", "--xattrs", "--sparse", "--numeric-ids", "--delete")


class TenantVolume:
    """The volume of ``wish`` on ``node``."""

    def __init__(self, node: Node, wish: Wish) -> None:
        self._node = node
        self._wish = wish
        self.verified = ""

    def read(self) -> Seen:
        """What is, from LVM, the kernel and systemd's directory."""
        wish = self._wish
        group, _every = self._node.read_pool(wish.pool)
        seen = Seen(group, mounts=self._mounts(), exports=_text(wish.exports_file))
        for path in (wish.path, *map(wish.snapshot_path, self._snapshots(group.volumes, wish.snapshots))):
            name = plan.unit_name(path)
            if (text := _text(f"{UNITS}/{name}")) and os.path.islink(f"{WANTS}/{name}"):
                seen.units[path] = text
        seen.exported = self._in_force()
        if seen.mounts.get(wish.path) == wish.name:
            about = os.statvfs(wish.path)
            seen.filesystem = self._filesystem_size()
            seen.used = (about.f_blocks - about.f_bfree) * about.f_frsize
            for directory in wish.directories:
                if os.path.isdir(f"{wish.path}/{directory}"):
                    owner = os.stat(f"{wish.path}/{directory}")
                    seen.directories[directory] = (owner.st_uid, owner.st_mode & 0o7777)
        return seen

    def do(self, step: tuple[str, ...]) -> None:
        """One step."""
        verb, *arguments = step
        getattr(self, f"_{verb}")(*arguments)

    def copy_ahead(self) -> bool:
        """Copy while the tenant writes, so that the last copy is short; whether anything was copied."""
        with_new = f"{COPIES}/{self._wish.new}"
        self._mount_copy(self._wish.new)
        # Files that vanish or change meanwhile are no failure here (24): the last copy has them.
        said = self._node.run(*RSYNC, "--itemize-changes", f"{self._wish.path}/", f"{with_new}/", accept=(0, 23, 24))
        self._umount(with_new)
        return bool(said.strip())

    def _snapshots(self, volumes: dict, wished: dict) -> list[str]:
        prefix = f"{self._wish.name}.snap-"
        return sorted({name.removeprefix(prefix) for name in volumes if name.startswith(prefix)} | set(wished))

    def _mounts(self) -> dict[str, str]:
        """Mount points below our directories, and the logical volume of the pool that is on each."""
        mapped = f"/dev/mapper/{_mapped(self._wish.pool)}-"
        mounts = {}
        for line in _text("/proc/self/mountinfo").splitlines():
            left, _dash, right = line.partition(" - ")
            path, source = left.split()[4].replace("\\040", " "), right.split()[1]
            name = source.removeprefix(mapped).replace("--", "-") if source.startswith(mapped) else ""
            own = name == self._wish.name or name.startswith(f"{self._wish.name}.")
            if own or path == self._wish.path:
                mounts[path] = name
        return mounts

    def _filesystem_size(self) -> int:
        said = self._node.run("xfs_info", self._wish.path)
        match = re.search(r"^data.*bsize=(\d+)\s+blocks=(\d+)", said, re.MULTILINE)
        if not match:
            raise StorageError(f"xfs_info told no size of {self._wish.path}")
        return int(match[1]) * int(match[2])

    def _in_force(self) -> bool:
        """Whether the kernel's table of exports says what our file says."""
        for line in _text("/var/lib/nfs/etab").splitlines():
            path, _tab, client = line.partition("\t")
            if path == self._wish.path:
                return client.startswith(f"{self._wish.client}(") and f"anonuid={self._wish.uid}," in client
        return False

    def _create(self, name: str) -> None:
        tags = [f"--addtag={tag}" for tag in sorted(self._wish.tags | {plan.UNFORMATTED})]
        size = f"{self._wish.size}b"
        # Its extents may have been another volume's: what they look like now is nothing of this one.
        wipe = ("--yes", "--wipesignatures", "y")
        self._node.run("lvcreate", *wipe, "--name", name, "--size", size, *tags, self._wish.pool)

    def _format(self, name: str) -> None:
        # Forced: the tag says that a run died in here, before anybody could write.
        self._node.run("mkfs.xfs", "-q", "-f", self._device(name))
        self._node.run("lvchange", "--deltag", plan.UNFORMATTED, f"{self._wish.pool}/{name}")

    def _rename(self, name: str, to: str) -> None:
        self._node.run("lvrename", self._wish.pool, name, to)

    def _extend(self, size: str) -> None:
        self._node.run("lvextend", "--size", f"{size}b", f"{self._wish.pool}/{self._wish.name}")

    def _grow(self) -> None:
        self._node.run("xfs_growfs", self._wish.path)

    def _mount(self, path: str, unit: str) -> None:
        # The directory below belongs to root alone: whoever finds it unmounted writes nothing there.
        Path(path).mkdir(mode=0o700, parents=True, exist_ok=True)
        # Mounted by hand now and by systemd at the next boot: telling systemd takes seconds, and it sees the mount anyway.
        name = plan.unit_name(path)
        self._node.write(f"{UNITS}/{name}", unit)
        self._node.link(f"{WANTS}/{name}", f"{UNITS}/{name}")
        if path not in self._mounts():
            what, options = (re.search(rf"^{key}=(.*)$", unit, re.MULTILINE)[1] for key in ("What", "Options"))
            self._node.run("mount", "-t", "xfs", "-o", options, what, path)

    def _unmount(self, path: str) -> None:
        if path in self._mounts():
            self._umount(path)
        for directory in (WANTS, UNITS):
            Path(directory, plan.unit_name(path)).unlink(missing_ok=True)
        if not os.path.ismount(path) and os.path.isdir(path):
            os.rmdir(path)

    def _umount(self, path: str) -> None:
        """Unmount; the NFS server is given a moment to let go."""
        end = time.monotonic() + BUSY
        while True:
            said = self._node.run("umount", path, accept=(0, 32))
            if not os.path.ismount(path):
                return
            if time.monotonic() > end:
                raise StorageError(
                    f"{path} is in use: stop the tenant's stack and unmount it on the compute node first {said}".strip()
                )
            self._node.run("exportfs", "-f")
            time.sleep(1)

    def _directory(self, name: str) -> None:
        uid, mode = self._wish.directories[name]
        path = f"{self._wish.path}/{name}"
        os.makedirs(path, exist_ok=True)
        os.chown(path, uid, uid)
        os.chmod(path, mode)

    def _export(self) -> None:
        self._node.write(self._wish.exports_file, self._wish.exports)
        self._node.run("exportfs", "-r")

    def _unexport(self) -> None:
        Path(self._wish.exports_file).unlink(missing_ok=True)
        self._node.run("exportfs", "-r")
        self._node.run("exportfs", "-f")

    def _close(self) -> None:
        self._node.run("lvchange", "--addtag", plan.CLOSED, f"{self._wish.pool}/{self._wish.name}")

    def _snapshot(self, name: str) -> None:
        wish = self._wish
        size = plan.snapshot_size(wish, self._node.read_pool(wish.pool)[0])
        tags = [f"--addtag={tag}" for tag in sorted(wish.tags)]
        source = f"{wish.pool}/{wish.name}"
        self._node.run(
            "lvcreate",
            "--snapshot",
            "--permission",
            "r",
            "--name",
            wish.snapshot(name),
            "--size",
            f"{size}b",
            *tags,
            source,
        )

    def _remove(self, name: str) -> None:
        self._node.run("lvremove", "--yes", f"{self._wish.pool}/{name}")

    def _discard(self, name: str) -> None:
        for path, volume in self._mounts().items():
            if volume == name:
                self._umount(path)
        self._remove(name)

    def _switch(self) -> None:
        """The last copy, its proof, and the exchange. When one fails, the old volume is brought back."""
        wish = self._wish
        self._unexport()
        try:
            if wish.path in self._mounts():
                self._umount(wish.path)
            self._copy_and_prove()
        except StorageError:
            for path in [path for path in self._mounts() if path.startswith(f"{COPIES}/")]:
                self._umount(path)
            self._mount(wish.path, plan.unit_text(wish, wish.name, wish.path))
            self._export()
            raise
        self._rename(wish.name, wish.old)
        self._rename(wish.new, wish.name)

    def _copy_and_prove(self) -> None:
        wish = self._wish
        old, new = f"{COPIES}/{wish.name}", f"{COPIES}/{wish.new}"
        self._mount_copy(wish.name, "ro")
        self._mount_copy(wish.new)
        about = os.statvfs(old)
        used = (about.f_blocks - about.f_bfree) * about.f_frsize
        if wish.size < plan.least_size(used):
            raise StorageError(
                f"the volume of {wish.tenant} holds {gib(used)} now: give {gib(plan.least_size(used))} or more"
            )
        self._node.run(*RSYNC, f"{old}/", f"{new}/")
        # Unmounted in between, so that the proof reads the disk and not memory.
        self._umount(new)
        self._mount_copy(wish.new, "ro")
        (was, entries), (became, _entries) = checksum(old), checksum(new)
        self._umount(old)
        self._umount(new)
        if was != became:
            raise StorageError(
                f"the copy of the volume of {wish.tenant} differs from it: nothing was exchanged, try again"
            )
        self.verified = f"{entries} entries, sha256 {was}"

    def _mount_copy(self, name: str, options: str = "rw") -> None:
        path = f"{COPIES}/{name}"
        Path(path).mkdir(mode=0o700, parents=True, exist_ok=True)
        if path in self._mounts():
            self._umount(path)
        self._node.run("mount", "-t", "xfs", "-o", f"{options},nodev,nosuid,noexec", self._device(name), path)

    def _device(self, name: str) -> str:
        return f"/dev/{self._wish.pool}/{name}"


def _mapped(name: str) -> str:
    """A name as the device mapper writes it."""
    return name.replace("-", "--")


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
