#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: subscription_due_info
short_description: Tell what tenants' subscriptions ask for now
version_added: 0.1.0
description:
  - Compares each tenant's O(ignore:paid_until) with the time. Seven days before the end a warning is due, three days before a
    backup and a mail, one day before a final backup and a mail, and at the end the release of the tenant's machine and a mail.
  - A mail waits up to six hours for the backup that it tells of. A release waits up to a day for a backup if the final one was missed.
  - Only the stage that has come is due. A sweep that comes late leaves out what is over.
  - Backups are those that the ledger's operations tell of. One that was made since the stage began will do.
  - When O(ignore:paid_until) moves, a new period begins, with all its stages.
  - A mail is due until M(sovereign.vdc.tenant_mail) has sent it, or until its stage is over.
  - Tenants without an end, and those that left, are never in the list. Who waits in line is not warned.
options:
  now:
    description:
      - The moment to look at, in seconds since the epoch. If not set, the present one. Meant for tests, and for a look ahead.
    type: int
extends_documentation_fragment:
  - sovereign.vdc.ledger
  - sovereign.vdc.attributes.info
seealso:
  - module: sovereign.vdc.tenant_mail
  - module: sovereign.vdc.tenant
author:
  - The sovereign.vdc founders (@sovereign-vdc)
"""

EXAMPLES = r"""
- name: What subscriptions ask for
  sovereign.vdc.subscription_due_info:
  register: subscriptions

- name: What they will ask for within a week
  sovereign.vdc.subscription_due_info:
    now: "{{ now().timestamp() | int + 7 * 86400 }}"
"""

RETURN = r"""
due:
  description: The tenants for which something is due, by name.
  returned: success
  type: list
  elements: dict
  contains:
    tenant:
      description: Name of the tenant.
      type: str
      sample: acme
    tier:
      description: What it bought.
      type: str
      sample: casual
    stage:
      description: Where its subscription stands, V(warning), V(backup), V(final) or V(suspended).
      type: str
      sample: backup
    mail:
      description: The kind of mail that is due, named as the stage; empty when none is.
      type: str
      sample: backup
    backup:
      description: Whether a backup is due. What keeps nothing needs none.
      type: bool
      sample: true
    release:
      description: Whether the tenant's machine is to be released.
      type: bool
      sample: false
    period:
      description: The moment until which is paid, in seconds since the epoch. It is the O(sovereign.vdc.tenant_mail#module:mails[].period).
      type: int
      sample: 1795219200
    paid_until:
      description: That moment as a date, UTC.
      type: str
      sample: "2026-11-21"
    backed_up:
      description: The day of the tenant's last backup, UTC; empty when there is none.
      type: str
      sample: "2026-11-18"
    days_left:
      description: The days until then, rounded up; 0 when it has come.
      type: int
      sample: 3
mails:
  description:
    - The mails among it, each with O(ignore:tenant), O(ignore:kind), O(ignore:period) and what its text may tell, O(ignore:tier),
      O(ignore:paid_until), O(ignore:days_left) and O(ignore:backed_up).
  returned: success
  type: list
  elements: dict
  sample: [{"tenant": "acme", "kind": "warning", "period": 1795219200, "tier": "casual", "paid_until": "2026-11-21",
            "days_left": 7, "backed_up": ""}]
backups:
  description: The names of the tenants of which a backup is due.
  returned: success
  type: list
  elements: str
  sample: [acme]
releases:
  description: The names of the tenants whose machine is to be released.
  returned: success
  type: list
  elements: str
  sample: []
"""

from datetime import UTC, datetime
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import activity, mails, tenants
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.module import run_module
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.subscription import DAY, Due, due


def work(module: AnsibleModule, connection: Any, now: int) -> dict[str, Any]:
    """List."""
    moment = now if module.params["now"] is None else module.params["now"]
    sent = mails.sent_in_period(connection)
    backed_up = activity.last_backups(connection)
    keeping = activity.keeping(connection)
    found = []
    for tenant in tenants.all_tenants(connection):
        last = backed_up.get(tenant.name, 0)
        covered = last if tenant.id in keeping else moment
        its = due(tenant.paid_until, moment, tenant.state, tenant.desired_state, sent.get(tenant.name, set()), covered)
        if its:
            found.append(_shown(tenant, its, moment, last))
    return {
        "before": {},
        "after": {},
        "due": found,
        "mails": [
            {
                "kind": one["mail"],
                **{key: one[key] for key in ("tenant", "period", "tier", "paid_until", "days_left", "backed_up")},
            }
            for one in found
            if one["mail"]
        ],
        "backups": [one["tenant"] for one in found if one["backup"]],
        "releases": [one["tenant"] for one in found if one["release"]],
    }


def _shown(tenant: tenants.Tenant, its: Due, now: int, backed_up: int) -> dict[str, Any]:
    end = tenant.paid_until or 0
    return {
        "tenant": tenant.name,
        "tier": tenant.tier,
        "stage": its.stage,
        "mail": its.mail,
        "backup": its.backup,
        "release": its.release,
        "period": end,
        "paid_until": _date(end),
        "backed_up": _date(backed_up) if backed_up else "",
        "days_left": max(-((now - end) // DAY), 0),
    }


def _date(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d")


def main() -> None:
    """Run the module."""
    run_module({"now": {"type": "int"}}, work)


if __name__ == "__main__":
    main()
