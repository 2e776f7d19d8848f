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
  - Lists the tenants of the ledger, by name, those who left included.
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
  desired_states:
    description:
      - Only tenants who shall be one of these, see O(sovereign.vdc.tenant#module:desired_state).
    type: list
    elements: str
    choices: [active, poweroff, release, absent]
    default: []
  operations:
    description:
      - How many of each tenant's operations are told, the newest first.
    type: int
    default: 0
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

- name: What became of one tenant
  sovereign.vdc.tenant_info:
    name: acme
    operations: 10
"""

RETURN = r"""
tenants:
  description:
    - The tenants, as M(sovereign.vdc.tenant) returns one.
    - Each has C(departure). Of one who leaves or has left, it is a dictionary with C(decided), C(backups_until) (until when the
      backups are kept), C(backups_purged) (when they were deleted), all in seconds since the epoch, and C(volume_gib), the
      size that the volume had.
    - With O(operations), each has C(operations), a list of dictionaries with C(id), C(kind), C(state) (C(running), C(done),
      C(failed)), C(message), C(started), C(finished) and C(holder). One that is C(running) may be of a run that died.
  returned: success
  type: list
  elements: dict
  sample: [{"id": 7, "name": "acme", "tier": "casual", "state": "active", "desired_state": "active", "node": "acme-compute-1"}]
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import (
    capacity,
    deletions,
    journal,
    tenants,
    volumes,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.module import run_module
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.views import view
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.desired_states import DESIRED_STATES
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.states import STATES

# What of an operation is told.
TOLD = ("id", "kind", "state", "message", "started", "finished", "holder")


def work(module: AnsibleModule, connection: Any, now: int) -> dict[str, Any]:
    """List."""
    given = module.params
    found = [tenants.get(connection, given["name"])] if given["name"] else tenants.all_tenants(connection)
    at, has = capacity.all_placements(connection), volumes.all_volumes(connection)
    left = deletions.all_deletions(connection)
    told = []
    for tenant in found:
        if given["states"] and tenant.state not in given["states"]:
            continue
        if given["desired_states"] and tenant.desired_state not in given["desired_states"]:
            continue
        seen = view(tenant, at.get(tenant.id), has.get(tenant.id))
        seen["departure"] = left[tenant.id].as_dict() if tenant.id in left else None
        if given["operations"] > 0:
            done = journal.operations(connection, tenant.name, most=given["operations"])
            seen["operations"] = [{key: operation[key] for key in TOLD} for operation in done]
        told.append(seen)
    return {"before": {}, "after": {}, "tenants": told}


def main() -> None:
    """Run the module."""
    run_module(
        {
            "name": {"type": "str"},
            "states": {"type": "list", "elements": "str", "choices": list(STATES), "default": []},
            "desired_states": {"type": "list", "elements": "str", "choices": list(DESIRED_STATES), "default": []},
            "operations": {"type": "int", "default": 0},
        },
        work,
    )


if __name__ == "__main__":
    main()
