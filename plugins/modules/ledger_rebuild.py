#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: ledger_rebuild
short_description: Add tenants to the ledger from the resources that exist
version_added: 0.1.0
description:
  - Makes a ledger again when no copy of it is left, or adds tenants that an older copy does not have.
  - A tenant's number, tier, placement, volume and ports come from the labels of its machine, the tags of its volume and the mark
    of its stack. Its email address, subscription and dates are not recorded there, and are returned as C(unknown).
  - Tenants that the ledger has are left as they are. A ledger that does not exist is created.
options:
  fleet:
    description:
      - Name of the fleet.
    type: str
    required: true
  storage_nodes:
    description:
      - Names of the storage nodes. If there is one, and it was not read, volumes are assumed to be there.
    type: list
    elements: str
    default: []
  nodes_read:
    description:
      - The nodes whose volumes and stacks are in O(claims).
    type: list
    elements: str
    default: []
  assume:
    description:
      - >-
        Facts that nothing tells, by tenant, such as V({acme: {tier: pro}}).
    type: dict
    default: {}
extends_documentation_fragment:
  - sovereign.vdc.ledger
  - sovereign.vdc.ledger.catalog
  - sovereign.vdc.ledger.claims
  - sovereign.vdc.ledger.attributes
author:
  - The sovereign.vdc founders (@sovereign-vdc)
"""

EXAMPLES = r"""
- name: Add the tenants that have machines
  sovereign.vdc.ledger_rebuild:
    fleet: acme
    claims: "{{ groups['role_compute'] | map('extract', hostvars) | sovereign.vdc.tenant_claims('acme') }}"
    tiers: "{{ vdc_catalog.tiers }}"
    machines: "{{ vdc_catalog.machines }}"
    aliases: "{{ vdc_catalog.aliases }}"
  register: rebuilt
"""

RETURN = r"""
tenants:
  description: The tenants that were added.
  returned: success
  type: list
  elements: dict
  sample:
    - {name: acme, number: 7, tier: pro, state: active, unknown: [owner_email, service_id, paid_until, created]}
unresolved:
  description: A sentence for each tenant that was not added, with what to do.
  returned: success
  type: list
  elements: str
  sample: ["beta: nothing tells its number, there is only the backup repository 'backups/beta' belongs to tenant 'beta'"]
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import migrations, rebuild, tenants, views
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.locks import current_holder
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.module import run_module
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.options import (
    CATALOG_OPTIONS,
    CLAIMS_OPTIONS,
    catalog,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.store import create_ledger
from ansible_collections.sovereign.vdc.plugins.module_utils.policy import identity
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.reconstruction import reconstruct

OPTIONS: dict[str, Any] = {
    "fleet": {"type": "str", "required": True},
    "storage_nodes": {"type": "list", "elements": "str", "default": []},
    "nodes_read": {"type": "list", "elements": "str", "default": []},
    "assume": {"type": "dict", "default": {}},
}


def run(module: AnsibleModule, connection: Any, now: int) -> dict[str, Any]:
    """Add the tenants that the ledger does not have."""
    params, tiers = module.params, catalog(module.params)
    migrations.upgrade(connection)
    known = tenants.all_tenants(connection)
    claims = identity.read(params["claims"])
    rejected = identity.conflicts(claims, known)
    names, numbers = {tenant.name for tenant in known}, {tenant.id for tenant in known}
    new = [claim for claim in claims if claim.tenant not in names and claim.number not in numbers]
    plan = reconstruct(new, tiers, params["storage_nodes"], params["nodes_read"], params["assume"])
    for found in plan.tenants:
        rebuild.add(connection, now, found, tiers[found.tier], current_holder())
    after = views.all_diff_views(connection)
    added = [found.name for found in plan.tenants]
    return {
        "before": {},
        "after": {name: after[name] for name in added},
        "tenants": [
            {key: getattr(found, key) for key in ("name", "number", "tier", "state", "unknown")}
            for found in plan.tenants
        ],
        "unresolved": [*rejected.values(), *plan.unresolved],
    }


def main() -> None:
    """Run the module."""
    run_module({**OPTIONS, **CATALOG_OPTIONS, **CLAIMS_OPTIONS}, run, opening=create_ledger)


if __name__ == "__main__":
    main()
