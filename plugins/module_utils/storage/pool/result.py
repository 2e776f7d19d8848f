# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The pool as the module returns it, and both sides of its diff. Pure."""

from __future__ import annotations

from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.storage.pool.spec import Spec
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.pool.state import State

IN_USE, RETIRING = "in use", "being retired"


def view(state: State, paths: dict[str, str]) -> dict[str, Any]:
    """Return the current pool for a diff; ``paths`` maps device nodes to the paths that the operator gave."""
    group = state.group
    disks = {
        paths.get(device, device): IN_USE if disk.allocatable else RETIRING for device, disk in group.disks.items()
    }
    return {"pool": group.name if group.exists else None, "disks": dict(sorted(disks.items()))}


def predicted(spec: Spec, before: dict[str, Any]) -> dict[str, Any]:
    """Return what ``view`` shows once the desired state is reached."""
    retired = {device.path for device in spec.retired}
    disks = {path: use for path, use in before["disks"].items() if path not in retired}
    for device in spec.present:
        disks[device.path] = IN_USE if spec.reclaim else disks.get(device.path, IN_USE)
    pool = spec.name if before["pool"] or spec.present else None
    return {"pool": pool, "disks": dict(sorted(disks.items()))}


def as_result(state: State, paths: dict[str, str]) -> dict[str, Any]:
    """Return the pool as the module returns it; sizes are in bytes."""
    group = state.group
    disks = [
        {
            "device": paths.get(disk.device, disk.device),
            "size": disk.size,
            "used": disk.used,
            "retiring": not disk.allocatable,
        }
        for disk in group.disks.values()
    ]
    return {"name": group.name, "size": group.size, "free": group.free, "disks": disks}
