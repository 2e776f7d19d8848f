#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: tenant_idle_suspend
short_description: Wish tenants off that nobody uses
version_added: 0.1.0
description:
  - Active tenants that nobody has used for some time shall be stopped, and keep their places. The machines are then stopped by the
    playbooks.
  - M(sovereign.vdc.tenant_activity) notes when a tenant is used, and wakes one that sleeps.
options:
  unused_hours:
    description:
      - For how long a tenant must have been unused.
    type: int
    default: 24
  exempt_tiers:
    description:
      - Tenants of these tiers are left alone.
    type: list
    elements: str
    default: []
  now:
    description:
      - The moment to look at, in seconds since the epoch. If not set, the present one. Meant for tests.
    type: int
extends_documentation_fragment:
  - sovereign.vdc.ledger
  - sovereign.vdc.ledger.attributes
seealso:
  - module: sovereign.vdc.tenant_activity
author:
  - The sovereign.vdc founders (@sovereign-vdc)
"""

EXAMPLES = r"""
- name: Who is not used may sleep
  sovereign.vdc.tenant_idle_suspend:
    exempt_tiers: [pro, enterprise]
  register: idle
"""

RETURN = r"""
suspended:
  description: The names of the tenants that are to be stopped, those included that earlier runs left to be.
  returned: success
  type: list
  elements: str
  sample: [acme]
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import activity, tenants
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.module import run_module
from ansible_collections.sovereign.vdc.plugins.module_utils.policy import states
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.idle import idle


def work(module: AnsibleModule, connection: Any, now: int) -> dict[str, Any]:
    """Look, and wish."""
    wish = module.params
    moment = now if wish["now"] is None else wish["now"]
    exempt, seconds = set(wish["exempt_tiers"]), wish["unused_hours"] * 3600
    before, after, asleep = {}, {}, []
    for tenant in tenants.all_tenants(connection):
        if idle(tenant.last_active, moment, tenant.state, tenant.desired_state, tenant.tier, exempt, seconds):
            before[tenant.name] = {"desired_state": tenant.desired_state}
            after[tenant.name] = {"desired_state": activity.fall_asleep(connection, now, tenant).desired_state}
            asleep.append(tenant.name)
        elif tenant.state != states.SUSPENDED and activity.sleeps(connection, tenant):
            asleep.append(tenant.name)
    return {"before": before, "after": after, "suspended": asleep}


def main() -> None:
    """Run the module."""
    run_module(
        {
            "unused_hours": {"type": "int", "default": 24},
            "exempt_tiers": {"type": "list", "elements": "str", "default": []},
            "now": {"type": "int"},
        },
        work,
    )


if __name__ == "__main__":
    main()
