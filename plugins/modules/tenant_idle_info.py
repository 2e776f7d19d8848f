#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: tenant_idle_info
short_description: Tell which tenants stand unused
version_added: 0.1.0
description:
  - Lists the active tenants that nobody has used for some time. M(sovereign.vdc.tenant_used) notes when one is used.
options:
  unused_hours:
    description:
      - For how long a tenant must have been unused.
    type: int
    default: 24
  exempt_tiers:
    description:
      - Tenants of these tiers are never in the list.
    type: list
    elements: str
    default: []
  now:
    description:
      - The moment to look at, in seconds since the epoch. If not set, the present one. Meant for tests.
    type: int
extends_documentation_fragment:
  - sovereign.vdc.ledger
  - sovereign.vdc.attributes.info
seealso:
  - module: sovereign.vdc.tenant_used
author:
  - The sovereign.vdc founders (@sovereign-vdc)
"""

EXAMPLES = r"""
- name: Who sleeps anyway
  sovereign.vdc.tenant_idle_info:
    exempt_tiers: [pro, enterprise]
  register: unused
"""

RETURN = r"""
idle:
  description: The names of the tenants that stand unused.
  returned: success
  type: list
  elements: str
  sample: [acme]
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import tenants
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.module import run_module
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.idle import idle


def work(module: AnsibleModule, connection: Any, now: int) -> dict[str, Any]:
    """List."""
    wish = module.params
    moment = now if wish["now"] is None else wish["now"]
    exempt, seconds = set(wish["exempt_tiers"]), wish["unused_hours"] * 3600
    found = [
        tenant.name
        for tenant in tenants.all_tenants(connection)
        if idle(tenant.last_active, moment, tenant.state, tenant.wish, tenant.tier, exempt, seconds)
    ]
    return {"before": {}, "after": {}, "idle": found}


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
