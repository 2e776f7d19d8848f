#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: tenant
short_description: Write into the ledger what a customer shall have
version_added: 0.1.0
description:
  - Signs tenants up, and notes what they shall have from now on. The machines are then made by the playbooks, between
    which M(sovereign.vdc.tenant_operation) keeps order.
  - The same sign-up twice is one. A name that is taken by a tenant with another tier, mail or service is refused, and so
    is the name of a tenant that left.
  - A tenant's number (C(tenant.id)) never changes and is never given again. Its addresses and user ids derive from it.
  - What is left out stays as it is.
options:
  name:
    description:
      - Name of the tenant, 1 to 32 lower-case letters, digits and hyphens. It begins with a letter and does not end with
        a hyphen. Names of nodes (C(compute-1), C(storage-1)) are refused.
    type: str
    required: true
  tier:
    description:
      - What the tenant bought, one of O(tiers). Needed to sign it up.
    type: str
  owner_email:
    description:
      - The customer's mail address.
    type: str
  service_id:
    description:
      - The billing system's id of what was sold, unique in the ledger.
    type: str
  paid_until:
    description:
      - Until when it is paid, in seconds since the epoch, UTC.
    type: int
  stack:
    description:
      - The containers that the tenant gets. A new tenant gets its tier's. It keeps its stack when its tier changes.
    type: str
  desired_state:
    description:
      - V(active) - the tenant shall be served. A new tenant's wish.
      - V(poweroff) - it shall be stopped, and keep its place, so that it is resumed quickly.
      - V(release) - it shall be stopped and give its place or its machine back. What it keeps stays on its volume.
      - V(absent) - it leaves, and all that it keeps is deleted. Needs O(confirm). Nothing can follow.
    type: str
    choices: [active, poweroff, release, absent]
  location:
    description:
      - Where the tenant's node shall be, one of O(locations). V("") is the site's own location.
      - A tenant with a machine of its own gets another one there. One that shares a node waits where it is until a shared
        node there has room. What it keeps stays on its storage node.
    type: str
  node:
    description:
      - The shared node that the tenant shall move to. It stays where it is as long as there is no room. If it has no place
        yet, or has lost it, it gets one elsewhere meanwhile.
      - V("") takes such a wish back.
      - ValidationError for tenants with a machine of their own.
    type: str
  nodes:
    description:
      - Names of the shared nodes that there are. With them, an unknown O(node) is refused.
    type: list
    elements: str
  storage_node:
    description:
      - The storage node that the tenant's data shall move to. It stays where it is as long as there is no room.
      - A move that has begun ends before another begins. V("") takes a wish back that has not begun.
    type: str
  storage_nodes:
    description:
      - Names of the storage nodes that there are. With them, an unknown O(storage_node) is refused.
    type: list
    elements: str
  volume_gib:
    description:
      - Size that the tenant's volume shall have, in GiB. A new tenant gets what its tier begins with.
      - When the tier changes, the volume grows to what the new tier begins with, or keeps its size. One that is bigger than the
        new tier allows is refused. It is to be made smaller first.
    type: int
  used_gib:
    description:
      - What the volume holds now, in GiB. Needed to shrink it. A volume smaller than that is refused.
    type: float
  change:
    description:
      - Whether an existing tenant is changed to what is given here. If not, other parameters than it has are refused. If so, a
        tenant that does not exist is.
      - O(desired_state), O(node) and O(storage_node) need it only if O(tier) is given, too.
    type: bool
    default: false
  confirm:
    description:
      - The tenant's name, to say that O(desired_state=absent) is meant.
    type: str
  grace_days:
    description:
      - How many days the backups of a tenant are kept who leaves by O(desired_state=absent).
    type: int
    default: 30
  event:
    description:
      - An id of what asked for this, such as the billing system's. If it was delivered before, nothing is written, so that a
        late second delivery does not undo what was wished in between.
      - Give the same one to M(sovereign.vdc.tenant_operation).
    type: str
    default: ""
extends_documentation_fragment:
  - sovereign.vdc.ledger
  - sovereign.vdc.ledger.catalog
  - sovereign.vdc.ledger.attributes
seealso:
  - module: sovereign.vdc.ledger_schema
  - module: sovereign.vdc.tenant_info
  - module: sovereign.vdc.tenant_operation
author:
  - The sovereign.vdc founders (@sovereign-vdc)
"""

EXAMPLES = r"""
- name: Sign up
  sovereign.vdc.tenant:
    name: acme
    tier: casual
    owner_email: owner@acme.example
    tiers: "{{ vdc_catalog.tiers }}"
    machines: "{{ vdc_catalog.machines }}"
    aliases: "{{ vdc_catalog.aliases }}"
  register: signed_up

- name: Sell it more
  sovereign.vdc.tenant:
    name: acme
    tier: pro
    change: true
    tiers: "{{ vdc_catalog.tiers }}"

- name: It has not paid
  sovereign.vdc.tenant:
    name: acme
    desired_state: release
    event: whmcs-4711
    tiers: "{{ vdc_catalog.tiers }}"
"""

RETURN = r"""
tenant:
  description: The tenant as the ledger has it now. Moments are seconds since the epoch, UTC.
  returned: success, if there is such a tenant
  type: dict
  contains:
    id:
      description: Its number.
      type: int
      sample: 7
    name:
      description: Name.
      type: str
      sample: acme
    tier:
      description: What it bought.
      type: str
      sample: casual
    state:
      description: How far its wish is.
      type: str
      sample: active
    desired_state:
      description: What it shall be.
      type: str
      sample: active
    reason:
      description: Why it is in that state, such as the error of a run that failed.
      type: str
      sample: ""
    stack:
      description: Its containers.
      type: str
      sample: knowledge
    location:
      description: The location that its node is to be in; empty for the site's own.
      type: str
      sample: ""
    target_node:
      description: The node that it is to move to.
      type: str
      sample: ""
    owner_email:
      description: The customer's mail address.
      type: str
      sample: owner@acme.example
    service_id:
      description: The billing system's id.
      type: str
      sample: "4711"
    paid_until:
      description: Until when it is paid.
      type: int
      sample: 1797811200
    created:
      description: When it signed up.
      type: int
      sample: 1795219200
    activated:
      description: When it was served first.
      type: int
      sample: 1795219380
    last_active:
      description: When it was used last, as far as that is known.
      type: int
      sample: 1795219380
    queued_since:
      description: Since when it waits for a place.
      type: int
      sample: null
    node:
      description: The node that it has its place on.
      type: str
      sample: acme-compute-1
    source_node:
      description: The node that it is still to leave.
      type: str
      sample: ""
    storage_node:
      description: The storage node that its volume is on.
      type: str
      sample: acme-storage-1
    target_storage_node:
      description: The storage node that its data is to move to.
      type: str
      sample: ""
    source_storage_node:
      description: The storage node that its data is still to leave.
      type: str
      sample: ""
    volume_gib:
      description: The size that its volume shall have, in GiB.
      type: int
      sample: 10
    first_uid:
      description: The first of its thousand user ids.
      type: int
      sample: 107000
duplicate_event:
  description: Whether the event was delivered before. Nothing was written then.
  returned: success
  type: bool
  sample: false
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import journal, signing, tenants
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.module import run_module
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.options import (
    CATALOG_OPTIONS,
    catalog,
    check_length,
    locations,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.views import one, shown
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
# Names of what there is.
KNOWN = ("nodes", "storage_nodes")


def work(module: AnsibleModule, connection: Any, now: int) -> dict[str, Any]:
    """Write the wish down."""
    given = module.params
    check_length(given, event=128, owner_email=254, service_id=64, stack=32, node=64, storage_node=64, location=32)
    tiers = catalog(given)
    before = one(connection, tenants.find(connection, given["name"]))
    seen = bool(given["event"]) and not journal.note_event(connection, now, given["event"])
    if seen:
        return {"before": shown(before), "after": shown(before), "tenant": before, "duplicate_event": True}
    told = {key: given[key] for key in OPTIONS if key not in (*KNOWN, "service_id")}
    told |= {key: tuple(given[key]) for key in KNOWN if given[key] is not None}
    wish = signing.Wish(**told, service_id=given["service_id"] or None)
    with locations(given) as known:
        after = one(connection, signing.write(connection, now, wish, tiers, known))
    return {"before": shown(before), "after": shown(after), "tenant": after, "duplicate_event": False}


def main() -> None:
    """Run the module."""
    run_module({**OPTIONS, **CATALOG_OPTIONS, "event": {"type": "str", "default": ""}}, work)


if __name__ == "__main__":
    main()
