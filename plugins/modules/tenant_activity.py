#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: tenant_activity
short_description: Note that tenants are used, and wake those that sleep
version_added: 0.1.0
description:
  - Notes the moment at which tenants were used, for instance because somebody logged in.
  - A tenant that sleeps, that is, was stopped because nobody used it, shall be active again. The machines are then started by the
    playbooks.
  - A tenant that is suspended for another reason is refused. Using it does not resume it.
options:
  tenants:
    description:
      - Names of the tenants.
    type: list
    elements: str
    required: true
  at:
    description:
      - When they were used, in seconds since the epoch. If not set, now. A moment before the one that is known changes nothing.
    type: int
extends_documentation_fragment:
  - sovereign.vdc.ledger
  - sovereign.vdc.ledger.attributes
seealso:
  - module: sovereign.vdc.tenant_idle_suspend
author:
  - The sovereign.vdc founders (@sovereign-vdc)
"""

EXAMPLES = r"""
- name: Somebody logged in
  sovereign.vdc.tenant_activity:
    tenants: [acme]
  register: used
"""

RETURN = r"""
to_resume:
  description: The names of those that do not run yet.
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


def work(module: AnsibleModule, connection: Any, now: int) -> dict[str, Any]:
    """Note, and wake."""
    moment = now if module.params["at"] is None else module.params["at"]
    before, after, stopped = {}, {}, []
    for name in sorted(set(module.params["tenants"])):
        tenant = tenants.get(connection, name)
        before[name] = _shown(tenant)
        after[name] = _shown(activity.used(connection, tenant, moment))
        if tenant.state != states.ACTIVE:
            stopped.append(name)
    return {"before": before, "after": after, "to_resume": stopped}


def _shown(tenant: tenants.Tenant) -> dict[str, Any]:
    return {"desired_state": tenant.desired_state, "last_active": tenant.last_active}


def main() -> None:
    """Run the module."""
    run_module({"tenants": {"type": "list", "elements": "str", "required": True}, "at": {"type": "int"}}, work)


if __name__ == "__main__":
    main()
