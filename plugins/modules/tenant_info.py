#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: tenant_info
short_description: Tell what the ledger knows of tenants
version_added: 0.1.0
description:
  - Lists the tenants of the ledger, by name.
options:
  name:
    description:
      - Name of one tenant. Unknown names are refused.
    type: str
  states:
    description:
      - Only tenants in one of these states.
    type: list
    elements: str
    choices: [queued, provisioning, active, suspending, suspended, resuming, migrating, error, deleting, deleted]
    default: []
extends_documentation_fragment:
  - sovereign.vdc.ledger
  - sovereign.vdc.attributes.info
seealso:
  - module: sovereign.vdc.tenant
author:
  - The sovereign.vdc founders (@sovereign-vdc)
"""

EXAMPLES = r"""
- name: Who waits
  sovereign.vdc.tenant_info:
    states: [queued]
  register: line
"""

RETURN = r"""
tenants:
  description: The tenants, as M(sovereign.vdc.tenant) returns one.
  returned: success
  type: list
  elements: dict
  sample: [{"id": 7, "name": "acme", "tier": "casual", "state": "active"}]
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import capacity, tenants, volumes
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.module import run_module
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.views import view
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.states import STATES


def work(module: AnsibleModule, connection: Any, now: int) -> dict[str, Any]:
    """List."""
    wish = module.params
    found = [tenants.get(connection, wish["name"])] if wish["name"] else tenants.all_tenants(connection)
    at, has = capacity.all_placements(connection), volumes.all_volumes(connection)
    asked = [t for t in found if not wish["states"] or t.state in wish["states"]]
    chosen = [view(t, at.get(t.id), has.get(t.id)) for t in asked]
    return {"before": {}, "after": {}, "tenants": chosen}


def main() -> None:
    """Run the module."""
    run_module(
        {
            "name": {"type": "str"},
            "states": {"type": "list", "elements": "str", "choices": list(STATES), "default": []},
        },
        work,
    )


if __name__ == "__main__":
    main()
