#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: exoscale_block_volumes_info
short_description: Tell which block volumes there are at Exoscale
version_added: 0.1.0
description:
  - Lists the block volumes of a zone, by name.
author:
  - The sovereign.vdc founders (@sovereign-vdc)
extends_documentation_fragment:
  - sovereign.vdc.exoscale
  - sovereign.vdc.calls
  - sovereign.vdc.attributes.info
  - sovereign.vdc.attributes.exoscale_group
options:
  labels:
    description: Only volumes that carry all of these labels.
    type: dict
    default: {}
  instance:
    description: Only volumes that are attached to the instance of this name.
    type: str
"""

EXAMPLES = r"""
- name: The disks of a fleet
  sovereign.vdc.exoscale_block_volumes_info:
    zone: ch-dk-2
    labels:
      managed-by: sovereign.vdc
      fleet: demo
      role: pool-disk
  register: disks
"""

RETURN = r"""
volumes:
  description: The volumes, as M(sovereign.vdc.exoscale_block_volumes) returns them.
  returned: success
  type: list
  elements: dict
  sample:
    - name: demo-storage-1-disk-1
      id: 2c1d7a3e-5b0f-4c39-9a51-2a0c2f0a3e11
      size: 20
      state: attached
      instance: demo-storage-1
      device: /dev/disk/by-id/virtio-2c1d7a3e-5b0f-4c39-9
api_calls:
  description: How many API calls were made, those that only read and those that change.
  returned: always
  type: dict
  sample: {reads: 2, writes: 0}
error:
  description: The cause of a failure.
  returned: on failure
  type: dict
  sample: {code: unreachable, message: no answer, details: null, correlation_id: null}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.client import (
    LOGIN_OPTIONS,
    Exoscale,
    connect,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.volumes.wish import read
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.volumes.work import as_result
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.module import Report, run_module

OPTIONS = {**LOGIN_OPTIONS, "labels": {"type": "dict", "default": {}}, "instance": {"type": "str"}}


def work(module: AnsibleModule, cloud: Exoscale) -> Report:
    """List the volumes."""
    asked = module.params
    wanted = {key: str(value) for key, value in asked["labels"].items()}
    seen = read(cloud, [], with_snapshots=False)
    volumes = [as_result(item, seen, cloud.zone) for item in seen.volumes]
    chosen = [
        volume
        for volume in volumes
        if wanted.items() <= volume["labels"].items() and asked["instance"] in (None, volume["instance"])
    ]
    return Report(values={"volumes": sorted(chosen, key=lambda volume: (volume["name"] or "", volume["id"]))})


def main() -> None:
    """Ansible's entry."""
    run_module(OPTIONS, connect, work)


if __name__ == "__main__":
    main()
