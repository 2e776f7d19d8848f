#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: ledger_schema
short_description: Bring the ledger's tables to the newest version
version_added: 0.1.0
description:
  - Creates the tables of a new ledger and applies the migrations that an older one lacks, in one transaction. One that lacks a
    migration older than others that it has gets that, too; one that has a migration that is not known here is refused.
  - A SQLite file is made if it does not exist, readable by its owner alone. Its directory must exist.
extends_documentation_fragment:
  - sovereign.vdc.ledger
  - sovereign.vdc.ledger.attributes
author:
  - The sovereign.vdc founders (@sovereign-vdc)
"""

EXAMPLES = r"""
- name: Have a ledger in a file
  sovereign.vdc.ledger_schema:
    ledger_url: sqlite:////var/lib/sovereign-vdc/ledger.db

- name: Have one that several controllers share
  sovereign.vdc.ledger_schema:
    ledger_url: postgresql+psycopg://vdc@db.example.org/ledger
"""

RETURN = r"""
applied:
  description: The versions that were applied, oldest first; empty when the ledger was up to date.
  returned: success
  type: list
  elements: str
  sample: ["0001"]
version:
  description: The version that the ledger has now.
  returned: success
  type: str
  sample: "0001"
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import migrations
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.module import run_module
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.store import create_ledger


def work(module: AnsibleModule, connection: Any, now: int) -> dict[str, Any]:
    """Apply what is pending."""
    before = migrations.applied(connection)
    applied = migrations.upgrade(connection)
    after = migrations.applied(connection)
    return {"before": {"versions": before}, "after": {"versions": after}, "applied": applied, "version": after[-1]}


def main() -> None:
    """Run the module."""
    run_module({}, work, opening=create_ledger)


if __name__ == "__main__":
    main()
