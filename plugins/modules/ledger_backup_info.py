#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: ledger_backup_info
short_description: List the copies of the ledger
version_added: 0.1.0
description:
  - Lists the copies that M(sovereign.vdc.ledger_backup) wrote, oldest first, without their content.
extends_documentation_fragment:
  - sovereign.vdc.ledger.copies
  - sovereign.vdc.attributes
  - sovereign.vdc.attributes.info
  - sovereign.vdc.calls
author:
  - The sovereign.vdc founders (@sovereign-vdc)
"""

EXAMPLES = r"""
- name: List the copies of the ledger
  sovereign.vdc.ledger_backup_info:
    directory: /var/lib/sovereign-vdc/copies
    fleet: acme
  register: found
"""

RETURN = r"""
copies:
  description: The copies, oldest first. One that cannot be read has an C(error).
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name of the copy.
      type: str
      sample: acme-20261128T030000Z.ledger.json
    stored_in:
      description: Where it is.
      type: str
      sample: /var/lib/sovereign-vdc/copies
    created:
      description: When it was made, in seconds since the epoch, UTC.
      type: int
      sample: 1795834800
    schema:
      description: The migrations that the ledger had.
      type: list
      elements: str
      sample: ["0001", "0003"]
    digest:
      description: SHA-256 of the content.
      type: str
      sample: 5f2c7c5d8a7d2f7d0c6d5b4b1f3b0c1e0a6d4e8b7a9c3f1d2e5b6a7c8d9e0f1a
    tenants:
      description: Number of tenants in it.
      type: int
      sample: 7
    encrypted:
      description: Whether a password is needed to read it.
      type: bool
      sample: true
"""

from dataclasses import asdict
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.backup.ledger_store import COPIES_OPTIONS, stores
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import copies
from ansible_collections.sovereign.vdc.plugins.module_utils.module import Module


def run(params: dict[str, Any]) -> list[dict[str, Any]]:
    """The copies in all places; raises ``ValidationError``."""
    found = []
    for place in stores(params):
        for name in place.names():
            try:
                about = asdict(copies.read_header(place.read(name), name))
            except ValidationError as error:
                about = {"error": str(error), "created": 0}
            found.append({**about, "name": name, "stored_in": place.place})
    return sorted(found, key=lambda copy: (copy["created"], copy["stored_in"]))


def main() -> None:
    """Run the module."""
    module = Module(COPIES_OPTIONS)
    with module.failures():
        module.exit_json(changed=False, copies=run(module.params))


if __name__ == "__main__":
    main()
