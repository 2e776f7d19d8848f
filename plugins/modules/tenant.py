#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: tenant
short_description: Record a tenant's desired state in the ledger
version_added: 0.1.0
description:
  - Signs tenants up and records their desired state. The playbooks then converge machines, volumes and stacks, as operations that
    M(sovereign.vdc.tenant_operation) starts and finishes.
  - Repeating a sign-up changes nothing. The name of a tenant with another tier, email address or service is rejected, and so is
    the name of a deleted tenant.
  - A tenant's id (C(tenant.id)) never changes and is never used again. Its addresses and user ids derive from it.
  - An option that is left out keeps its value.
options:
  name:
    description:
      - Name of the tenant, 1 to 32 lower-case letters, digits and hyphens, beginning with a letter and not ending in a hyphen.
      - A new tenant cannot have a reserved name, such as one of a node (V(compute-1)), of a site's own hosts and mail addresses (V(www),
        V(ns1), V(mail), V(admin), V(root)), of Ansible's inventory (V(all), V(localhost), V(hetzner)), a word that YAML reads as another
        type (V(yes), V(null)), or an encoded internationalized name (V(xn--...)). A tenant that has such a name already keeps it.
    type: str
    required: true
  tier:
    description:
      - Tier of the tenant, one of O(tiers). Required for the sign-up.
    type: str
  owner_email:
    description:
      - Email address of the owner, up to 254 octets. The domain may be internationalized. The part before the @ consists of ASCII
        characters, because many mail servers accept no others. V("") is none.
    type: str
  service_id:
    description:
      - Id of the service in the billing system, unique in the ledger.
    type: str
  paid_until:
    description:
      - End of the paid period in seconds since the epoch, UTC, between the years 2000 and 2100.
    type: int
  stack:
    description:
      - Name of the tenant's stack of containers. The default for a new tenant is its tier's stack. A change of the tier keeps the stack.
    type: str
  desired_state:
    description:
      - V(active) - the tenant runs. This is the desired state of a new tenant.
      - V(poweroff) - the tenant is stopped and keeps its slot or its machine, so that it resumes quickly.
      - V(release) - the tenant is stopped and its slot or its machine is released. Its data stays on its volume.
      - V(absent) - the tenant and all its data are deleted. Requires O(confirm). This cannot be reverted.
    type: str
    choices: [active, poweroff, release, absent]
  location:
    description:
      - Desired location of the tenant's node, one of O(locations). V("") is the site's own location.
      - A tenant with a dedicated machine gets another one there. A tenant on a shared node stays where it is until a shared node
        in the location has room. The data stays on its storage node.
    type: str
  node:
    description:
      - The shared node to move the tenant to. It stays where it is until that node has room. A tenant without a placement is placed
        on another node meanwhile.
      - V("") cancels the move.
      - Rejected for tenants with a dedicated machine.
    type: str
  nodes:
    description:
      - Names of the existing shared nodes. If set, another O(node) is rejected.
    type: list
    elements: str
  storage_node:
    description:
      - The storage node to move the tenant's data to. It stays where it is until that node has room.
      - A move that has started ends before another one starts. V("") cancels a move that has not started.
    type: str
  storage_nodes:
    description:
      - Names of the existing storage nodes. If set, another O(storage_node) is rejected.
    type: list
    elements: str
  volume_gib:
    description:
      - Desired size of the tenant's volume in GiB. The default for a new tenant is the smallest size of its tier.
      - A change of the tier grows a smaller volume to the smallest size of the new tier. It is rejected if the volume is larger than
        the new tier allows; shrink the volume first.
    type: int
  used_gib:
    description:
      - What is used of the volume now, in GiB. Required to shrink the volume. A size that is not larger than this is rejected.
    type: float
  change:
    description:
      - Whether to change an existing tenant. If V(false), values that differ from the existing tenant's are rejected. If V(true),
        a tenant that does not exist is rejected.
      - O(desired_state) of an existing tenant needs it only together with O(tier). O(node) and O(storage_node) never need it.
    type: bool
    default: false
  confirm:
    description:
      - The tenant's name, to confirm O(desired_state=absent).
    type: str
  grace_days:
    description:
      - Number of days to keep the backups of a tenant after O(desired_state=absent) was requested.
    type: int
    default: 30
  event:
    description:
      - Id of the event that requests this, such as one of the billing system. If the event was received before, nothing is recorded,
        so that a late second delivery does not revert requests made in between.
      - Give the same one to M(sovereign.vdc.tenant_operation).
    type: str
    default: ""
extends_documentation_fragment:
  - sovereign.vdc.ledger
  - sovereign.vdc.ledger.catalog
  - sovereign.vdc.ledger.claims
  - sovereign.vdc.ledger.attributes
seealso:
  - module: sovereign.vdc.ledger_schema
  - module: sovereign.vdc.tenant_info
  - module: sovereign.vdc.tenant_operation
author:
  - The sovereign.vdc founders (@sovereign-vdc)
"""

EXAMPLES = r"""
- name: Sign a tenant up
  sovereign.vdc.tenant:
    name: acme
    tier: casual
    owner_email: owner@acme.example
    tiers: "{{ vdc_catalog.tiers }}"
    machines: "{{ vdc_catalog.machines }}"
    aliases: "{{ vdc_catalog.aliases }}"
  register: signed_up

- name: Change the tier of the tenant
  sovereign.vdc.tenant:
    name: acme
    tier: pro
    change: true
    tiers: "{{ vdc_catalog.tiers }}"

- name: Suspend the tenant and release its machine
  sovereign.vdc.tenant:
    name: acme
    desired_state: release
    event: whmcs-4711
    tiers: "{{ vdc_catalog.tiers }}"
"""

RETURN = r"""
tenant:
  description: The tenant in the ledger. Times are seconds since the epoch, UTC.
  returned: success
  type: dict
  contains:
    id:
      description: Id of the tenant, from which its addresses and user ids derive.
      type: int
      sample: 7
    name:
      description: Name of the tenant.
      type: str
      sample: acme
    tier:
      description: Tier.
      type: str
      sample: casual
    state:
      description: Current state.
      type: str
      sample: active
    desired_state:
      description: Desired state.
      type: str
      sample: active
    reason:
      description: Reason of the current state, such as the error of a failed operation.
      type: str
      sample: ""
    stack:
      description: Stack of containers.
      type: str
      sample: knowledge
    location:
      description: Desired location of its node; empty for the site's own location.
      type: str
      sample: ""
    target_node:
      description: The shared node to move to; empty if none.
      type: str
      sample: ""
    owner_email:
      description: Email address of the owner.
      type: str
      sample: owner@acme.example
    service_id:
      description: Id of the service in the billing system.
      type: str
      sample: "4711"
    paid_until:
      description: End of the paid period.
      type: int
      sample: 1797811200
    created:
      description: Time of the sign-up.
      type: int
      sample: 1795219200
    activated:
      description: Time at which it became active for the first time.
      type: int
      sample: 1795219380
    without_nodes:
      description: Whether its state was recorded by a test run that left out the tasks on nodes, so that nothing proves it there.
      type: bool
      sample: false
    last_active:
      description: Time of the last recorded use.
      type: int
      sample: 1795219380
    queued_since:
      description: Time since which it is queued; null if it is not queued.
      type: int
      sample: null
    node:
      description: The node that it is placed on; empty if none.
      type: str
      sample: acme-compute-1
    source_node:
      description: The node that it still has to leave; empty if none.
      type: str
      sample: ""
    storage_node:
      description: The storage node of its volume; empty if none.
      type: str
      sample: acme-storage-1
    target_storage_node:
      description: The storage node to move its data to; empty if none.
      type: str
      sample: ""
    source_storage_node:
      description: The storage node that its data still has to leave; empty if none.
      type: str
      sample: ""
    volume_gib:
      description: Desired size of its volume in GiB.
      type: int
      sample: 10
    first_uid:
      description: First of its 1000 user ids.
      type: int
      sample: 107000
    identity:
      description: Made at sign-up and never changed; its servers, volumes and backups carry it.
      type: str
      sample: 9f86d081884c7d65
    first_port:
      description: First of its ten ports on its node, or on its last node; null if it never had a node.
      type: int
      sample: 20070
request:
  description: The options that were given, for O(sovereign.vdc.tenant_operation#module:predicted_requests).
  returned: success
  type: dict
  sample: {"name": "acme", "tier": "pro", "change": true}
duplicate_event:
  description: Whether the event was received before, so that nothing was recorded.
  returned: success
  type: bool
  sample: false
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import tenant_requests, tenants
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.module import run_module
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.operations import journal
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.options import (
    CATALOG_OPTIONS,
    CLAIMS_OPTIONS,
    catalog,
    check_length,
    locations,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.views import diff_view, view_of
from ansible_collections.sovereign.vdc.plugins.module_utils.policy import identity
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.desired_states import DESIRED_STATES

OPTIONS: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "tier": {"type": "str"},
    "owner_email": {"type": "str"},
    "service_id": {"type": "str"},
    "paid_until": {"type": "int"},
    "stack": {"type": "str"},
    "location": {"type": "str"},
    "desired_state": {"type": "str", "choices": list(DESIRED_STATES)},
    "node": {"type": "str"},
    "nodes": {"type": "list", "elements": "str"},
    "storage_node": {"type": "str"},
    "storage_nodes": {"type": "list", "elements": "str"},
    "volume_gib": {"type": "int"},
    "used_gib": {"type": "float"},
    "change": {"type": "bool", "default": False},
    "confirm": {"type": "str"},
    "grace_days": {"type": "int", "default": 30},
}
# Options with names of existing nodes.
EXISTING = ("nodes", "storage_nodes")


def run(module: AnsibleModule, connection: Any, now: int) -> dict[str, Any]:
    """Record the request."""
    params = module.params
    check_length(params, event=128, service_id=64, stack=32, node=64, storage_node=64, location=32)
    tiers = catalog(params)
    before = view_of(connection, tenants.find(connection, params["name"]))
    duplicate = bool(params["event"]) and not journal.record_event(connection, now, params["event"])
    if duplicate:
        return _result(before, before, duplicate, {})
    fields = {key: params[key] for key in OPTIONS if key not in EXISTING}
    fields |= {key: tuple(params[key]) for key in EXISTING if params[key] is not None}
    fields["service_id"] = params["service_id"] or None
    fields["claims"] = identity.read(params["claims"])
    request = tenant_requests.TenantRequest(**fields)
    with locations(params) as known_locations:
        after = view_of(connection, tenant_requests.apply(connection, now, request, tiers, known_locations))
    given = {key: value for key, value in fields.items() if value is not None}
    return _result(before, after, duplicate, given)


def _result(
    before: dict[str, Any] | None, after: dict[str, Any] | None, duplicate: bool, request: dict[str, Any]
) -> dict[str, Any]:
    views = {"before": diff_view(before), "after": diff_view(after)}
    return {**views, "tenant": after, "request": request, "duplicate_event": duplicate}


def main() -> None:
    """Run the module."""
    run_module({**OPTIONS, **CATALOG_OPTIONS, **CLAIMS_OPTIONS, "event": {"type": "str", "default": ""}}, run)


if __name__ == "__main__":
    main()
