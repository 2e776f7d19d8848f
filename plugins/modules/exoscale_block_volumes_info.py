#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: exoscale_block_volumes_info
short_description: List Exoscale block storage volumes
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
    description: Only volumes that have all of these labels.
    type: dict
    default: {}
  instance:
    description: Only volumes that are attached to the instance of this name.
    type: str
"""

EXAMPLES = r"""
- name: List the disks of a fleet
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
  description: Number of API calls, by C(reads) and C(writes).
  returned: always
  type: dict
  sample: {reads: 2, writes: 0}
error:
  description: The cause of a failure, with C(code), C(message), C(details) and the provider's C(correlation_id).
  returned: on failure
  type: dict
  sample: {code: unreachable, message: no answer, details: null, correlation_id: null}
"""

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.block_volumes.execute import run_info
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.client import LOGIN_OPTIONS, connect
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.module import run_module

OPTIONS = {**LOGIN_OPTIONS, "labels": {"type": "dict", "default": {}}, "instance": {"type": "str"}}


def main() -> None:
    """Run the module."""
    run_module(OPTIONS, connect, run_info)


if __name__ == "__main__":
    main()
