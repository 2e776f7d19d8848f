#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: capacity_info
short_description: Report reserved and free capacity of nodes, and the queue
version_added: 0.1.0
description:
  - Compares what the ledger has reserved for tenants with the capacity of O(nodes) and O(storage_nodes). Actual use is in the
    metrics of the nodes.
  - The playbook C(sovereign.vdc.capacity) finds the nodes in the inventory and their disks at Exoscale.
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
- name: Read the free capacity
  sovereign.vdc.capacity_info:
    nodes: [{name: acme-compute-1, cpus: 2, memory_gib: 4}]
    storage_nodes: [{name: acme-storage-1, size_gib: 100}]
    tiers: "{{ vdc_catalog.tiers }}"
  register: capacity

- name: Check that no tenant is queued
  ansible.builtin.assert:
    that: capacity.waiting | length == 0
"""

RETURN = r"""
nodes:
  description: The shared compute nodes by name. A tenant also counts on a node that it still has to leave.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name of the node.
      type: str
      sample: acme-compute-1
    cpus:
      description: Number of cores.
      type: float
      sample: 2.0
    cpus_promised:
      description: Cores that are reserved for tenants.
      type: float
      sample: 1.2
    cpus_free:
      description: Cores that are not reserved.
      type: float
      sample: 0.8
    memory_gib:
      description: Memory in GiB.
      type: float
      sample: 4.0
    memory_gib_promised:
      description: Memory that is reserved for tenants, in GiB.
      type: float
      sample: 2.0
    memory_gib_free:
      description: Memory that is not reserved, in GiB.
      type: float
      sample: 2.0
    schedulable:
      description: Whether it takes more tenants. It does not if it is draining, unhealthy, or has reserved O(compute_share) of its cores.
      type: bool
      sample: true
    slots:
      description: How many more tenants of each tier that shares nodes fit on it.
      type: dict
      sample: {"casual": 1}
    tenants:
      description: Names of the tenants on it.
      type: list
      elements: str
      sample: [acme, beta]
storage_nodes:
  description: The storage nodes by name.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name of the storage node.
      type: str
      sample: acme-storage-1
    size_gib:
      description: Total size of its pool disks, in GiB.
      type: float
      sample: 100.0
    reserved_gib:
      description: What is reserved for volumes, in GiB.
      type: float
      sample: 20.0
    free_gib:
      description: What can still be reserved, up to O(storage_share), in GiB.
      type: float
      sample: 60.0
    volumes:
      description: For how many more tenants of each tier it has room, with the smallest volume of the tier.
      type: dict
      sample: {"casual": 6, "pro": 1, "enterprise": 0}
    tenants:
      description: Names of the tenants whose volumes are on it.
      type: list
      elements: str
      sample: [acme, beta]
total:
  description: The sums over all nodes and storage nodes, with the reserved shares. Shares of nothing are 0.
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
dedicated_nodes:
  description: Names of the machines that are dedicated to one tenant each.
  returned: success
  type: list
  elements: str
  sample: [acme-tenant-3]
unknown_nodes:
  description: Names of shared nodes with tenants that are not in O(nodes).
  returned: success
  type: list
  elements: str
  sample: []
waiting:
  description: The queued tenants in the order of the queue, each with its position, and since when, in seconds since the epoch, UTC.
  returned: success
  type: list
  elements: dict
  sample: [{"tenant": "delta", "tier": "casual", "position": 1, "since": 1795219200}]
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.capacity import capacity
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.module import run_module
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.options import (
    CATALOG_OPTIONS,
    NODES_OPTIONS,
    catalog,
    nodes,
    pools,
    shares,
)


def run(module: AnsibleModule, connection: Any, now: int) -> dict[str, Any]:
    """Read the ledger and compare it with the nodes."""
    given = module.params
    compute, storage = shares(given)
    found = capacity(connection, catalog(given), nodes(given), pools(given), compute, storage)
    return {"before": {}, "after": {}, **found}


def main() -> None:
    """Run the module."""
    run_module({**CATALOG_OPTIONS, **NODES_OPTIONS}, run)


if __name__ == "__main__":
    main()
