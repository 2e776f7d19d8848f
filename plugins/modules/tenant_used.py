#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: tenant_used
short_description: Note that tenants are used, and tell which of them must be started
version_added: 0.1.0
description:
  - Notes the moment at which tenants were used, for instance because somebody logged in.
  - Tells which of them do not run. They sleep, that is, were stopped because nobody used them, or are on their way.
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
  - module: sovereign.vdc.tenant_idle_info
author:
  - The sovereign.vdc founders (@sovereign-vdc)
"""

EXAMPLES = r"""
- name: Somebody logged in
  sovereign.vdc.tenant_used:
    tenants: [acme]
  register: used
"""

RETURN = r"""
stopped:
  description: The names of those that do not run.
  returned: success
  type: list
  elements: str
  sample: [acme]
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.errors import Refused
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import activity, tenants
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.module import run_module
from ansible_collections.sovereign.vdc.plugins.module_utils.policy import states, wishes


def work(module: AnsibleModule, connection: Any, now: int) -> dict[str, Any]:
    """Note, and tell."""
    moment = now if module.params["at"] is None else module.params["at"]
    before, after, stopped = {}, {}, []
    for name in sorted(set(module.params["tenants"])):
        tenant = tenants.get(connection, name)
        if tenant.wish != wishes.ACTIVE and not activity.sleeps(connection, tenant):
            raise Refused(
                f"tenants: {name!r} does not sleep, it is {tenant.state} (wish: {tenant.wish}); resume it if that is meant"
            )
        if tenant.wish != wishes.ACTIVE or tenant.state != states.ACTIVE:
            stopped.append(name)
        before[name] = {"last_active": tenant.last_active}
        after[name] = {"last_active": activity.used(connection, tenant, moment).last_active}
    return {"before": before, "after": after, "stopped": stopped}


def main() -> None:
    """Run the module."""
    run_module({"tenants": {"type": "list", "elements": "str", "required": True}, "at": {"type": "int"}}, work)


if __name__ == "__main__":
    main()
