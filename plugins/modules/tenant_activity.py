#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: tenant_activity
short_description: Record the use of tenants and resume idle-suspended ones
version_added: 0.1.0
description:
  - Records when tenants were used, for instance because somebody logged in.
  - Sets the desired state of a tenant that was suspended for being idle to V(ignore:active). The playbooks then resume it.
  - Fails for a tenant that is suspended for another reason, because use does not resume it.
options:
  tenants:
    description:
      - Names of the tenants.
    type: list
    elements: str
    required: true
  at:
    description:
      - When they were used, in seconds since the epoch. If not set, now. A time before the recorded one changes nothing.
        A time more than 5 minutes in the future is rejected.
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
- name: Record a login and resume the tenant
  sovereign.vdc.tenant_activity:
    tenants: [acme]
  register: activity
"""

RETURN = r"""
to_resume:
  description: Names of the tenants that are not active yet, so that a playbook has to resume them.
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
from ansible_collections.sovereign.vdc.plugins.module_utils.policy import clocks, states


def run(module: AnsibleModule, connection: Any, now: int) -> dict[str, Any]:
    """Record the use of each tenant."""
    moment = options.moment(module.params, "at", now)
    if clocks.is_future(moment, now):
        raise ValidationError(
            f"at: {clocks.shown(moment)} is in the future of this controller's clock, which shows {clocks.shown(now)}; correct the "
            f"clock that is wrong"
        )
    before, after, to_resume = {}, {}, []
    for name in sorted(set(module.params["tenants"])):
        tenant = tenants.get(connection, name)
        before[name] = _diff(tenant)
        after[name] = _diff(activity.record_use(connection, tenant, moment))
        if tenant.state != states.ACTIVE:
            to_resume.append(name)
    return {"before": before, "after": after, "to_resume": to_resume}


def _diff(tenant: tenants.Tenant) -> dict[str, Any]:
    return {"desired_state": tenant.desired_state, "last_active": tenant.last_active}


def main() -> None:
    """Run the module."""
    run_module({"tenants": {"type": "list", "elements": "str", "required": True}, "at": {"type": "int"}}, run)


if __name__ == "__main__":
    main()
