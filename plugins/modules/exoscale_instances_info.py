#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: exoscale_instances_info
short_description: List Exoscale Compute instances
version_added: 0.1.0
description:
  - Lists the compute instances of a zone, by name, whether this collection manages them or not.
author:
  - The sovereign.vdc founders (@sovereign-vdc)
extends_documentation_fragment:
  - sovereign.vdc.exoscale
  - sovereign.vdc.calls
  - sovereign.vdc.attributes.info
  - sovereign.vdc.attributes.exoscale_group
options:
  names:
    description: Only instances with one of these names. The list is empty when no instance has one of them.
    type: list
    elements: str
    default: []
  labels:
    description: Only instances that have all of these labels.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Check whether an instance exists
  sovereign.vdc.exoscale_instances_info:
    zone: ch-dk-2
    names: [demo-storage-1]
  register: found
"""

RETURN = r"""
instances:
  description: The instances. Several may have the same name.
  returned: success
  type: list
  elements: dict
  sample:
    - name: demo-storage-1
      id: 2c1d7a3e-5b0f-4c39-9a51-2a0c2f0a3e11
      status: running
      labels: {managed-by: sovereign.vdc, fleet: demo, role: storage}
      ipv4: 192.0.2.7
api_calls:
  description: Number of API calls, by C(reads) and C(writes).
  returned: always
  type: dict
  sample: {reads: 1, writes: 0}
error:
  description: The cause of a failure, with C(code), C(message), C(details) and the provider's C(correlation_id).
  returned: on failure
  type: dict
  sample: {code: unreachable, message: no answer, details: null, correlation_id: null}
"""

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.client import LOGIN_OPTIONS, connect
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.instances.info import run_info
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.module import run_module

OPTIONS = {
    **LOGIN_OPTIONS,
    "names": {"type": "list", "elements": "str", "default": []},
    "labels": {"type": "dict", "default": {}},
}


def main() -> None:
    """Run the module."""
    run_module(OPTIONS, connect, run_info)


if __name__ == "__main__":
    main()
