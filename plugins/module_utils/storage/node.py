# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The node that a module runs on: its commands, disks and files."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sovereign.vdc.plugins.module_utils.storage import lvm
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.lvm import Disk, Group, StorageError
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.pool import Device


class Node:
    """Commands of this node. One that fails raises ``StorageError`` with the command's own words."""

    def __init__(self, module: AnsibleModule) -> None:
        self._module = module

    def run(self, *command: str, accept: tuple[int, ...] = (0,)) -> str:
        """What ``command`` said; its exit code must be in ``accept``."""
        try:
            code, out, err = self._module.run_command(
                list(command), environ_update={"LC_ALL": "C"}, handle_exceptions=False
            )
        except FileNotFoundError:
            raise StorageError(f"this node has no {command[0]}: run the role storage_pool first") from None
        if code not in accept:
            said = " ".join((err or out).split())
            raise StorageError(f"{' '.join(command[:2])} failed: {said or f'exit code {code}'}")
        return out

    def write(self, path: str, text: str, mode: int = 0o644) -> None:
        """Put ``text`` into the file ``path`` at once or not at all."""
        target = Path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        new = target.with_name(f".{target.name}.new")
        new.write_text(text, encoding="utf-8")
        new.chmod(mode)
        self._module.atomic_move(str(new), path)

    def link(self, path: str, target: str) -> None:
        """Make ``path`` a symbolic link to ``target``, whatever was there."""
        place = Path(path)
        place.parent.mkdir(parents=True, exist_ok=True)
        new = place.with_name(f".{place.name}.new")
        new.unlink(missing_ok=True)
        new.symlink_to(target)
        new.replace(place)

    def read_pool(self, name: str) -> tuple[Group, dict[str, Disk]]:
        """The volume group ``name``, and every physical volume of the node."""
        mine = ("--select", f"vg_name={name}")
        return lvm.parse(
            name,
            self.run("pvs", *lvm.REPORT, "--options", lvm.PV_FIELDS),
            self.run("vgs", *lvm.REPORT, "--options", lvm.VG_FIELDS, *mine),
            self.run("lvs", *lvm.REPORT, "--all", "--options", lvm.LV_FIELDS, *mine),
        )

    def device(self, path: str, patience: float) -> Device:
        """The disk at ``path``. One that was attached just now is waited for, ``patience`` seconds at most."""
        end = time.monotonic() + patience
        while not os.path.exists(path):
            if time.monotonic() > end:
                return Device(path, "")
            time.sleep(0.2)
        node = os.path.realpath(path)
        blocks = Path("/sys/class/block", os.path.basename(node), "size")
        if not blocks.exists():
            raise StorageError(f"disk {path} is no disk: give the path of a block device below /dev/disk/by-id")
        return Device(path, node, int(blocks.read_text()) * 512, self.carried(node))

    def carried(self, node: str) -> str:
        """The first signature on a device: a file system, a partition table, ``LVM2_member``; or nothing."""
        said = self.run("wipefs", "--no-act", "--json", node)
        signatures = json.loads(said)["signatures"] if said.strip() else []
        return signatures[0]["type"] if signatures else ""
