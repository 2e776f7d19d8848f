#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: node_claims_info
short_description: List the tenants that a node's volumes and stacks belong to
version_added: 0.1.0
author:
  - The sovereign.vdc founders (@sovereign-vdc)
description:
  - Reads which tenants the logical volumes of the storage pool and the stacks of containers on this node name, for the
    comparison with the ledger.
  - Runs on the node as root. A node without a storage pool has no volumes, a node without containers no stacks.
requirements:
  - lvm2 on a storage node
  - python >= 3.10 on the node
extends_documentation_fragment:
  - sovereign.vdc.attributes
  - sovereign.vdc.attributes.info
options:
  node:
    description: Name of this node, which is returned with each claim.
    type: str
    required: true
  pool:
    description: Name of the volume group.
    type: str
    default: vdc_pool
  stack_root:
    description: The directory of the compose projects.
    type: path
    default: /var/lib/vdc/tenants
"""

EXAMPLES = r"""
- name: Read whose the volumes and stacks are
  sovereign.vdc.node_claims_info:
    node: "{{ inventory_hostname }}"
  register: found
"""

RETURN = r"""
claims:
  description: The volumes and stacks with the tenants that they name, as the option C(claims) of other modules takes them.
  returned: success
  type: list
  elements: dict
  sample:
    - kind: logical volume
      name: t-acme
      tenant: acme
      number: 7
      identity: 9f86d081884c7d65
      node: acme-storage-1
      facts: {tier: casual, stack: knowledge, size-gib: 10, closed: false}
"""

from dataclasses import asdict, replace

from ansible_collections.sovereign.vdc.plugins.module_utils.module import Module
from ansible_collections.sovereign.vdc.plugins.module_utils.node.claims import of_stacks, of_volumes
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.node import Node


def main() -> None:
    """Run the module."""
    module = Module(
        argument_spec={
            "node": {"type": "str", "required": True},
            "pool": {"type": "str", "default": "vdc_pool"},
            "stack_root": {"type": "path", "default": "/var/lib/vdc/tenants"},
        },
    )
    params = module.params
    claims = list(of_stacks(params["stack_root"]))
    with module.failures():
        if module.get_bin_path("lvs"):
            claims += of_volumes(Node(module).read_pool(params["pool"])[0])
    module.exit_json(changed=False, claims=[asdict(replace(claim, node=params["node"])) for claim in claims])


if __name__ == "__main__":
    main()
