# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The node that a module runs on: its commands, files and volume groups."""

from __future__ import annotations

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import StorageError
from ansible_collections.sovereign.vdc.plugins.module_utils.storage import lvm
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.lvm import Disk, Group


class Node:
    """Runs commands and writes files on this node."""

    def __init__(self, module: AnsibleModule) -> None:
        self._module = module

    def run(self, *command: str, accept: tuple[int, ...] = (0,)) -> str:
        """Return the output of ``command``. Raises ``StorageError`` with the command's message when its exit code is
        not in ``accept``."""
        try:
            code, out, err = self._module.run_command(
                list(command), environ_update={"LC_ALL": "C"}, handle_exceptions=False
            )
        except FileNotFoundError:
            raise StorageError(
                f"{command[0]} is not installed on this node; run the role sovereign.vdc.storage_pool first"
            ) from None
        if code not in accept:
            reason = " ".join((err or out).split())
            raise StorageError(f"{' '.join(command[:2])} failed: {reason or f'exit code {code}'}")
        return out

    def write(self, path: str, text: str, mode: int = 0o644) -> None:
        """Replace the file ``path`` with ``text`` atomically."""
        target = Path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        new = target.with_name(f".{target.name}.new")
        new.write_text(text, encoding="utf-8")
        new.chmod(mode)
        self._module.atomic_move(str(new), path)

    def link(self, path: str, target: str) -> None:
        """Replace the file at ``path``, if any, with a symbolic link to ``target``, atomically."""
        link = Path(path)
        link.parent.mkdir(parents=True, exist_ok=True)
        new = link.with_name(f".{link.name}.new")
        new.unlink(missing_ok=True)
        new.symlink_to(target)
        new.replace(link)

    def read_pool(self, name: str) -> tuple[Group, dict[str, Disk]]:
        """Return the volume group ``name``, and every physical volume of the node by device."""
        selection = ("--select", f"vg_name={name}")
        return lvm.parse(
            name,
            self.run("pvs", *lvm.REPORT, "--options", lvm.PV_FIELDS),
            self.run("vgs", *lvm.REPORT, "--options", lvm.VG_FIELDS, *selection),
            self.run("lvs", *lvm.REPORT, "--all", "--options", lvm.LV_FIELDS, *selection),
        )


def read_text(path: str) -> str:
    """Return the content of the file ``path``; empty text when there is no such file."""
    try:
        return Path(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
