#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: tenant_idle_suspend
short_description: Request the suspension of idle tenants
version_added: 0.1.0
description:
  - Sets the desired state of active tenants that have not been used for O(unused_hours) to V(ignore:poweroff). They keep their
    placement. The playbooks then stop them.
  - M(sovereign.vdc.tenant_activity) records the use of tenants and resumes idle-suspended ones.
options:
  unused_hours:
    description:
      - Number of hours without use after which a tenant is idle.
    type: int
    default: 24
  exempt_tiers:
    description:
      - Tiers whose tenants are never suspended for being idle.
    type: list
    elements: str
    default: []
  now:
    description:
      - The time to evaluate, in seconds since the epoch. If not set, the current time. Meant for tests.
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
- name: Request the suspension of idle tenants
  sovereign.vdc.tenant_idle_suspend:
    exempt_tiers: [pro, enterprise]
  register: idle
"""

RETURN = r"""
suspended:
  description: Names of the tenants to stop, including those that an earlier run requested and did not stop.
  returned: success
  type: list
  elements: str
  sample: [acme]
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import activity, options, tenants
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.module import run_module
from ansible_collections.sovereign.vdc.plugins.module_utils.policy import states
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.idle import is_idle


def run(module: AnsibleModule, connection: Any, now: int) -> dict[str, Any]:
    """Find idle tenants and request their suspension."""
    params = module.params
    moment = options.moment(params, "now", now)
    if params["unused_hours"] < 1:
        raise ValidationError(f"unused_hours: {params['unused_hours']} is too short; use 1 or more")
    exempt, seconds = set(params["exempt_tiers"]), params["unused_hours"] * 3600
    before, after, suspended = {}, {}, []
    for tenant in tenants.all_tenants(connection):
        if is_idle(tenant.last_active, moment, tenant.state, tenant.desired_state, tenant.tier, exempt, seconds):
            before[tenant.name] = {"desired_state": tenant.desired_state}
            after[tenant.name] = {"desired_state": activity.suspend_idle(connection, now, tenant).desired_state}
            suspended.append(tenant.name)
        elif tenant.state != states.SUSPENDED and activity.is_idle_suspended(connection, tenant):
            suspended.append(tenant.name)
    return {"before": before, "after": after, "suspended": suspended}


def main() -> None:
    """Run the module."""
    run_module(
        {
            "unused_hours": {"type": "int", "default": 24},
            "exempt_tiers": {"type": "list", "elements": "str", "default": []},
            "now": {"type": "int"},
        },
        run,
    )


if __name__ == "__main__":
    main()
