#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: subscription_due_info
short_description: Report mails, backups and releases that subscriptions require now
version_added: 0.1.0
description:
  - Compares each tenant's O(ignore:paid_until) with the time. Seven days before the end of the paid period a warning is due,
    three days before a backup and a mail, one day before a final backup and a mail, and at the end the release of the tenant's
    machine and a mail.
  - A mail waits at most six hours for the backup that it reports. A release waits at most a day for a backup if the final one
    was missed.
  - Only the current stage is due. A sweep that runs late skips the stages that are over.
  - A backup counts if the ledger has a successful backup operation that finished after the stage began.
  - A change of O(ignore:paid_until) begins a new period with all stages.
  - A mail is due until M(sovereign.vdc.tenant_mail) has sent it, or until its stage is over.
  - Tenants without O(ignore:paid_until) and deleted tenants are never returned. A queued tenant gets no warning.
options:
  now:
    description:
      - The time to evaluate, in seconds since the epoch. If not set, the current time. Meant for tests and for previews.
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
- name: List what is due now
  sovereign.vdc.subscription_due_info:
  register: subscriptions

- name: List what will be due in a week
  sovereign.vdc.subscription_due_info:
    now: "{{ now().timestamp() | int + 7 * 86400 }}"
"""

RETURN = r"""
due:
  description: The tenants for which something is due, sorted by name.
  returned: success
  type: list
  elements: dict
  contains:
    tenant:
      description: Name of the tenant.
      type: str
      sample: acme
    tier:
      description: Tier of the tenant.
      type: str
      sample: casual
    stage:
      description: Current stage of the period, V(warning), V(backup), V(final) or V(suspended).
      type: str
      sample: backup
    mail:
      description: The kind of mail that is due, equal to the stage; empty if none is.
      type: str
      sample: backup
    backup:
      description: Whether a backup is due. A tenant without data needs none.
      type: bool
      sample: true
    release:
      description: Whether the release of the tenant's machine is due.
      type: bool
      sample: false
    period:
      description: End of the paid period in seconds since the epoch, for O(sovereign.vdc.tenant_mail#module:mails[].period).
      type: int
      sample: 1795219200
    paid_until:
      description: End of the paid period as a date, UTC.
      type: str
      sample: "2026-11-21"
    backed_up:
      description: Date of the tenant's last backup, UTC; empty if there is none.
      type: str
      sample: "2026-11-18"
    days_left:
      description: Days until the end, rounded up; 0 after the end.
      type: int
      sample: 3
mails:
  description:
    - The mails that are due, each with O(ignore:tenant), O(ignore:kind) and O(ignore:period), and for its template
      O(ignore:tier), O(ignore:paid_until), O(ignore:days_left) and O(ignore:backed_up).
  returned: success
  type: list
  elements: dict
  sample: [{"tenant": "acme", "kind": "warning", "period": 1795219200, "tier": "casual", "paid_until": "2026-11-21",
            "days_left": 7, "backed_up": ""}]
backups:
  description: Names of the tenants of which a backup is due.
  returned: success
  type: list
  elements: str
  sample: [acme]
releases:
  description: Names of the tenants whose machine is to be released.
  returned: success
  type: list
  elements: str
  sample: []
"""

from datetime import UTC, datetime
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import activity, mails, options, tenants
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.module import run_module
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.subscription import DAY, Due, due


def run(module: AnsibleModule, connection: Any, now: int) -> dict[str, Any]:
    """List what is due for each tenant."""
    moment = options.moment(module.params, "now", now)
    sent = mails.sent_in_period(connection)
    backed_up = activity.last_backups(connection, max(now, moment))
    with_data = activity.with_data(connection)
    found = []
    for tenant in tenants.all_tenants(connection):
        last = backed_up.get(tenant.name, 0)
        covered = last if tenant.id in with_data else moment
        tenant_due = due(
            tenant.paid_until, moment, tenant.state, tenant.desired_state, sent.get(tenant.name, set()), covered
        )
        if tenant_due:
            found.append(_entry(tenant, tenant_due, moment, last))
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


def _entry(tenant: tenants.Tenant, tenant_due: Due, now: int, backed_up: int) -> dict[str, Any]:
    end = tenant.paid_until or 0
    return {
        "tenant": tenant.name,
        "tier": tenant.tier,
        "stage": tenant_due.stage,
        "mail": tenant_due.mail,
        "backup": tenant_due.backup,
        "release": tenant_due.release,
        "period": end,
        "paid_until": _date(end),
        "backed_up": _date(backed_up) if backed_up else "",
        "days_left": max(-((now - end) // DAY), 0),
    }


def _date(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d")


def main() -> None:
    """Run the module."""
    run_module({"now": {"type": "int"}}, run)


if __name__ == "__main__":
    main()
