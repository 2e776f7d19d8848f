#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: tenant_operation
short_description: Begin and end what is done for tenants, so that no two runs do it at once
version_added: 0.1.0
description:
  - With O(state=started), takes the locks of the tenants, gives places to the waiting line, begins operations or continues
    those whose run died, and returns the work that is to be done. All of it is one transaction.
  - With O(state=done) or O(state=failed), ends operations and gives the locks back.
  - Places go to the first in line, whoever's run gives them out. A dedicated tier's tenants get a machine of their own,
    O(fleet), C(-tenant-) and the tenant's number, which needs no room. All need room on a storage node.
  - Elsewhere than in the site's own location, a machine's name ends in the location. What a tier's machine is called there
    and whose it is, O(machines) and O(locations) tell. Shared nodes say where they count, see O(nodes[].locations).
  - A lock belongs to a run of ansible-playbook (or ansible-runner). When that has died, its locks are free at once for
    runs on the same machine. Elsewhere they are free when they expire.
  - The verbs C(backup), C(backup_verify), C(restore) and C(shrink) are done beside what tenants shall have. They leave their states
    as they are, and give no places. Tenants whose data is on its way between storage nodes are refused until it is there.
  - The kind C(purge) deletes the backups of tenants who have left, of O(tenants) at once, else of all whose backups need
    not be kept any more. That they were deleted is noted with O(state=done). Tenants who have not left are refused.
  - C(heal) gives the tenants of nodes that are not C(healthy) new places. There is nothing to be stopped on a lost node;
    what keeps it from writing is the storage node, which must be told of the new place before anything is started there.
    It lets one peer of its tunnel use a tenant's address, and drops what comes from another. A lost node must not come
    back as it was.
  - C(migrate) and C(drain) move tenants off nodes that are C(draining).
options:
  state:
    description:
      - V(started) - operations begin.
      - V(done) - O(operation_ids) have succeeded. Their tenants are what was wished when they began.
      - V(failed) - O(operation_ids) have failed, see O(reason). Their tenants are in error, and the next run goes on with them,
        see O(rolled_back).
    type: str
    required: true
    choices: [started, done, failed]
  kind:
    description:
      - What is done, such as C(create) or C(suspend), for the journal. An operation that is continued keeps its kind.
      - Needed to begin.
    type: str
  tenants:
    description:
      - Names of the tenants. Those who shall be served are worked on even if they are as wished.
      - Without any, all tenants who are not as wished, the waiting line included.
    type: list
    elements: str
    default: []
  event:
    description:
      - An id of what asked for this. If it was acted on before, only what is unfinished is continued.
    type: str
    default: ""
  holder:
    description:
      - Who holds the locks. By default the topmost ansible-playbook or ansible-runner above this module.
    type: str
  lock_seconds:
    description:
      - After this time the locks are free, whatever became of their holder.
    type: int
    default: 3600
  min_interval_hours:
    description:
      - By the tier, for how many hours after C(backup) or C(backup_verify) was done for a tenant it is not done again.
      - Tenants that are named in O(tenants) are worked on in any case.
    type: dict
    default: {}
  fleet:
    description:
      - Name of the fleet of compute nodes. Needed to begin.
    type: str
  servers:
    description:
      - All servers that there are now. Tenants whose own machine is missing, off, of another type, or there though it shall not
        be, are worked on, too.
      - If not set, it is not asked whether machines are as they shall be.
    type: list
    elements: dict
    suboptions:
      name:
        description:
          - Name of the server.
        type: str
        required: true
      type:
        description:
          - What its provider calls its size.
        type: str
        required: true
      running:
        description:
          - Whether it runs.
        type: bool
        required: true
  operation_ids:
    description:
      - Ids of the operations to end, RV(operations[].id).
    type: list
    elements: int
    default: []
  reason:
    description:
      - Why they failed. It becomes the tenants' C(reason).
    type: str
    default: ""
  rolled_back:
    description:
      - Whether nothing is left on compute nodes of what was made for the tenants of O(operation_ids), and no machine of their own.
        Those who were never served give their places back then, and wait in line for others when they are taken up again.
    type: bool
    default: false
extends_documentation_fragment:
  - sovereign.vdc.ledger
  - sovereign.vdc.ledger.catalog
  - sovereign.vdc.ledger.nodes
  - sovereign.vdc.ledger.attributes
seealso:
  - module: sovereign.vdc.tenant
  - module: sovereign.vdc.capacity_info
author:
  - The sovereign.vdc founders (@sovereign-vdc)
"""

EXAMPLES = r"""
- name: What is there to do
  sovereign.vdc.tenant_operation:
    state: started
    kind: reconcile
    fleet: acme
    nodes: [{name: acme-compute-1, cpus: 2, memory_gib: 4}]
    storage_nodes: [{name: acme-storage-1, size_gib: 100}]
    tiers: "{{ vdc_catalog.tiers }}"
    machines: "{{ vdc_catalog.machines }}"
    aliases: "{{ vdc_catalog.aliases }}"
  register: started

- name: It is done
  sovereign.vdc.tenant_operation:
    state: done
    operation_ids: "{{ started.operations | map(attribute='id') }}"
"""

RETURN = r"""
operations:
  description: What is to be done, by the tenant's name. The tenants' locks are held.
  returned: O(state=started)
  type: list
  elements: dict
  contains:
    id:
      description: The operation's id.
      type: int
      sample: 12
    tenant:
      description: Name of the tenant.
      type: str
      sample: acme
    number:
      description: The tenant's number.
      type: int
      sample: 7
    kind:
      description: What the operation does.
      type: str
      sample: create
    desired_state:
      description: What the tenant shall be.
      type: str
      sample: active
    state:
      description: The state that it is in meanwhile.
      type: str
      sample: provisioning
    due:
      description: Whether it is not as wished. If it is, it is here because it was named, or its machine is not as it shall be.
      type: bool
      sample: true
    new:
      description: Whether it was never served before.
      type: bool
      sample: true
    tier:
      description: What it bought.
      type: str
      sample: casual
    stack:
      description: Its containers.
      type: str
      sample: knowledge
    slot:
      description: What its containers may use, C(cpus) and C(memory_mib).
      type: dict
      sample: {"cpus": 0.6, "memory_mib": 1024}
    node:
      description: The node that it has its place on; empty when it has none.
      type: str
      sample: acme-compute-1
    source_node:
      description: The node that it is to leave; empty when there is none.
      type: str
      sample: ""
    lost:
      description: The lost node that its place was on until now. Nothing is done there.
      type: str
      sample: ""
    location:
      description: The location of its place; empty in the site's own.
      type: str
      sample: ""
    dedicated:
      description: Whether it has a machine of its own.
      type: bool
      sample: false
    machine:
      description: The type of machine that its tier begins with, by its present name.
      type: str
      sample: cx23
    storage_node:
      description: The storage node that its volume is on; empty when it has none.
      type: str
      sample: acme-storage-1
    source_storage_node:
      description: The storage node that its data is to leave; empty when there is none.
      type: str
      sample: ""
    volume_gib:
      description: The size of its volume, in GiB.
      type: int
      sample: 10
    first_uid:
      description: The first of its thousand user ids.
      type: int
      sample: 107000
waiting:
  description:
    - Who waits for room, with the place in line, over all tenants, what they lack, C(compute) or C(storage), and the location
      that they wish for. Tenants who have a place and wait for another one are among them.
  returned: O(state=started)
  type: list
  elements: dict
  sample: [{"tenant": "acme", "position": 1, "lacks": "compute", "location": ""}]
busy:
  description: Who is worked on by another run, and by which.
  returned: O(state=started)
  type: list
  elements: dict
  sample: [{"tenant": "acme", "holder": "ctl1:4711@0f3c.a1b2.4026531836.9981"}]
servers:
  description:
    - The machines of their own that the tenants of RV(operations) shall have (C(started), C(stopped)), or have no more (C(absent)),
      as M(sovereign.vdc.hetzner_servers) takes them. Those to be stopped or removed may still have the tenant's containers,
      so they come after the work on the nodes. Other tenants' are in nobody's hands, or in another run's.
    - One elsewhere has its C(location), and the label C(remote-range), 1 or 2, which tells machines of one tenant apart that are there
      side by side.
  returned: O(state=started)
  type: list
  elements: dict
  sample: [{"name": "fleet-tenant-7", "state": "started", "server_type": "cx23", "labels": {"role": "compute", "tenant": "acme"}}]
instances:
  description: As RV(servers), those at Exoscale, by zone, as M(sovereign.vdc.exoscale_instances) takes them.
  returned: O(state=started)
  type: dict
  sample:
    ch-dk-2:
      - name: fleet-tenant-7-ch-dk-2
        state: started
        instance_type: standard.medium
        labels: {role: compute, tenant: acme, remote-range: "1"}
duplicate_event:
  description: Whether the event was acted on before, and nothing is left to do for it.
  returned: O(state=started)
  type: bool
  sample: false
ended:
  description: Names of the tenants whose operations have ended.
  returned: O(state=done), O(state=failed)
  type: list
  elements: str
  sample: [acme]
"""

from dataclasses import replace
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import book, finish, views
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.begin import begin
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.book import Server
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.holder import ours
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.module import run_module
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.options import (
    CATALOG_OPTIONS,
    NODES_OPTIONS,
    catalog,
    check_length,
    locations,
    nodes,
    pools,
    shares,
)

OPTIONS: dict[str, Any] = {
    "state": {"type": "str", "required": True, "choices": ["started", "done", "failed"]},
    "kind": {"type": "str"},
    "tenants": {"type": "list", "elements": "str", "default": []},
    "event": {"type": "str", "default": ""},
    "holder": {"type": "str"},
    "lock_seconds": {"type": "int", "default": 3600},
    "fleet": {"type": "str"},
    "min_interval_hours": {"type": "dict", "default": {}},
    "servers": {
        "type": "list",
        "elements": "dict",
        "options": {
            "name": {"type": "str", "required": True},
            "type": {"type": "str", "required": True},
            "running": {"type": "bool", "required": True},
        },
    },
    "operation_ids": {"type": "list", "elements": "int", "default": []},
    "reason": {"type": "str", "default": ""},
    "rolled_back": {"type": "bool", "default": False},
}


def work(module: AnsibleModule, connection: Any, now: int) -> dict[str, Any]:
    """Begin or end."""
    given = module.params
    check_length(given, holder=128, event=128, kind=32)
    if given["lock_seconds"] < 1:
        raise ValidationError(f"lock_seconds: must be 1 or more, not {given['lock_seconds']}")
    holder = given["holder"] or ours()
    before = views.everybody(connection)
    if given["state"] == "started":
        ask = _ask(given, holder)
        with locations(given) as known:
            result = begin(connection, now, replace(ask, locations=known))
    elif given["state"] == "done":
        result = {"ended": finish.done(connection, now, given["operation_ids"], holder)}
    else:
        ended = finish.failed(connection, now, given["operation_ids"], holder, given["reason"], given["rolled_back"])
        result = {"ended": ended}
    after = views.everybody(connection)
    other = sorted(name for name in after if after[name] != before[name])
    return {
        **result,
        "before": {name: before[name] for name in other},
        "after": {name: after[name] for name in other},
    }


def _ask(given: dict[str, Any], holder: str) -> book.Ask:
    compute, storage = shares(given)
    return book.Ask(
        kind=given["kind"],
        names=tuple(given["tenants"]),
        event=given["event"],
        holder=holder,
        lock_seconds=given["lock_seconds"],
        fleet=given["fleet"],
        tiers=catalog(given),
        nodes=nodes(given),
        pools=pools(given),
        compute_share=compute,
        storage_share=storage,
        servers=None
        if given["servers"] is None
        else {s["name"]: Server(s["type"], s["running"]) for s in given["servers"]},
        min_interval_hours=_hours(given["min_interval_hours"]),
    )


def _hours(given: dict[str, Any]) -> dict[str, float]:
    try:
        return {tier: float(hours) for tier, hours in given.items()}
    except (TypeError, ValueError):
        raise ValidationError("min_interval_hours: give numbers of hours by tier, such as {casual: 20}") from None


def main() -> None:
    """Run the module."""
    needs = [("state", "started", ["kind", "fleet"])]
    run_module({**OPTIONS, **CATALOG_OPTIONS, **NODES_OPTIONS}, work, required_if=needs)


if __name__ == "__main__":
    main()
