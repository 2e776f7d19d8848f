#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
module: storage_pool
short_description: Manage the LVM pool of a storage node
version_added: 0.1.0
author:
  - The sovereign.vdc founders (@sovereign-vdc)
description:
  - Creates one LVM volume group from a storage node's block devices, adds disks to it and retires disks from it, while
    tenants write.
  - Runs on the storage node as root. Each run reads the current state from LVM, so a run can be interrupted anywhere and
    repeated; LVM continues to move data in the background.
  - Fails before the first change when data would not fit, when a device carries anything else, or when the volume group lacks
    the tag C(managed-by=sovereign.vdc).
requirements:
  - lvm2 on the node
  - python >= 3.10 on the node
extends_documentation_fragment:
  - sovereign.vdc.attributes
options:
  name:
    description:
      - Name of the volume group.
      - Not V(vdc), because C(/dev/vdc) is the name of a node's third disk.
    type: str
    default: vdc_pool
  disks:
    description:
      - Devices that are disks of the pool. Disks that are not listed are left as they are.
      - A disk that is being retired remains so unless O(reclaim) is set.
    type: list
    elements: path
    default: []
  retire:
    description:
      - Devices to remove from the pool. Their data moves to the other disks first.
      - A device that is blank, or that the node does not have, counts as retired.
    type: list
    elements: path
    default: []
  reclaim:
    description: Cancel the retirement of the devices in O(disks) and use them again.
    type: bool
    default: false
  wait:
    description:
      - How many seconds to wait for data that is moving. After that, the module returns with RV(finished=false), LVM continues
        to move the data, and the next run of the module waits for the rest.
    type: int
    default: 86400
  device_wait:
    description: How many seconds to wait for a device of O(disks) to appear after it was attached.
    type: int
    default: 20
"""

EXAMPLES = r"""
- name: Create a pool from two disks
  sovereign.vdc.storage_pool:
    disks:
      - /dev/disk/by-id/virtio-2c1d7a3e-5b0f-4c39-9
      - /dev/disk/by-id/virtio-7f3b6a10-93f1-4d7e-8

- name: Add a third disk to the pool
  sovereign.vdc.storage_pool:
    disks:
      - /dev/disk/by-id/virtio-b81f1c55-0d3e-4a7b-a

- name: Retire the first disk and report the progress every 15 seconds
  sovereign.vdc.storage_pool:
    retire: [/dev/disk/by-id/virtio-2c1d7a3e-5b0f-4c39-9]
    wait: 15
  register: pool
  until: pool.finished
  retries: 1000
  delay: 0
"""

RETURN = r"""
finished:
  description: Whether the pool has the desired state. False while data is still moving, and in check mode when the module would change the pool.
  returned: success
  type: bool
moving:
  description: Progress of each disk whose data is moving, in percent.
  returned: success
  type: dict
  sample: {/dev/disk/by-id/virtio-2c1d7a3e-5b0f-4c39-9: 41.5}
pool:
  description: The current pool. Sizes are in bytes.
  returned: success
  type: dict
  contains:
    name:
      description: Name of the volume group.
      type: str
    size:
      description: Size of all disks together.
      type: int
    free:
      description: Space that new volumes may use.
      type: int
    disks:
      description: The disks, each with C(device), C(size), C(used) and C(retiring).
      type: list
      elements: dict
"""

from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.module import Module
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.node import Node
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.pool import execute, plan, result
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.pool.spec import Spec
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.pool.state import read, read_device


def main() -> None:
    """Run the module."""
    module = Module(
        argument_spec={
            "name": {"type": "str", "default": "vdc_pool"},
            "disks": {"type": "list", "elements": "path", "default": []},
            "retire": {"type": "list", "elements": "path", "default": []},
            "reclaim": {"type": "bool", "default": False},
            "wait": {"type": "int", "default": 86400},
            "device_wait": {"type": "int", "default": 20},
        },
    )
    with module.failures():
        module.exit_json(**run(module.params, Node(module), module.check_mode, module._diff))


def run(params: dict[str, Any], node: Node, check: bool, diff: bool) -> dict[str, Any]:
    """Converge the pool unless ``check``; return the module's result. Raises ``StorageError``."""
    spec = Spec(
        params["name"],
        [read_device(node, path, params["device_wait"]) for path in params["disks"]],
        [read_device(node, path, 0) for path in params["retire"]],
        params["reclaim"],
    )
    paths = {device.node: device.path for device in [*spec.present, *spec.retired] if device.exists}
    state = read(node, spec.name)
    plan.validate(spec, state)
    before = result.view(state, paths)
    changed = plan.next_step(spec, state) is not None
    if not check:
        changed, state = execute.converge(node, spec, state, params["wait"])
    done = {
        "changed": changed,
        "finished": plan.next_step(spec, state) is None,
        "moving": {
            paths.get(relocation.device, relocation.device): relocation.percent
            for relocation in state.group.relocations
        },
        "pool": result.as_result(state, paths),
    }
    if diff:
        done["diff"] = {"before": before, "after": result.predicted(spec, before)}
    return done


if __name__ == "__main__":
    main()
