#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
module: exoscale_block_volumes
short_description: Manage a set of Exoscale block storage volumes
version_added: 0.1.0
author:
  - The sovereign.vdc founders (@sovereign-vdc)
description:
  - Creates, attaches, detaches, grows and deletes a whole set of block volumes in one task.
  - What the volumes have in common is said once. Each item of O(volumes) may say otherwise for itself.
  - All is refused before the first change if any item cannot be had, also when an instance would end
    with more than the five volumes that Exoscale attaches.
  - Volumes carry the label C(managed-by=sovereign.vdc). A volume without it is never changed or deleted.
extends_documentation_fragment:
  - sovereign.vdc.attributes
  - sovereign.vdc.attributes.exoscale_group
  - sovereign.vdc.calls
  - sovereign.vdc.calls.wait
  - sovereign.vdc.exoscale
options:
  volumes:
    description: The volumes, each by its name, or by its id when it exists.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description:
          - The name. Together with O(volumes[].id) it is the new name.
          - Exoscale allows several volumes of one name. Two of ours with the same name are an error.
        type: str
      id:
        description: The id of a volume that exists.
        type: str
      state:
        description: As O(state), for this one.
        type: str
        choices: [present, absent]
      size:
        description: As O(size), for this one.
        type: int
      instance:
        description: As O(instance), for this one.
        type: str
      snapshot:
        description: As O(snapshot), for this one.
        type: str
      labels:
        description: Labels of this one, on top of O(labels).
        type: dict
  fleet:
    description: Name of the fleet that the volumes belong to. It becomes their label C(fleet).
    type: str
  exact:
    description: Whether members of O(fleet) that are not listed are deleted. Attached ones need O(force_detach), too.
    type: bool
    default: false
  state:
    description: Whether the volumes shall be there.
    type: str
    choices: [present, absent]
    default: present
  size:
    description:
      - Size in GiB. Needed to make a volume, unless O(snapshot) is given.
      - A volume only grows, while it is detached or its instance is stopped.
    type: int
  instance:
    description:
      - Name or id of the instance that the volumes shall be attached to.
      - The empty string detaches them. If not set, they stay where they are.
    type: str
  snapshot:
    description:
      - Name or id of the block snapshot that a new volume is made from.
      - It has no effect on a volume that exists.
    type: str
  labels:
    description:
      - All labels of the volumes. C(managed-by) is added.
      - If not set, they are left as they are.
    type: dict
  allow_detach:
    description:
      - The confirmation to detach a volume from a running instance, in order to grow it or to attach it elsewhere.
        After growing it is attached again.
      - Nothing on the instance may use the volume then. Without the confirmation, such a change is refused.
    type: bool
    default: false
  force_detach:
    description: The confirmation to delete volumes that are attached. Without it that is refused.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Two disks for a storage node
  sovereign.vdc.exoscale_block_volumes:
    zone: ch-dk-2
    size: 100
    instance: storage-1
    fleet: storage
    labels: {role: pool-disk}
    volumes:
      - name: storage-1-disk-1
      - name: storage-1-disk-2

- name: Grow one of them, which nothing uses at the moment
  sovereign.vdc.exoscale_block_volumes:
    zone: ch-dk-2
    allow_detach: true
    volumes:
      - name: storage-1-disk-2
        size: 200

- name: Look into last night's state
  sovereign.vdc.exoscale_block_volumes:
    zone: ch-dk-2
    volumes:
      - name: rescue
        snapshot: storage-1-nightly
        instance: rescue-1

- name: Detach and delete
  sovereign.vdc.exoscale_block_volumes:
    zone: ch-dk-2
    state: absent
    force_detach: true
    volumes: [{name: rescue}]

- name: Delete every volume of a fleet, with all data
  sovereign.vdc.exoscale_block_volumes:
    zone: ch-dk-2
    fleet: storage
    exact: true
    force_detach: true
    volumes: []
"""

RETURN = r"""
volumes:
  description:
    - The volumes that exist in the end, in the order of the option.
    - In check mode as they would be, without the ids that Exoscale has yet to choose.
  returned: always, unless refused
  type: list
  elements: dict
  contains:
    name:
      description: The name.
      type: str
    id:
      description: The id.
      type: str
    size:
      description: Size in GiB.
      type: int
    state:
      description: What Exoscale calls it, C(attached) or C(detached) at rest.
      type: str
    instance:
      description: Name of the instance that it is attached to.
      type: str
    instance_id:
      description: Id of the instance that it is attached to.
      type: str
    device:
      description: Where the instance finds it while it is attached.
      type: str
      sample: /dev/disk/by-id/virtio-2c1d7a3e-5b0f-4c39-9
    labels:
      description: The labels.
      type: dict
    zone:
      description: The zone.
      type: str
    created_at:
      description: When it was made.
      type: str
api_calls:
  description: How many calls were made to the API, by C(reads) and C(writes).
  returned: always
  type: dict
  sample: {reads: 4, writes: 2}
error:
  description: The first failure, with C(code), C(message), C(details) and the provider's C(correlation_id).
  returned: failure
  type: dict
failed_resources:
  description: The failure of each volume that could not be brought to its wish, by name.
  returned: when some failed
  type: dict
"""

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.block_volumes.execute import run
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.client import LOGIN_OPTIONS, connect
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.module import WAIT_OPTIONS, run_module

STATES = ["present", "absent"]
COMMON = {
    "size": {"type": "int"},
    "instance": {"type": "str"},
    "snapshot": {"type": "str"},
    "labels": {"type": "dict"},
}
OPTIONS = {
    **LOGIN_OPTIONS,
    **WAIT_OPTIONS,
    **COMMON,
    "volumes": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": {"type": "str"},
            "id": {"type": "str"},
            "state": {"type": "str", "choices": STATES},
            **COMMON,
        },
    },
    "fleet": {"type": "str"},
    "exact": {"type": "bool", "default": False},
    "state": {"type": "str", "choices": STATES, "default": "present"},
    "allow_detach": {"type": "bool", "default": False},
    "force_detach": {"type": "bool", "default": False},
}


def main() -> None:
    """Run the module."""
    run_module(OPTIONS, connect, run)


if __name__ == "__main__":
    main()
