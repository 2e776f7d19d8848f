#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: ledger_backup
short_description: Create a copy of the ledger
version_added: 0.1.0
description:
  - Writes all tables of the ledger, as they are at one moment, to a file, to object storage, or both. The copy is the same for
    SQLite and PostgreSQL, so a ledger can move from one to the other.
  - A copy is written atomically, read back, and compared. One with the same content as the newest copy is not written again.
options:
  keep:
    description:
      - How many copies are kept in each place; older ones are removed.
    type: int
    default: 60
extends_documentation_fragment:
  - sovereign.vdc.ledger
  - sovereign.vdc.ledger.copies
  - sovereign.vdc.ledger.attributes
  - sovereign.vdc.calls
author:
  - The sovereign.vdc founders (@sovereign-vdc)
"""

EXAMPLES = r"""
- name: Create a copy of the ledger
  sovereign.vdc.ledger_backup:
    directory: /var/lib/sovereign-vdc/copies
    fleet: acme
    password: "{{ ledger_backup_password }}"
"""

RETURN = r"""
name:
  description: Name of the copy, the new one or the newest with the same content.
  returned: success
  type: str
  sample: acme-20261128T030000Z.ledger.json
stored_in:
  description: The directory and the bucket that have the copy.
  returned: success
  type: list
  elements: str
  sample: [/var/lib/sovereign-vdc/copies]
digest:
  description: SHA-256 of the ledger's content.
  returned: success
  type: str
  sample: 5f2c7c5d8a7d2f7d0c6d5b4b1f3b0c1e0a6d4e8b7a9c3f1d2e5b6a7c8d9e0f1a
tenants:
  description: Number of tenants in it.
  returned: success
  type: int
  sample: 7
"""

import time
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.backup.ledger_store import COPIES_OPTIONS, newest, stores
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import copies, document, migrations
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.module import LEDGER_OPTIONS, finish, opened
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.store import Ledger
from ansible_collections.sovereign.vdc.plugins.module_utils.module import Module


def run(module: Module, ledger: Ledger) -> dict[str, Any]:
    """Write the copy where it is missing; raises ``ValidationError``."""
    params = module.params
    if params["keep"] < 1:
        raise ValidationError(f"keep: {params['keep']} would keep no copy; use 1 or more")
    places = stores(params)
    with ledger.writing() as connection:
        tables, schema = document.dump(connection), migrations.applied(connection)
    header, data = copies.encode(tables, schema, params["fleet"], int(time.time()), params["password"])
    before = {place.place: newest(place) for place in places}
    same = [found for found in before.values() if found and _same(found, header)]
    for place in places:
        found = before[place.place]
        if module.check_mode or (found and _same(found, header)):
            continue
        place.write(header, data)
        copies.decode(place.read(header.file_name), header.file_name, params["password"])
        for name in place.names()[: -params["keep"]]:
            place.remove(name)
    complete = len(same) == len(places)
    return {
        "before": {place: found.digest if found else None for place, found in before.items()},
        "after": {
            place: found.digest if found and _same(found, header) else header.digest for place, found in before.items()
        },
        "name": (same[0] if complete else header).file_name,
        "stored_in": sorted(before),
        "digest": header.digest,
        "tenants": header.tenants,
    }


def _same(found: copies.Header, header: copies.Header) -> bool:
    return (found.digest, found.encrypted, found.schema) == (header.digest, header.encrypted, header.schema)


def main() -> None:
    """Run the module."""
    options = {**LEDGER_OPTIONS, **COPIES_OPTIONS, "keep": {"type": "int", "default": 60}}
    module = Module(options)
    result: dict[str, Any] = {}
    with opened(module) as ledger:
        result = run(module, ledger)
    finish(module, result)


if __name__ == "__main__":
    main()
