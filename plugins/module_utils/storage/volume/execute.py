# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Steps that change a tenant's volume on its storage node."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

from ansible_collections.sovereign.vdc.plugins.module_utils.errors import StorageError
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.node import Node
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.step import Step
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.volume.spec import (
    CLOSED,
    UNFORMATTED,
    Spec,
    unit_name,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.volume.state import (
    UNITS,
    WANTS,
    State,
    read,
    read_mounts,
)

BUSY_TIMEOUT = 20.0  # seconds that the NFS server may take to release a volume


class VolumeSteps:
    """The steps of the volume of ``spec`` on ``node``; ``plan`` names them."""

    def __init__(self, node: Node, spec: Spec) -> None:
        self._node = node
        self._spec = spec

    def read(self) -> State:
        """Return the current state."""
        return read(self._node, self._spec)

    def run(self, step: Step) -> None:
        """Run one step."""
        getattr(self, step.action)(*step.arguments)

    def create(self, name: str) -> None:
        """Create a logical volume of the spec's size, tagged as unformatted."""
        tags = [f"--addtag={tag}" for tag in sorted(self._spec.tags | {UNFORMATTED})]
        # Its extents may have been another volume's: signatures on them mean nothing for this one.
        wipe = ("--yes", "--wipesignatures", "y")
        self._node.run("lvcreate", *wipe, "--name", name, "--size", f"{self._spec.size}b", *tags, self._spec.pool)

    def format(self, name: str) -> None:
        """Create the file system, then remove the tag."""
        # Forced: the tag proves that an earlier run ended here, before anybody could write.
        self._node.run("mkfs.xfs", "-q", "-f", self.device(name))
        self._node.run("lvchange", "--deltag", UNFORMATTED, f"{self._spec.pool}/{name}")

    def mark(self, *changes: str) -> None:
        """Record the tenant's identity and facts in the volume's tags."""
        self._node.run("lvchange", *changes, f"{self._spec.pool}/{self._spec.name}")

    def rename(self, name: str, to: str) -> None:
        """Rename a logical volume."""
        self._node.run("lvrename", self._spec.pool, name, to)

    def extend(self, size: str) -> None:
        """Extend the logical volume to ``size`` bytes."""
        self._node.run("lvextend", "--size", f"{size}b", f"{self._spec.pool}/{self._spec.name}")

    def grow(self) -> None:
        """Grow the mounted file system to its logical volume's size."""
        self._node.run("xfs_growfs", self._spec.path)

    def mount(self, path: str, unit: str) -> None:
        """Mount at ``path`` with the text ``unit`` of a mount unit, now and at every boot."""
        # The directory below belongs to root alone, so that nobody writes to it while the volume is not mounted.
        Path(path).mkdir(mode=0o700, parents=True, exist_ok=True)
        # Mounted here and not by systemd: a daemon-reload takes seconds, and systemd notices the mount anyway.
        name = unit_name(path)
        self._node.write(f"{UNITS}/{name}", unit)
        self._node.link(f"{WANTS}/{name}", f"{UNITS}/{name}")
        if path not in read_mounts(self._spec):
            what, options = (re.search(rf"^{key}=(.*)$", unit, re.MULTILINE)[1] for key in ("What", "Options"))
            self._node.run("mount", "-t", "xfs", "-o", options, what, path)

    def unmount(self, path: str) -> None:
        """Unmount ``path``, now and for every boot, and remove the mount point."""
        if path in read_mounts(self._spec):
            self.umount(path)
        for directory in (WANTS, UNITS):
            Path(directory, unit_name(path)).unlink(missing_ok=True)
        if not os.path.ismount(path) and os.path.isdir(path):
            os.rmdir(path)

    def umount(self, path: str) -> None:
        """Unmount ``path`` now, waiting until the NFS server releases it."""
        end = time.monotonic() + BUSY_TIMEOUT
        while True:
            output = self._node.run("umount", path, accept=(0, 32))
            if not os.path.ismount(path):
                return
            if time.monotonic() > end:
                raise StorageError(
                    f"{path} is in use; stop the tenant's stack and unmount it on the compute node first {output}".strip()
                )
            self._node.run("exportfs", "-f")
            time.sleep(1)

    def directory(self, name: str) -> None:
        """Create a directory on the volume, with its owner and mode."""
        uid, mode = self._spec.directories[name]
        path = f"{self._spec.path}/{name}"
        os.makedirs(path, exist_ok=True)
        os.chown(path, uid, uid)
        os.chmod(path, mode)

    def export(self) -> None:
        """Export the volume to the tenant's address."""
        self._node.write(self._spec.exports_file, self._spec.exports)
        self._node.run("exportfs", "-r")

    def unexport(self) -> None:
        """End the export."""
        Path(self._spec.exports_file).unlink(missing_ok=True)
        self._node.run("exportfs", "-r")
        self._node.run("exportfs", "-f")

    def close(self) -> None:
        """Tag the volume as closed for good."""
        self._node.run("lvchange", "--addtag", CLOSED, f"{self._spec.pool}/{self._spec.name}")

    def snapshot(self, name: str) -> None:
        """Create a read-only snapshot."""
        spec = self._spec
        size = spec.snapshot_size(self._node.read_pool(spec.pool)[0])
        options = ("--permission", "r", "--name", spec.snapshot(name), "--size", f"{size}b")
        tags = [f"--addtag={tag}" for tag in sorted(spec.tags)]
        self._node.run("lvcreate", "--snapshot", *options, *tags, f"{spec.pool}/{spec.name}")

    def remove(self, name: str) -> None:
        """Remove a logical volume with its data."""
        self._node.run("lvremove", "--yes", f"{self._spec.pool}/{name}")

    def discard(self, name: str) -> None:
        """Unmount a logical volume wherever it is mounted, and remove it with its data."""
        for path, volume in read_mounts(self._spec).items():
            if volume == name:
                self.umount(path)
        self.remove(name)

    def device(self, name: str) -> str:
        """Return the device of a logical volume."""
        return f"/dev/{self._spec.pool}/{name}"
