#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
module: exoscale_block_snapshot
short_description: Manage snapshots of Exoscale block storage volumes
version_added: 0.1.0
author:
  - The sovereign.vdc founders (@sovereign-vdc)
description:
  - Creates a snapshot of a volume. A second run finds it by its name and volume, and changes nothing.
  - With O(keep), deletes the oldest snapshots of the series.
  - Snapshots have the label C(managed-by=sovereign.vdc). A snapshot without it is never changed or deleted.
extends_documentation_fragment:
  - sovereign.vdc.attributes
  - sovereign.vdc.attributes.exoscale_group
  - sovereign.vdc.calls
  - sovereign.vdc.calls.wait
  - sovereign.vdc.exoscale
options:
  name:
    description: The name, or the id of a snapshot that exists.
    type: str
    required: true
  volume:
    description:
      - Name or id of the volume. Required with O(state=present).
      - With O(state=absent) it selects among snapshots with the same name.
    type: str
  state:
    description: Whether the snapshot exists.
    type: str
    choices: [present, absent]
    default: present
  labels:
    description:
      - All labels of the snapshot. C(managed-by) is added.
      - If omitted, they are not changed.
    type: dict
  keep:
    description:
      - How many snapshots of the series remain, this one included. The oldest others are deleted after this
        one is created.
      - The series are the snapshots of O(volume) that this collection created and that have all of O(labels).
      - Exoscale keeps 20 snapshots of a volume at most.
    type: int
"""

EXAMPLES = r"""
- name: Create a nightly snapshot and keep seven of them
  sovereign.vdc.exoscale_block_snapshot:
    zone: ch-dk-2
    volume: storage-1-disk-1
    name: "storage-1-disk-1-{{ now(utc=true).strftime('%Y-%m-%d') }}"
    labels: {series: nightly}
    keep: 7

- name: Change the labels of a snapshot
  sovereign.vdc.exoscale_block_snapshot:
    zone: ch-dk-2
    volume: storage-1-disk-1
    name: before-upgrade
    labels: {series: manual}

- name: Delete a snapshot
  sovereign.vdc.exoscale_block_snapshot:
    zone: ch-dk-2
    volume: storage-1-disk-1
    name: before-upgrade
    state: absent
"""

RETURN = r"""
snapshot:
  description:
    - The snapshot; null with O(state=absent).
    - In check mode the predicted one, without the id that Exoscale assigns.
  returned: always, unless the input is rejected
  type: dict
  contains:
    name:
      description: The name.
      type: str
    id:
      description: The id.
      type: str
    state:
      description: Exoscale's status; C(created) when no operation is in progress.
      type: str
    volume:
      description: Name of the volume.
      type: str
    volume_id:
      description: Id of the volume.
      type: str
    volume_size:
      description: Size of the volume in GiB when the snapshot was created.
      type: int
    labels:
      description: The labels.
      type: dict
    created_at:
      description: Time of creation.
      type: str
removed:
  description: Names of the snapshots that were deleted because of O(keep), oldest first.
  returned: always, unless the input is rejected
  type: list
  elements: str
api_calls:
  description: Number of API calls, by C(reads) and C(writes).
  returned: always
  type: dict
  sample: {reads: 4, writes: 1}
error:
  description: The error, with C(code), C(message), C(details) and the provider's C(correlation_id).
  returned: failure
  type: dict
"""

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.block_snapshots.execute import run
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.client import LOGIN_OPTIONS, connect
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.module import WAIT_OPTIONS, run_module

OPTIONS = {
    **LOGIN_OPTIONS,
    **WAIT_OPTIONS,
    "name": {"type": "str", "required": True},
    "volume": {"type": "str"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "labels": {"type": "dict"},
    "keep": {"type": "int"},
}


def main() -> None:
    """Run the module."""
    run_module(OPTIONS, connect, run)


if __name__ == "__main__":
    main()
