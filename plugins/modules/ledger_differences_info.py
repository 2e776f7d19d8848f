#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: ledger_differences_info
short_description: List where the ledger differs from what exists
version_added: 0.1.0
description:
  - Compares the tenants that machines, DNS records, volumes, stacks and backups name with those of the ledger, for example after
    the ledger was restored from a copy.
options:
  nodes_read:
    description:
      - The nodes whose volumes and stacks are in O(claims). What is on other nodes is not reported as missing.
    type: list
    elements: str
    default: []
  fleet:
    description:
      - Name of the fleet.
    type: str
    required: true
extends_documentation_fragment:
  - sovereign.vdc.ledger
  - sovereign.vdc.ledger.claims
  - sovereign.vdc.attributes
  - sovereign.vdc.attributes.info
author:
  - The sovereign.vdc founders (@sovereign-vdc)
"""

EXAMPLES = r"""
- name: Compare the ledger with the machines
  sovereign.vdc.ledger_differences_info:
    fleet: acme
    claims: "{{ groups['role_compute'] | map('extract', hostvars) | sovereign.vdc.tenant_claims('acme') }}"
  register: compared
"""

RETURN = r"""
differences:
  description: A sentence for each difference, with what to do; empty if there is none.
  returned: success
  type: list
  elements: str
  sample:
    - the server 'acme-tenant-7' belongs to tenant 'beta' (number 7), which this ledger does not know; restore the newest copy
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.differences import differences
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.module import run_module
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.options import CLAIMS_OPTIONS
from ansible_collections.sovereign.vdc.plugins.module_utils.policy import identity


def run(module: AnsibleModule, connection: Any, now: int) -> dict[str, Any]:
    """Compare."""
    params = module.params
    found = differences(connection, identity.read(params["claims"]), params["fleet"], params["nodes_read"])
    return {"before": None, "after": None, "differences": found}


def main() -> None:
    """Run the module."""
    more = {
        "fleet": {"type": "str", "required": True},
        "nodes_read": {"type": "list", "elements": "str", "default": []},
    }
    run_module({**CLAIMS_OPTIONS, **more}, run)


if __name__ == "__main__":
    main()
