# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Current state of a storage node's pool, read from LVM and the kernel."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.sovereign.vdc.plugins.module_utils.errors import StorageError
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.lvm import Disk, Group
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.node import Node
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.pool.spec import Device

SECTOR = 512  # bytes; the unit of /sys/class/block/*/size


@dataclass
class State:
    """The pool, and every physical volume of the node by device."""

    group: Group
    disks: dict[str, Disk]


def read(node: Node, name: str) -> State:
    """Return the current state of the pool ``name``."""
    return State(*node.read_pool(name))


def read_device(node: Node, path: str, wait: float) -> Device:
    """Return the block device at ``path``, waiting up to ``wait`` seconds until it appears.

    Raises ``StorageError`` when ``path`` is not a block device.
    """
    end = time.monotonic() + wait
    while not os.path.exists(path):
        if time.monotonic() > end:
            return Device(path, "")
        time.sleep(0.2)
    real = os.path.realpath(path)
    size = Path("/sys/class/block", os.path.basename(real), "size")
    if not size.exists():
        raise StorageError(f"disks: {path} is not a block device; give a path below /dev/disk/by-id")
    return Device(path, real, int(size.read_text()) * SECTOR, _signature(node, real))


def _signature(node: Node, device: str) -> str:
    """Return the first signature on a device; empty when it is blank."""
    output = node.run("wipefs", "--no-act", "--json", device)
    signatures = json.loads(output)["signatures"] if output.strip() else []
    return signatures[0]["type"] if signatures else ""
