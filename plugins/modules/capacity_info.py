#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: capacity_info
short_description: Tell what of the nodes is promised to tenants, and who waits
version_added: 0.1.0
description:
  - Sets what the ledger has promised against what the given nodes have. What is really used, the nodes' metrics tell.
  - Nodes that tenants are placed on and that were not given are listed in RV(unknown_nodes).
options: {}
extends_documentation_fragment:
  - sovereign.vdc.ledger
  - sovereign.vdc.ledger.catalog
  - sovereign.vdc.ledger.nodes
  - sovereign.vdc.attributes.info
seealso:
  - module: sovereign.vdc.tenant_info
  - module: sovereign.vdc.tenant_operation
author:
  - The sovereign.vdc founders (@sovereign-vdc)
"""

EXAMPLES = r"""
- name: What is left
  sovereign.vdc.capacity_info:
    nodes: [{name: acme-compute-1, cpus: 2, memory_gib: 4}]
    storage_nodes: [{name: acme-storage-1, size_gib: 100}]
    tiers: "{{ vdc_catalog.tiers }}"
  register: capacity

- name: Nobody may wait
  ansible.builtin.assert:
    that: capacity.waiting | length == 0
"""

RETURN = r"""
nodes:
  description: The shared compute nodes, by name. Tenants who are still to leave a node count there, too.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name of the node.
      type: str
      sample: acme-compute-1
    cpus:
      description: Its cores, RV(nodes[].cpus_promised) of them to tenants.
      type: float
      sample: 2.0
    cpus_promised:
      description: What of its cores is promised.
      type: float
      sample: 1.2
    cpus_free:
      description: What of its cores is not.
      type: float
      sample: 0.8
    memory_gib:
      description: Its memory.
      type: float
      sample: 4.0
    memory_gib_promised:
      description: What of its memory is promised.
      type: float
      sample: 2.0
    memory_gib_free:
      description: What of its memory is not.
      type: float
      sample: 2.0
    open:
      description: Whether it takes more tenants. It does not while it drains, is not well, or has promised O(compute_share) of its cores.
      type: bool
      sample: true
    tenants:
      description: Names of the tenants on it.
      type: list
      elements: str
      sample: [acme, beta]
storage_nodes:
  description: The storage nodes, by name.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name of the storage node.
      type: str
      sample: acme-storage-1
    size_gib:
      description: What its disks hold.
      type: float
      sample: 100.0
    reserved_gib:
      description: What of it is promised to tenants.
      type: float
      sample: 20.0
    free_gib:
      description: What of it can still be promised, up to O(storage_share).
      type: float
      sample: 60.0
    tenants:
      description: Names of the tenants whose volumes are on it.
      type: list
      elements: str
      sample: [acme, beta]
total:
  description: All nodes and storage nodes together, with the shares that are promised. They are 0 where there is nothing.
  returned: success
  type: dict
  sample:
    cpus: 2.0
    cpus_promised: 1.2
    cpus_share: 0.6
    memory_gib: 4.0
    memory_gib_promised: 2.0
    memory_share: 0.5
    storage_gib: 100.0
    storage_gib_promised: 20.0
    storage_share: 0.2
own_nodes:
  description: Names of the machines that belong to one tenant each.
  returned: success
  type: list
  elements: str
  sample: [acme-gamma]
unknown_nodes:
  description: Names of shared nodes that tenants are placed on, and that were not given.
  returned: success
  type: list
  elements: str
  sample: []
waiting:
  description: Who waits for a place, the next in line first, and since when, in seconds since the epoch, UTC.
  returned: success
  type: list
  elements: dict
  sample: [{"tenant": "delta", "tier": "casual", "place": 1, "since": 1795219200}]
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import overview
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.module import run_module
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.options import (
    CATALOG_OPTIONS,
    NODES_OPTIONS,
    catalog,
    nodes,
    pools,
    shares,
)


def work(module: AnsibleModule, connection: Any, now: int) -> dict[str, Any]:
    """Look."""
    given = module.params
    compute, storage = shares(given)
    seen = overview.capacity(connection, catalog(given), nodes(given), pools(given), compute, storage)
    return {"before": {}, "after": {}, **seen}


def main() -> None:
    """Run the module."""
    run_module({**CATALOG_OPTIONS, **NODES_OPTIONS}, work)


if __name__ == "__main__":
    main()
