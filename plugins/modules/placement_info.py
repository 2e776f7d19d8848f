#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: placement_info
short_description: List the nodes that the ledger uses
version_added: 0.1.0
description:
  - Lists the compute nodes and storage nodes that tenants are placed on, still have to leave, or have their data on, by name. The
    playbooks compare them with the inventory, so that a node which the inventory lacks is looked up in its cloud.
  - The list is empty if there is no ledger yet.
options: {}
extends_documentation_fragment:
  - sovereign.vdc.ledger
  - sovereign.vdc.attributes.info
seealso:
  - module: sovereign.vdc.capacity_info
author:
  - The sovereign.vdc founders (@sovereign-vdc)
"""

EXAMPLES = r"""
- name: Read the nodes that the ledger uses
  sovereign.vdc.placement_info:
  register: placed
"""

RETURN = r"""
nodes:
  description: The nodes, each once. C(location) is empty for the site's own location, and for storage nodes.
  returned: success
  type: list
  elements: dict
  sample: [{"name": "acme-compute-1", "role": "compute", "location": ""}]
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import migrations, placements, volumes
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.module import run_module
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.store import create_ledger


def run(module: AnsibleModule, connection: Any, now: int) -> dict[str, Any]:
    """List the nodes."""
    if not migrations.applied(connection):
        return {"before": {}, "after": {}, "nodes": []}
    found: dict[str, dict[str, str]] = {}
    for at in placements.all_placements(connection).values():
        for name, location in ((at.node, at.location), (at.source_node, at.source_location)):
            found[name] = {"name": name, "role": "compute", "location": location}
    for volume in volumes.all_volumes(connection).values():
        for name in (volume.storage_node, volume.source_node):
            found[name] = {"name": name, "role": "storage", "location": ""}
    return {"before": {}, "after": {}, "nodes": [found[name] for name in sorted(found) if name]}


def main() -> None:
    """Run the module."""
    run_module({}, run, opening=lambda url, check_mode: create_ledger(url, check_mode=True))


if __name__ == "__main__":
    main()
