#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: tenant_info
short_description: List tenants of the ledger
version_added: 0.1.0
description:
  - Lists the tenants of the ledger by name, including deleted ones.
options:
  name:
    description:
      - Name of one tenant. Fails if there is no such tenant.
    type: str
  states:
    description:
      - List only tenants in one of these states.
    type: list
    elements: str
    choices: [queued, provisioning, active, suspending, suspended, resuming, migrating, error, deleting, deleted]
    default: []
  desired_states:
    description:
      - List only tenants with one of these desired states, see O(sovereign.vdc.tenant#module:desired_state).
    type: list
    elements: str
    choices: [active, poweroff, release, absent]
    default: []
  only_tiers:
    description:
      - List only tenants of one of these tiers.
    type: list
    elements: str
    default: []
  only_nodes:
    description:
      - List only tenants that are on one of these compute nodes, or whose data is on one of these storage nodes.
    type: list
    elements: str
    default: []
  operations:
    description:
      - How many operations of each tenant to return, newest first.
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
- name: List the tenants in error, each with the reason and its last backup
  sovereign.vdc.tenant_info:
    states: [error]
  register: failed

- name: List the queued tenants
  sovereign.vdc.tenant_info:
    states: [queued]
  register: queued

- name: List the last ten operations of a tenant
  sovereign.vdc.tenant_info:
    name: acme
    operations: 10
"""

RETURN = r"""
tenants:
  description:
    - The tenants, as M(sovereign.vdc.tenant) returns one.
    - Each has C(last_backup) and C(last_verified), the times of the last successful backup and of the last successful verification
      of one by a restore, in seconds since the epoch; null if there is none.
    - Each has C(deletion), which is null unless the deletion of the tenant was requested. Then it is a dictionary with C(decided)
      (when it was requested), C(backups_until) (until when the backups are kept), C(backups_purged) (when they were deleted), all
      in seconds since the epoch, and C(volume_gib), the size of the volume.
    - C(without_nodes) says that a run which left out the tasks on nodes (a test) recorded the state, so that nothing proves it there.
    - With O(operations), each has C(operations), a list of dictionaries with C(id), C(kind), C(state) (C(running), C(done),
      C(failed)), C(message), C(started), C(finished), C(holder) and C(without_nodes). A C(running) operation may belong to a run that died.
  returned: success
  type: list
  elements: dict
  sample: [{"id": 7, "name": "acme", "tier": "casual", "state": "active", "desired_state": "active", "node": "acme-compute-1"}]
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import (
    activity,
    deletions,
    placements,
    tenants,
    volumes,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.module import run_module
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.operations import journal
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.views import view
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.desired_states import DESIRED_STATES
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.states import STATES

# The columns of an operation that are returned.
OPERATION_KEYS = ("id", "kind", "state", "message", "started", "finished", "holder", "without_nodes")
# The keys of a tenant with names of nodes.
NODE_KEYS = ("node", "source_node", "storage_node", "source_storage_node")


def run(module: AnsibleModule, connection: Any, now: int) -> dict[str, Any]:
    """List the tenants that match."""
    params = module.params
    found = [tenants.get(connection, params["name"])] if params["name"] else tenants.all_tenants(connection)
    placed, stored = placements.all_placements(connection), volumes.all_volumes(connection)
    deleted = deletions.all_deletions(connection)
    backups, verified = (activity.last_done(connection, kind, now) for kind in (activity.BACKUP, activity.VERIFY))
    matching = []
    for tenant in found:
        if params["states"] and tenant.state not in params["states"]:
            continue
        if params["desired_states"] and tenant.desired_state not in params["desired_states"]:
            continue
        if params["only_tiers"] and tenant.tier not in params["only_tiers"]:
            continue
        entry = view(tenant, placed.get(tenant.id), stored.get(tenant.id))
        if params["only_nodes"] and not {entry[key] for key in NODE_KEYS} & set(params["only_nodes"]):
            continue
        entry["last_backup"], entry["last_verified"] = backups.get(tenant.name), verified.get(tenant.name)
        entry["deletion"] = deleted[tenant.id].as_dict() if tenant.id in deleted else None
        if params["operations"] > 0:
            newest = journal.newest(connection, tenant.name, params["operations"])
            entry["operations"] = [{key: operation[key] for key in OPERATION_KEYS} for operation in newest]
        matching.append(entry)
    return {"before": {}, "after": {}, "tenants": matching}


def main() -> None:
    """Run the module."""
    run_module(
        {
            "name": {"type": "str"},
            "states": {"type": "list", "elements": "str", "choices": list(STATES), "default": []},
            "desired_states": {"type": "list", "elements": "str", "choices": list(DESIRED_STATES), "default": []},
            "only_tiers": {"type": "list", "elements": "str", "default": []},
            "only_nodes": {"type": "list", "elements": "str", "default": []},
            "operations": {"type": "int", "default": 0},
        },
        run,
    )


if __name__ == "__main__":
    main()
