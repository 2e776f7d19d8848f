#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: tenant_operation
short_description: Start and finish tenant operations under locks
version_added: 0.1.0
description:
  - With O(state=started), locks the tenants, allocates slots and storage to the queue, starts operations or continues those
    whose run died, and returns the operations to run. All of this is one transaction.
  - With O(state=done) or O(state=failed), finishes operations and releases the locks.
  - Slots are allocated to the head of the queue of all tenants, whichever run allocates them. A tenant of a dedicated tier gets a
    dedicated machine, named O(fleet), C(-tenant-) and the tenant's id, which needs no slot. All tenants need room on a
    storage node.
  - In a remote location the name of a dedicated machine ends in the location. Its type is the equivalent in O(machines), its
    provider the one in O(locations). A shared node serves the locations in O(nodes[].locations).
  - A lock belongs to a run of ansible-playbook (or ansible-runner). When that run has died, its locks are free at once for runs on
    the same machine. For runs on other machines they are free when they expire.
  - Operations of the kinds C(backup), C(backup_verify), C(restore) and C(shrink) run beside the desired state. They keep the
    tenant's state and allocate nothing. A tenant whose data is being moved between storage nodes is rejected until the move is
    finished.
  - The kind C(purge) deletes backups of deleted tenants, those of O(tenants) at once, otherwise all whose grace period is over.
    O(state=done) records that they were deleted. A tenant that is not deleted is rejected.
  - The kind C(heal) gives the tenants of unhealthy O(nodes) new placements. Nothing is stopped on a lost node. The storage node
    keeps it from writing, because only one peer of its tunnel may use a tenant's address, so converge the storage node before
    starting the stack on the new node. Delete and recreate a lost node before using it again.
  - The kinds C(migrate) and C(drain) move tenants off draining O(nodes).
options:
  state:
    description:
      - V(started) - start operations.
      - V(done) - O(operation_ids) succeeded. Their tenants have reached what was desired when they started.
      - V(failed) - O(operation_ids) failed with O(reason). Their tenants are in state C(error), and the next run continues with them.
        See O(rolled_back).
    type: str
    required: true
    choices: [started, done, failed]
  kind:
    description:
      - Kind of the operations, such as C(create) or C(suspend), for the journal. A continued operation keeps its kind.
      - Required for O(state=started).
    type: str
  tenants:
    description:
      - Names of the tenants. Those that are to be active get an operation even if they have reached their desired state.
      - If empty, all tenants that have not reached their desired state, including the queue.
    type: list
    elements: str
    default: []
  event:
    description:
      - Id of the event that requests this. If it was handled before, only unfinished operations are continued.
    type: str
    default: ""
  holder:
    description:
      - Holder of the locks. By default the topmost ansible-playbook or ansible-runner process above this module.
    type: str
  lock_seconds:
    description:
      - Seconds after which the locks expire.
    type: int
    default: 3600
  min_interval_hours:
    description:
      - By tier, the number of hours after a successful C(backup) or C(backup_verify) of a tenant in which it is not repeated.
      - Ignored for O(tenants) that are named.
    type: dict
    default: {}
  fleet:
    description:
      - Name of the fleet of compute nodes. Required for O(state=started).
    type: str
  predicted_requests:
    description:
      - Requests of this run that M(sovereign.vdc.tenant) only predicted, as it returns them in
        RV(sovereign.vdc.tenant#module:request). Used in check mode alone, in which nothing is recorded.
    type: list
    elements: dict
    default: []
  servers:
    description:
      - All existing servers. A tenant gets an operation, too, if its dedicated machine is missing, off, of another type, or exists
        although it is to be absent.
      - If not set, dedicated machines are not compared.
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
          - Machine type.
        type: str
        required: true
      running:
        description:
          - Whether it is running.
        type: bool
        required: true
  without_nodes:
    description:
      - Whether this run leaves out the tasks on nodes, as tests without machines do. With O(state=done), operations and tenants are
        marked so in the ledger, and a marked backup does not count as one. With O(state=started) of a run with nodes, marked tenants
        get an operation, which clears the mark when it is done.
    type: bool
    default: false
  operation_ids:
    description:
      - Ids of the operations to finish, RV(operations[].id).
    type: list
    elements: int
    default: []
  reason:
    description:
      - Why they failed. It is recorded as the tenants' C(reason).
    type: str
    default: ""
  rolled_back:
    description:
      - Whether everything that O(operation_ids) created on compute nodes, including dedicated machines, has been removed. Tenants
        that were never active then lose their placements, and are queued when the next run continues with them.
    type: bool
    default: false
extends_documentation_fragment:
  - sovereign.vdc.ledger
  - sovereign.vdc.ledger.catalog
  - sovereign.vdc.ledger.claims
  - sovereign.vdc.ledger.nodes
  - sovereign.vdc.ledger.attributes
seealso:
  - module: sovereign.vdc.tenant
  - module: sovereign.vdc.capacity_info
author:
  - The sovereign.vdc founders (@sovereign-vdc)
"""

EXAMPLES = r"""
- name: Start the operations that are due
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

- name: Finish the operations
  sovereign.vdc.tenant_operation:
    state: done
    operation_ids: "{{ started.operations | map(attribute='id') }}"
"""

RETURN = r"""
kind:
  description: As O(kind).
  returned: O(state=started)
  type: str
  sample: create
requested:
  description: As O(tenants).
  returned: O(state=started)
  type: list
  elements: str
  sample: [acme]
operations:
  description: The operations to run, sorted by tenant name. The tenants are locked.
  returned: O(state=started)
  type: list
  elements: dict
  contains:
    id:
      description: Id of the operation.
      type: int
      sample: 12
    tenant:
      description: Name of the tenant.
      type: str
      sample: acme
    number:
      description: Id of the tenant.
      type: int
      sample: 7
    identity:
      description: Identity of the tenant, which its servers, volumes and backups carry.
      type: str
      sample: 9f86d081884c7d65
    kind:
      description: Kind of the operation.
      type: str
      sample: create
    started:
      description: When this run started or continued it, in seconds since the epoch, UTC.
      type: int
      sample: 1795219200
    desired_state:
      description: Desired state of the tenant.
      type: str
      sample: active
    state:
      description: State of the tenant during the operation.
      type: str
      sample: provisioning
    due:
      description: Whether the tenant has not reached its desired state. If it has, it was named, or its dedicated machine differs.
      type: bool
      sample: true
    new:
      description: Whether the tenant was never active before.
      type: bool
      sample: true
    tier:
      description: Tier of the tenant.
      type: str
      sample: casual
    stack:
      description: Stack of containers.
      type: str
      sample: knowledge
    slot:
      description: Limits of its containers, C(cpus) and C(memory_mib).
      type: dict
      sample: {"cpus": 0.6, "memory_mib": 1024}
    node:
      description: The node that it is placed on; empty if none.
      type: str
      sample: acme-compute-1
    source_node:
      description: The node that it has to leave; empty if none.
      type: str
      sample: ""
    lost:
      description: The lost node that it was placed on until now; empty if none. Nothing can be run there.
      type: str
      sample: ""
    location:
      description: Location of its node; empty for the site's own location.
      type: str
      sample: ""
    dedicated:
      description: Whether it has a dedicated machine.
      type: bool
      sample: false
    machine:
      description: Smallest machine type of its tier, by its current name.
      type: str
      sample: cx23
    storage_node:
      description: The storage node of its volume; empty if none.
      type: str
      sample: acme-storage-1
    source_storage_node:
      description: The storage node that its data has to leave; empty if none.
      type: str
      sample: ""
    volume_gib:
      description: Size of its volume in GiB.
      type: int
      sample: 10
    first_uid:
      description: First of its 1000 user ids.
      type: int
      sample: 107000
    first_port:
      description: First of its ten ports on its node.
      type: int
      sample: 20070
waiting:
  description:
    - The tenants that wait for room, each with its position in the queue of all tenants, what it lacks (C(compute) or C(storage)), and
      the desired location. Tenants that have a placement and wait for another one are included.
  returned: O(state=started)
  type: list
  elements: dict
  sample: [{"tenant": "acme", "position": 1, "lacks": "compute", "location": ""}]
busy:
  description: The tenants that are locked by another run, with its holder, or whose data is being moved.
  returned: O(state=started)
  type: list
  elements: dict
  sample: [{"tenant": "acme", "holder": "ctl1:4711@0f3c.a1b2.4026531836.9981"}]
rejected:
  description: The tenants for which nothing is done, because a resource in O(claims) has their mark and is another tenant's, and why.
  returned: O(state=started)
  type: list
  elements: dict
  sample: [{"tenant": "acme", "reason": "the server 'fleet-tenant-7' belongs to tenant 'beta' (number 7)"}]
servers:
  description:
    - The dedicated machines of the tenants of RV(operations), to be C(started), C(stopped) or C(absent), as
      M(sovereign.vdc.hetzner_servers) takes them. Stop or delete machines only after the tenant's containers on them are stopped.
      Machines of other tenants are not included, because their tenants are not locked by this run.
    - A machine in a remote location has its C(location), and the label C(remote-range), 1 or 2, which differs between two machines
      that a tenant has at the same time.
  returned: O(state=started)
  type: list
  elements: dict
  sample: [{"name": "fleet-tenant-7", "state": "started", "server_type": "cx23", "labels": {"role": "compute", "tenant": "acme"}}]
instances:
  description: The dedicated machines at Exoscale by zone, as M(sovereign.vdc.exoscale_instances) takes them; otherwise as RV(servers).
  returned: O(state=started)
  type: dict
  sample:
    ch-dk-2:
      - name: fleet-tenant-7-ch-dk-2
        state: started
        instance_type: standard.medium
        labels: {role: compute, tenant: acme, remote-range: "1"}
statuses:
  description: What became of each of O(tenants), or of all tenants that have not reached their desired state, sorted by name.
  returned: O(state=started)
  type: list
  elements: dict
  contains:
    tenant:
      description: Name of the tenant.
      type: str
      sample: acme
    status:
      description: V(started) - it has an operation. V(queued) - it waits for room. V(busy) - another run has it locked. V(rejected) - see RV(rejected).
        V(done) - it needs no operation.
      type: str
      sample: queued
    message:
      description: The status in words.
      type: str
      sample: "acme waits at position 1 of the queue: no room (compute)"
duplicate_event:
  description: Whether the event was handled before and nothing of it is unfinished.
  returned: O(state=started)
  type: bool
  sample: false
ended:
  description: Names of the tenants whose operations were finished.
  returned: O(state=done), O(state=failed)
  type: list
  elements: str
  sample: [acme]
"""

from dataclasses import replace
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import tenant_requests, views
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.locks import current_holder
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.module import run_module
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.operations import finish
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.operations.request import OperationRequest, Server
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.operations.start import start
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.options import (
    CATALOG_OPTIONS,
    CLAIMS_OPTIONS,
    NODES_OPTIONS,
    catalog,
    check_length,
    locations,
    nodes,
    pools,
    shares,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.tenant_requests import TenantRequest
from ansible_collections.sovereign.vdc.plugins.module_utils.policy import identity

OPTIONS: dict[str, Any] = {
    "state": {"type": "str", "required": True, "choices": ["started", "done", "failed"]},
    "kind": {"type": "str"},
    "tenants": {"type": "list", "elements": "str", "default": []},
    "event": {"type": "str", "default": ""},
    "holder": {"type": "str"},
    "lock_seconds": {"type": "int", "default": 3600},
    "fleet": {"type": "str"},
    "min_interval_hours": {"type": "dict", "default": {}},
    "predicted_requests": {"type": "list", "elements": "dict", "default": []},
    "servers": {
        "type": "list",
        "elements": "dict",
        "options": {
            "name": {"type": "str", "required": True},
            "type": {"type": "str", "required": True},
            "running": {"type": "bool", "required": True},
        },
    },
    "without_nodes": {"type": "bool", "default": False},
    "operation_ids": {"type": "list", "elements": "int", "default": []},
    "reason": {"type": "str", "default": ""},
    "rolled_back": {"type": "bool", "default": False},
}


def run(module: AnsibleModule, connection: Any, now: int) -> dict[str, Any]:
    """Start or finish operations."""
    params = module.params
    check_length(params, holder=128, event=128, kind=32)
    if params["lock_seconds"] < 1:
        raise ValidationError(f"lock_seconds: {params['lock_seconds']} is too short; use 1 or more")
    holder = params["holder"] or current_holder()
    if module.check_mode:
        _predict(connection, now, params)
    before = views.all_diff_views(connection)
    if params["state"] == "started":
        request = _request(params, holder)
        with locations(params) as known_locations:
            result = start(connection, now, replace(request, locations=known_locations))
    elif params["state"] == "done":
        result = {"ended": finish.done(connection, now, params["operation_ids"], holder, params["without_nodes"])}
    else:
        ended = finish.failed(connection, now, params["operation_ids"], holder, params["reason"], params["rolled_back"])
        result = {"ended": ended}
    after = views.all_diff_views(connection)
    changed = sorted(name for name in after if after[name] != before[name])
    return {
        **result,
        "before": {name: before[name] for name in changed},
        "after": {name: after[name] for name in changed},
    }


def _predict(connection: Any, now: int, params: dict[str, Any]) -> None:
    """Apply the requests that this run has predicted; check mode rolls them back with everything else."""
    tiers = catalog(params)
    for request in params["predicted_requests"]:
        fields = {key: tuple(value) if isinstance(value, list) else value for key, value in request.items()}
        with locations(params) as known_locations:
            tenant_requests.apply(connection, now, TenantRequest(**fields), tiers, known_locations)


def _request(params: dict[str, Any], holder: str) -> OperationRequest:
    compute, storage = shares(params)
    servers = params["servers"]
    return OperationRequest(
        kind=params["kind"],
        names=tuple(params["tenants"]),
        event=params["event"],
        holder=holder,
        lock_seconds=params["lock_seconds"],
        fleet=params["fleet"],
        tiers=catalog(params),
        nodes=nodes(params),
        pools=pools(params),
        compute_share=compute,
        storage_share=storage,
        servers=None if servers is None else {one["name"]: Server(one["type"], one["running"]) for one in servers},
        min_interval_hours=_hours(params["min_interval_hours"]),
        without_nodes=params["without_nodes"],
        claims=identity.read(params["claims"]),
    )


def _hours(hours_by_tier: dict[str, Any]) -> dict[str, float]:
    try:
        return {tier: float(hours) for tier, hours in hours_by_tier.items()}
    except (TypeError, ValueError):
        raise ValidationError(
            f"min_interval_hours: {hours_by_tier!r} has values that are not numbers; use hours by tier, such as "
            f"{{casual: 20}}"
        ) from None


def main() -> None:
    """Run the module."""
    required_if = [("state", "started", ["kind", "fleet"])]
    run_module({**OPTIONS, **CATALOG_OPTIONS, **CLAIMS_OPTIONS, **NODES_OPTIONS}, run, required_if=required_if)


if __name__ == "__main__":
    main()
