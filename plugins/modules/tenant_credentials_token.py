#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: tenant_credentials_token
short_description: Issue, redeem and revoke one-time tokens for a tenant's credentials
version_added: 0.1.0
description:
  - Issues a token that a customer redeems once to get the tenant's credentials. The ledger stores its hash and its expiry, not
    the token.
  - The module does not handle the credentials themselves. It decides whether the holder of a token may have them.
  - Use C(no_log) for the task, because the result of O(state=issued) contains the token.
options:
  name:
    description:
      - Name of the tenant.
    type: str
    required: true
  state:
    description:
      - V(issued) issues a new token every time, and revokes an earlier one that was not redeemed.
      - V(redeemed) redeems the token. It succeeds once, and fails for a token that is wrong, redeemed or expired.
      - V(revoked) revokes a token that was issued and not redeemed.
    type: str
    choices: [issued, redeemed, revoked]
    default: issued
  token:
    description:
      - The token to redeem.
    type: str
  valid_hours:
    description:
      - Number of hours in which a new token can be redeemed.
    type: int
    default: 72
extends_documentation_fragment:
  - sovereign.vdc.ledger
  - sovereign.vdc.ledger.attributes
attributes:
  check_mode:
    details:
      - The module runs in a transaction that is rolled back. With O(state=issued) the returned token is empty.
  idempotent:
    support: partial
    details:
      - Each run with O(state=issued) issues another token, and a token is redeemed once. O(state=revoked) is idempotent.
author:
  - The sovereign.vdc founders (@sovereign-vdc)
"""

EXAMPLES = r"""
- name: Issue a token for the welcome page
  sovereign.vdc.tenant_credentials_token:
    name: acme
  register: issued
  no_log: true

- name: Redeem the token of a customer
  sovereign.vdc.tenant_credentials_token:
    name: acme
    state: redeemed
    token: "{{ token }}"
  no_log: true
"""

RETURN = r"""
token:
  description: The new token. It is returned only once.
  returned: when O(state=issued)
  type: str
  sample: ""
expires:
  description: When the new token expires, in seconds since the epoch.
  returned: when O(state=issued)
  type: int
  sample: 1795478400
redeemed:
  description: Whether the token was redeemed. Always true; a token that cannot be redeemed fails the task.
  returned: when O(state=redeemed)
  type: bool
  sample: true
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import credentials_tokens, tenants
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.module import run_module


def run(module: AnsibleModule, connection: Any, now: int) -> dict[str, Any]:
    """Issue, redeem or revoke a token."""
    params = module.params
    tenant = tenants.get(connection, params["name"])
    if params["state"] == "redeemed":
        credentials_tokens.redeem(connection, now, tenant, params["token"])
        return {"before": {"credentials": "issued"}, "after": {"credentials": "redeemed"}, "redeemed": True}
    before = {"credentials": "issued" if credentials_tokens.is_issued(connection, now, tenant) else "not issued"}
    if params["state"] == "revoked":
        credentials_tokens.revoke(connection, tenant)
        return {"before": before, "after": {"credentials": "not issued"}}
    if tenants.deletion_requested(tenant):
        raise ValidationError(
            f"name: {tenant.name!r} is deleted or being deleted (it is {tenant.state}); choose another tenant"
        )
    if params["valid_hours"] < 1:
        raise ValidationError(f"valid_hours: {params['valid_hours']} is too short; use 1 or more")
    seconds = params["valid_hours"] * 3600
    token = credentials_tokens.issue(connection, now, tenant, seconds)
    return {
        "before": before,
        "after": {"credentials": "issued again" if before["credentials"] == "issued" else "issued"},
        "token": "" if module.check_mode else token,
        "expires": now + seconds,
    }


def main() -> None:
    """Run the module."""
    run_module(
        {
            "name": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["issued", "redeemed", "revoked"], "default": "issued"},
            "token": {"type": "str", "no_log": True},
            "valid_hours": {"type": "int", "default": 72},
        },
        run,
        required_if=[("state", "redeemed", ["token"])],
    )


if __name__ == "__main__":
    main()
