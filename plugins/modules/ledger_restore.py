#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: ledger_restore
short_description: Restore the ledger from a copy
version_added: 0.1.0
description:
  - Replaces the content of the ledger with a copy that M(sovereign.vdc.ledger_backup) wrote, and migrates it. All of this is one
    transaction.
  - Locks of runs are not restored. Operations that were running are continued by the next run.
  - A ledger that has tenants is replaced only with O(confirm); back it up first.
options:
  copy:
    description:
      - Name of the copy, or V(latest).
    type: str
    required: true
  confirm:
    description:
      - Repeat O(fleet) here to replace a ledger that is not empty.
    type: str
    default: ""
extends_documentation_fragment:
  - sovereign.vdc.ledger
  - sovereign.vdc.ledger.copies
  - sovereign.vdc.ledger.attributes
  - sovereign.vdc.calls
author:
  - The sovereign.vdc founders (@sovereign-vdc)
"""

EXAMPLES = r"""
- name: Restore the newest copy into an empty ledger
  sovereign.vdc.ledger_restore:
    copy: latest
    directory: /var/lib/sovereign-vdc/copies
    fleet: acme
    password: "{{ ledger_backup_password }}"
"""

RETURN = r"""
name:
  description: Name of the copy.
  returned: success
  type: str
  sample: acme-20261128T030000Z.ledger.json
created:
  description: When the copy was made, in seconds since the epoch, UTC.
  returned: success
  type: int
  sample: 1795834800
replaces:
  description: Whether a ledger that is not empty is replaced.
  returned: success
  type: bool
  sample: false
tenants:
  description: Number of tenants in it.
  returned: success
  type: int
  sample: 7
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.ledger_store import COPIES_OPTIONS, stores
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import copies, document, migrations
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.copies import Header
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.document import Tables
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.module import run_module
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.store import create_ledger


def find(params: dict[str, Any]) -> tuple[str, Header, Tables]:
    """Name, header and content of the copy; raises ``ValidationError``."""
    places = stores(params)
    names = {name: place for place in places for name in place.names()}
    name = max(names, default="") if params["copy"] == "latest" else params["copy"]
    if name not in names:
        known = ", ".join(sorted(names)[-5:]) or "none"
        raise ValidationError(
            f"copy: {params['copy']!r} is not in {', '.join(place.place for place in places)}; choose latest or one of {known}"
        )
    header, tables = copies.decode(names[name].read(name), name, params["password"])
    if header.fleet != params["fleet"]:
        raise ValidationError(
            f"copy: {name!r} is of the fleet {header.fleet!r}, not of {params['fleet']!r}; choose a copy of this fleet"
        )
    return name, header, tables


def run(module: AnsibleModule, connection: Any, now: int) -> dict[str, Any]:
    """Replace the ledger's content unless it is the same already."""
    params = module.params
    name, header, tables = find(params)
    empty = document.is_empty(connection)
    before = None if empty else _summary(connection)
    replaces = not empty and before != _after(header)
    result = {"name": name, "created": header.created, "tenants": header.tenants, "replaces": replaces}
    if before != _after(header):
        if replaces and params["confirm"] != params["fleet"]:
            raise ValidationError(
                f"confirm: {params['confirm']!r} does not confirm that the ledger, which is not empty, is replaced by the copy "
                f"{name!r}; back it up with the playbook ledger_backup, then set confirm to {params['fleet']!r}"
            )
        document.load(connection, tables, header.schema)
    return {"before": {"ledger": before}, "after": {"ledger": _after(header)}, **result}


def _summary(connection: Any) -> dict[str, Any] | None:
    """Digest and number of tenants; None for a ledger of an older schema, which is never the same."""
    if migrations.pending(connection):
        return {"digest": "of an older schema"}
    tables = document.dump(connection)
    return {"digest": document.digest(tables), "tenants": len(tables["tenants"]["rows"])}


def _after(header: Header) -> dict[str, Any]:
    return {"digest": header.digest, "tenants": header.tenants}


def main() -> None:
    """Run the module."""
    more = {"copy": {"type": "str", "required": True}, "confirm": {"type": "str", "default": ""}}
    run_module({**COPIES_OPTIONS, **more}, run, opening=create_ledger)


if __name__ == "__main__":
    main()
