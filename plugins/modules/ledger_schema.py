#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: ledger_schema
short_description: Create or migrate the ledger's tables
version_added: 0.1.0
description:
  - Creates the tables of a new ledger, and applies all migrations that an existing ledger does not have, in one transaction.
  - Fails if the ledger has a migration that this release does not know.
  - A SQLite file is created if it does not exist, readable by its owner alone. Its directory must exist.
extends_documentation_fragment:
  - sovereign.vdc.ledger
  - sovereign.vdc.ledger.attributes
author:
  - The sovereign.vdc founders (@sovereign-vdc)
"""

EXAMPLES = r"""
- name: Create or migrate a ledger in a SQLite file
  sovereign.vdc.ledger_schema:
    ledger_url: sqlite:////var/lib/sovereign-vdc/ledger.db

- name: Create or migrate a ledger that several controllers share
  sovereign.vdc.ledger_schema:
    ledger_url: postgresql+psycopg://vdc@db.example.org/ledger?sslmode=verify-full&sslrootcert=/etc/ssl/certs/ledger-ca.crt
"""

RETURN = r"""
applied:
  description: The migrations that were applied, oldest first; empty if the ledger was up to date.
  returned: success
  type: list
  elements: str
  sample: ["0001"]
new:
  description: Whether the ledger had no tables.
  returned: success
  type: bool
  sample: false
version:
  description: The newest migration that the ledger has.
  returned: success
  type: str
  sample: "0001"
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import migrations
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.module import run_module
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.store import create_ledger


def run(module: AnsibleModule, connection: Any, now: int) -> dict[str, Any]:
    """Apply the pending migrations."""
    before = migrations.applied(connection)
    applied = migrations.upgrade(connection)
    after = migrations.applied(connection)
    return {
        "before": {"versions": before},
        "after": {"versions": after},
        "applied": applied,
        "new": not before,
        "version": after[-1],
    }


def main() -> None:
    """Run the module."""
    run_module({}, run, opening=create_ledger)


if __name__ == "__main__":
    main()
