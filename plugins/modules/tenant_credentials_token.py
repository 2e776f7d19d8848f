#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: tenant_credentials_token
short_description: Offer a tenant's credentials once, and see that they are redeemed once
version_added: 0.1.0
description:
  - Makes a token with which a customer fetches the credentials once. The ledger keeps its hash and its end, not the token.
  - The credentials themselves are not this module's concern. It says whether whoever has the token may have them.
  - Use C(no_log) and do not show the result of O(state=issued).
options:
  name:
    description:
      - Name of the tenant.
    type: str
    required: true
  state:
    description:
      - V(issued) makes a new token, every time. One that was issued before and not redeemed ends.
      - V(redeemed) uses the token up. It succeeds once. A token that is wrong, used or expired is refused.
      - V(revoked) ends what was issued and not redeemed.
    type: str
    choices: [issued, redeemed, revoked]
    default: issued
  token:
    description:
      - The token to take.
    type: str
  valid_hours:
    description:
      - For how long a new token is good.
    type: int
    default: 72
extends_documentation_fragment:
  - sovereign.vdc.ledger
  - sovereign.vdc.ledger.attributes
attributes:
  check_mode:
    details:
      - The work is done in a transaction that is rolled back. With O(state=issued) the token that is returned is empty.
  idempotent:
    support: partial
    details:
      - Each run with O(state=issued) makes another token, and a token is redeemed once. O(state=revoked) is idempotent.
author:
  - The sovereign.vdc founders (@sovereign-vdc)
"""

EXAMPLES = r"""
- name: A token for the welcome page
  sovereign.vdc.tenant_credentials_token:
    name: acme
  register: issued
  no_log: true

- name: Whether this customer may have the credentials
  sovereign.vdc.tenant_credentials_token:
    name: acme
    state: redeemed
    token: "{{ token }}"
  no_log: true
"""

RETURN = r"""
token:
  description: The new token. It is not told again.
  returned: when O(state=issued)
  type: str
  sample: ""
expires:
  description: When the new token ends, in seconds since the epoch.
  returned: when O(state=issued)
  type: int
  sample: 1795478400
redeemed:
  description: Whether the token was good, and is used up now.
  returned: when O(state=redeemed)
  type: bool
  sample: true
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import credentials_tokens, tenants
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.module import run_module


def work(module: AnsibleModule, connection: Any, now: int) -> dict[str, Any]:
    """Offer, take or withdraw."""
    wish = module.params
    tenant = tenants.get(connection, wish["name"])
    if wish["state"] == "redeemed":
        credentials_tokens.redeem(connection, now, tenant, wish["token"])
        return {"before": {"credentials": "issued"}, "after": {"credentials": "redeemed"}, "redeemed": True}
    before = {"credentials": "issued" if credentials_tokens.is_open(connection, now, tenant) else "not issued"}
    if wish["state"] == "revoked":
        credentials_tokens.revoke(connection, tenant)
        return {"before": before, "after": {"credentials": "not issued"}}
    if tenants.has_left(tenant):
        raise ValidationError(f"name: {tenant.name!r} has left; there is nothing to hand over")
    if wish["valid_hours"] < 1:
        raise ValidationError(f"valid_hours: {wish['valid_hours']} must be 1 or more")
    seconds = wish["valid_hours"] * 3600
    token = credentials_tokens.issue(connection, now, tenant, seconds)
    return {
        "before": before,
        "after": {"credentials": "issued anew" if before["credentials"] == "issued" else "issued"},
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
        work,
        required_if=[("state", "redeemed", ["token"])],
    )


if __name__ == "__main__":
    main()
