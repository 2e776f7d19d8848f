#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: tenant
short_description: Sign a tenant up in the ledger, and move it through its life
version_added: 0.1.0
description:
  - Writes what was promised to a customer into the ledger. The machines are then made by the playbooks.
  - The same sign-up twice is one. A name that is taken with another tier, mail or service is refused.
  - A tenant's number (O(name)'s C(id)) never changes and is never given again. Its addresses and user ids derive from it.
options:
  name:
    description:
      - Name of the tenant, 1 to 32 lower-case letters, digits and hyphens. It begins with a letter and does not end with a hyphen.
    type: str
    required: true
  tier:
    description:
      - What the tenant bought. Needed to sign it up.
    type: str
  owner_mail:
    description:
      - The customer's mail address.
    type: str
  service_id:
    description:
      - The billing system's id of what was sold, unique in the ledger.
    type: str
  state:
    description:
      - The state that the tenant shall be in. One that may not follow its present state is refused.
      - A new tenant is V(queued) whatever this says, and then moved on.
    type: str
    choices: [queued, provisioning, active, suspending, suspended, resuming, migrating, error, deleting, deleted]
  reason:
    description:
      - Why it is in that state, for instance the error of a failed run.
    type: str
    default: ""
extends_documentation_fragment:
  - sovereign.vdc.ledger
  - sovereign.vdc.ledger.attributes
seealso:
  - module: sovereign.vdc.ledger_schema
  - module: sovereign.vdc.tenant_info
author:
  - The sovereign.vdc founders (@sovereign-vdc)
"""

EXAMPLES = r"""
- name: Sign up
  sovereign.vdc.tenant:
    name: acme
    tier: casual
    owner_mail: owner@acme.example
    state: provisioning
  register: signed_up

- name: It is ready
  sovereign.vdc.tenant:
    name: acme
    state: active
"""

RETURN = r"""
tenant:
  description: The tenant as the ledger has it now. Moments are seconds since the epoch, UTC.
  returned: success
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
      description: Its state.
      type: str
      sample: active
    reason:
      description: Why it is in that state.
      type: str
      sample: ""
    created:
      description: When it signed up.
      type: int
      sample: 1795219200
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.errors import Refused
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import tenants
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.module import run_module
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.states import PROVISIONING, QUEUED, STATES

# What a diff shows: the moments are the ledger's own.
SHOWN = ("name", "tier", "state", "owner_mail", "service_id", "reason")


def work(module: AnsibleModule, connection: Any, now: int) -> dict[str, Any]:
    """Sign up or find the tenant, and move it."""
    wish = module.params
    before = tenants.find(connection, wish["name"])
    if before is None and not wish["tier"]:
        raise Refused(f"tier: there is no tenant {wish['name']!r} in the ledger; give the tier to sign it up")
    tenant = before
    if wish["tier"]:
        facts = {key: wish[key] for key in ("owner_mail", "service_id") if wish[key] is not None}
        tenant = tenants.sign_up(connection, now, wish["name"], wish["tier"], **facts)[0]
    if wish["state"] and tenant is not None and wish["state"] != tenant.state:
        if tenant.state == QUEUED and before is None and wish["state"] != PROVISIONING:
            tenants.move(connection, now, tenant.name, PROVISIONING)
        tenant = tenants.move(connection, now, tenant.name, wish["state"], wish["reason"])
    return {"before": _shown(before), "after": _shown(tenant), "tenant": tenant.as_dict() if tenant else None}


def _shown(tenant: tenants.Tenant | None) -> dict[str, Any]:
    return {key: value for key, value in tenant.as_dict().items() if key in SHOWN} if tenant else {}


def main() -> None:
    """Run the module."""
    run_module(
        {
            "name": {"type": "str", "required": True},
            "tier": {"type": "str"},
            "owner_mail": {"type": "str"},
            "service_id": {"type": "str"},
            "state": {"type": "str", "choices": list(STATES)},
            "reason": {"type": "str", "default": ""},
        },
        work,
    )


if __name__ == "__main__":
    main()
