#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
module: exoscale_block_volumes
short_description: Manage sets of Exoscale block storage volumes
version_added: 0.1.0
author:
  - The sovereign.vdc founders (@sovereign-vdc)
description:
  - Creates, attaches, detaches, grows and deletes a set of block volumes in one task.
  - Options that all volumes share are given once; each item of O(volumes) can override them.
  - The task is rejected before the first change if any item is impossible, for instance if an instance would have
    more than the five volumes that Exoscale attaches.
  - Volumes have the label C(managed-by=sovereign.vdc). A volume without it is never changed or deleted.
extends_documentation_fragment:
  - sovereign.vdc.attributes
  - sovereign.vdc.attributes.exoscale_group
  - sovereign.vdc.calls
  - sovereign.vdc.calls.wait
  - sovereign.vdc.exoscale
options:
  volumes:
    description: The volumes, each by its name, or by the id of an existing volume.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description:
          - The name. Together with O(volumes[].id) it is the new name.
          - Exoscale allows several volumes of one name. Two with the same name that this collection owns are an error; give the id then.
        type: str
      id:
        description: The id of an existing volume.
        type: str
      state:
        description: Overrides O(state) for this one.
        type: str
        choices: [present, absent]
      size:
        description: Overrides O(size) for this one.
        type: int
      instance:
        description: Overrides O(instance) for this one.
        type: str
      snapshot:
        description: Overrides O(snapshot) for this one.
        type: str
      labels:
        description: Labels of this one, merged over O(labels).
        type: dict
  fleet:
    description: Name of the fleet that the volumes belong to. It becomes their label C(fleet).
    type: str
  exact:
    description: Whether members of O(fleet) that are not listed are deleted. Attached ones need O(force_detach), too.
    type: bool
    default: false
  state:
    description: Whether the volumes exist.
    type: str
    choices: [present, absent]
    default: present
  size:
    description:
      - Size in GiB. Required to create a volume, unless O(snapshot) is given.
      - A volume can only grow, and only while it is detached or its instance is stopped.
    type: int
  instance:
    description:
      - Name or id of the instance that the volumes are attached to.
      - The empty string detaches them. If omitted, attachments are not changed.
    type: str
  snapshot:
    description:
      - Name or id of the block snapshot that a new volume is created from.
      - It has no effect on an existing volume.
    type: str
  labels:
    description:
      - All labels of the volumes. C(managed-by) is added.
      - If omitted, they are not changed.
    type: dict
  allow_detach:
    description:
      - Confirms that a volume may be detached from a running instance to grow it or to attach it to another one.
        After it has grown it is attached again.
      - Nothing on the instance may use the volume meanwhile. Without the confirmation such a change is rejected.
    type: bool
    default: false
  force_detach:
    description: Confirms that attached volumes may be deleted. Without it their deletion is rejected.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Create two disks and attach them to a storage node
  sovereign.vdc.exoscale_block_volumes:
    zone: ch-dk-2
    size: 100
    instance: storage-1
    fleet: storage
    labels: {role: pool-disk}
    volumes:
      - name: storage-1-disk-1
      - name: storage-1-disk-2

- name: Grow a disk that nothing uses at the moment
  sovereign.vdc.exoscale_block_volumes:
    zone: ch-dk-2
    allow_detach: true
    volumes:
      - name: storage-1-disk-2
        size: 200

- name: Create a volume from a snapshot
  sovereign.vdc.exoscale_block_volumes:
    zone: ch-dk-2
    volumes:
      - name: rescue
        snapshot: storage-1-nightly
        instance: rescue-1

- name: Detach and delete a volume
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
    - The volumes that exist after the task, in the order of the option.
    - In check mode the predicted ones, without the ids that Exoscale assigns.
  returned: always, unless the input is rejected
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
      description: Exoscale's status; C(attached) or C(detached) when no operation is in progress.
      type: str
    instance:
      description: Name of the instance that it is attached to.
      type: str
    instance_id:
      description: Id of the instance that it is attached to.
      type: str
    device:
      description: Device path on the instance while it is attached.
      type: str
      sample: /dev/disk/by-id/virtio-2c1d7a3e-5b0f-4c39-9
    labels:
      description: The labels.
      type: dict
    zone:
      description: The zone.
      type: str
    created_at:
      description: Time of creation.
      type: str
api_calls:
  description: Number of API calls, by C(reads) and C(writes).
  returned: always
  type: dict
  sample: {reads: 4, writes: 2}
error:
  description: The first error, with C(code), C(message), C(details) and the provider's C(correlation_id).
  returned: failure
  type: dict
failed_resources:
  description: The error of each volume that did not reach its desired state, by name.
  returned: when at least one failed
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
