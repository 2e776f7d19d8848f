# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Shrink a tenant's volume: XFS does not shrink, so its data is copied to a smaller volume, which then replaces it."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.sovereign.vdc.plugins.module_utils.errors import StorageError
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.lvm import gib
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.tree import checksum
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.volume.execute import VolumeSteps
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.volume.spec import minimum_size
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.volume.state import read_mounts, used_bytes

COPIES = "/run/vdc/copies"  # mount points of volumes while they are copied
RSYNC = ("rsync", "--archive", "--hard-links", "--acls", "--xattrs", "--sparse", "--numeric-ids", "--delete")
# rsync's exit codes for files that vanished or changed while the tenant writes; the last copy has them.
RSYNC_CHANGING = (0, 23, 24)


class ShrinkSteps(VolumeSteps):
    """The steps of a volume, those of a shrink included. ``verified`` describes the comparison after a switch."""

    verified = ""

    def copy_while_in_use(self) -> bool:
        """Copy while the tenant writes, so that the last copy is short; return whether anything was copied."""
        copy = f"{COPIES}/{self._spec.new}"
        self._mount_copy(self._spec.new)
        output = self._node.run(*RSYNC, "--itemize-changes", f"{self._spec.path}/", f"{copy}/", accept=RSYNC_CHANGING)
        self.umount(copy)
        return bool(output.strip())

    def switch(self) -> None:
        """End the export, copy what changed, compare, and exchange the two volumes.

        When copy or comparison fails, the old volume is mounted and exported again.
        """
        spec = self._spec
        self.unexport()
        try:
            if spec.path in read_mounts(spec):
                self.umount(spec.path)
            self._copy_and_compare()
        except StorageError:
            for path in [path for path in read_mounts(spec) if path.startswith(f"{COPIES}/")]:
                self.umount(path)
            self.mount(spec.path, spec.unit)
            self.export()
            raise
        self.rename(spec.name, spec.old)
        self.rename(spec.new, spec.name)

    def _copy_and_compare(self) -> None:
        spec = self._spec
        old, new = f"{COPIES}/{spec.name}", f"{COPIES}/{spec.new}"
        self._mount_copy(spec.name, "ro")
        self._mount_copy(spec.new)
        used = used_bytes(old)
        if spec.size < minimum_size(used):
            raise StorageError(
                f"size_gib: the volume of {spec.tenant} holds {gib(used)} now; give {gib(minimum_size(used))} or more"
            )
        self._node.run(*RSYNC, f"{old}/", f"{new}/")
        # Unmounted in between, so that the comparison reads the disk and not the page cache.
        self.umount(new)
        self._mount_copy(spec.new, "ro")
        (expected, entries), (copied, _entries) = checksum(old), checksum(new)
        self.umount(old)
        self.umount(new)
        if expected != copied:
            raise StorageError(
                f"the copy of the volume of {spec.tenant} differs from the volume; the volumes were not exchanged, run "
                f"this again"
            )
        self.verified = f"{entries} entries, sha256 {expected}"

    def _mount_copy(self, name: str, options: str = "rw") -> None:
        path = f"{COPIES}/{name}"
        Path(path).mkdir(mode=0o700, parents=True, exist_ok=True)
        if path in read_mounts(self._spec):
            self.umount(path)
        self._node.run("mount", "-t", "xfs", "-o", f"{options},nodev,nosuid,noexec", self.device(name), path)
