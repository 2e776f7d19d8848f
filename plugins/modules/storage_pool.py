#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
module: storage_pool
short_description: Make the disks of a storage node into one pool, and empty disks online
version_added: 0.1.0
author:
  - The sovereign.vdc founders (@sovereign-vdc)
description:
  - Makes block devices into one LVM volume group, adds disks to it, and retires disks, all while tenants write.
  - Runs on the storage node as root. The state is derived from LVM each time, so a run may be interrupted and
    repeated at every point; data on its way goes on moving in the background.
  - All is refused before the first change when data would not fit, when a device carries something else, or when
    the pool is not ours (its volume group lacks the tag C(managed-by=sovereign.vdc)).
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
      - Devices that shall be disks of the pool. Disks that are not named stay as they are.
      - One that is being retired stays so unless O(reclaim) is set.
    type: list
    elements: path
    default: []
  retire:
    description:
      - Devices that shall hold nothing of the pool any more. Their data moves to the other disks, then they leave the pool.
      - A device that the node does not have, or that is blank, is retired already.
    type: list
    elements: path
    default: []
  reclaim:
    description: Give the retirement of O(disks) up and use them again.
    type: bool
    default: false
  wait:
    description:
      - How many seconds to wait for data on its way. Then the module returns with RV(finished=false), the move goes on,
        and another run of the module takes it up.
    type: int
    default: 86400
  device_wait:
    description: How many seconds to wait for a device of O(disks) that was attached just now.
    type: int
    default: 20
"""

EXAMPLES = r"""
- name: Two disks, one pool
  sovereign.vdc.storage_pool:
    disks:
      - /dev/disk/by-id/virtio-2c1d7a3e-5b0f-4c39-9
      - /dev/disk/by-id/virtio-7f3b6a10-93f1-4d7e-8

- name: Empty the first one
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
  description: Whether the pool is as wished. False while data is still on its way, and in check mode when it would be.
  returned: success
  type: bool
moving:
  description: Data on its way, by disk, in percent of what is to be moved.
  returned: success
  type: dict
  sample: {/dev/disk/by-id/virtio-2c1d7a3e-5b0f-4c39-9: 41.5}
pool:
  description: The pool as it is now. Sizes are bytes.
  returned: success
  type: dict
  contains:
    name:
      description: Its name.
      type: str
    size:
      description: All disks together.
      type: int
    free:
      description: What new volumes may take.
      type: int
    disks:
      description: The disks, each with C(device), C(size), C(used) and C(retiring).
      type: list
      elements: dict
"""

import time

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.lvm import StorageError
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.node import Node
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.pool import (
    Seen,
    Step,
    Wish,
    foreseen,
    next_step,
    refuse,
    view,
)

LOOK_AGAIN = 2  # seconds between two looks at data on its way


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "default": "vdc_pool"},
            "disks": {"type": "list", "elements": "path", "default": []},
            "retire": {"type": "list", "elements": "path", "default": []},
            "reclaim": {"type": "bool", "default": False},
            "wait": {"type": "int", "default": 86400},
            "device_wait": {"type": "int", "default": 20},
        },
        supports_check_mode=True,
    )
    try:
        module.exit_json(**_work(module, Node(module)))
    except StorageError as error:
        module.fail_json(msg=str(error))


def _work(module: AnsibleModule, node: Node) -> dict:
    params = module.params
    wish = Wish(
        params["name"],
        [node.device(path, params["device_wait"]) for path in params["disks"]],
        [node.device(path, 0) for path in params["retire"]],
        params["reclaim"],
    )
    names = {device.node: device.path for device in [*wish.present, *wish.retired] if device.there}
    seen = Seen(*node.read_pool(wish.name))
    refuse(wish, seen)
    before = view(seen, names)
    after = foreseen(wish, before)
    step, changed, begun = next_step(wish, seen), False, False
    end = time.monotonic() + params["wait"]
    while step and not module.check_mode:
        # What moves already needs one push a run, in case that the node was restarted meanwhile.
        if not (begun and step.moving and seen.group.moves):
            _run(node, step)
        begun, changed = step.moving, True
        if step.moving:
            if time.monotonic() >= end:
                seen = Seen(*node.read_pool(wish.name))
                break
            time.sleep(min(LOOK_AGAIN, max(0.0, end - time.monotonic())))
        seen = Seen(*node.read_pool(wish.name))
        step = next_step(wish, seen)
    result = {
        "changed": changed or (module.check_mode and step is not None),
        "finished": step is None,
        "moving": {names.get(move.device, move.device): move.percent for move in seen.group.moves},
        "pool": _pool(seen, names),
    }
    if module._diff:
        result["diff"] = {"before": before, "after": after}
    return result


def _run(node: Node, step: Step) -> None:
    try:
        node.run(*step.command)
    except StorageError as error:
        # It ended between the look and the push.
        if not (step.moving and "No data to move" in str(error)):
            raise


def _pool(seen: Seen, names: dict[str, str]) -> dict:
    group = seen.group
    disks = [
        {
            "device": names.get(disk.device, disk.device),
            "size": disk.size,
            "used": disk.used,
            "retiring": not disk.allocatable,
        }
        for disk in group.disks.values()
    ]
    return {"name": group.name, "size": group.size, "free": group.free, "disks": disks}


if __name__ == "__main__":
    main()
