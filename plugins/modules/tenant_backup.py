#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
module: tenant_backup
short_description: Back a tenant's volume up with restic, and prove that the backups can be restored
version_added: 0.1.0
author:
  - The sovereign.vdc founders (@sovereign-vdc)
description:
  - Runs on the storage node as root. Takes an LVM snapshot of the tenant's volume, so that the tenant goes on writing while
    one moment of the volume is copied; lists every entry with its checksum; backs both up into a restic repository;
    drops what the policy does not keep.
  - Verifies by restoring into a scratch volume and comparing every entry with the list that was made at the backup.
  - A run may be interrupted and repeated at every point. Snapshot and scratch volume have names that derive from the
    tenant's; what a run left is removed by the next. Locks of restic are removed only when their run is dead.
options:
  operation:
    description:
      - V(take) takes a backup, if the newest is older than O(max_age_hours). The repository is made if there is none.
      - V(verify) restores and compares, if that was not done within O(verify_days).
      - V(check) lets restic prove that the repository is whole.
      - V(list) tells which backups there are.
    type: str
    choices: [take, verify, check, list]
    default: take
  keep:
    description: How many backups are kept, by the keys V(last), V(hourly), V(daily), V(weekly), V(monthly), V(yearly).
    type: dict
    default: {daily: 7, weekly: 4}
  max_age_hours:
    description: For O(operation=take) how old the newest backup may be without another being taken; with 0 one is always taken.
    type: float
    default: 0
  snapshot_percent:
    description:
      - Room for what is overwritten while the backup runs, in percent of the volume, 256 MiB at least. ValidationError when the
        pool has not so much.
      - When the tenant writes more, the backup fails, and nothing of it is kept; the tenant's volume is untouched.
    type: int
    default: 20
  safety:
    description: Mark the backup as taken before a restore. The V(latest) one to be restored is never such a one.
    type: bool
    default: false
  backup:
    description:
      - For O(operation=verify) the V(latest), all that are V(unverified), or the one with this name.
    type: str
    default: latest
  verify_days:
    description: For O(operation=verify) how many days ago the last verification may be without another; with 0 it is always done.
    type: float
    default: 0
  read_percent:
    description: For O(operation=check) how much of the data is read.
    type: int
    default: 0
extends_documentation_fragment:
  - sovereign.vdc.backup
attributes:
  check_mode:
    description: Whether the module can run without changing anything, and tell what it would do.
    support: full
  diff_mode:
    description: Whether the module returns what was and what will be.
    support: none
    details:
      - A backup is new each time; nothing about it can be told beforehand.
  idempotent:
    description: Whether a second run with the same options changes nothing.
    support: partial
    details:
      - With O(max_age_hours) and O(verify_days), until they have passed.
seealso:
  - module: sovereign.vdc.tenant_restore
"""

EXAMPLES = r"""
- name: A backup a day
  sovereign.vdc.tenant_backup:
    tenant: acme
    number: 7
    repository: s3:https://sos-ch-dk-2.exo.io/backups/acme
    password: "{{ backup_password }}"
    access_key: "{{ s3_access_key }}"
    secret_key: "{{ s3_secret_key }}"
    keep: {daily: 7, weekly: 4, monthly: 6}
    max_age_hours: 20

- name: Proved each week
  sovereign.vdc.tenant_backup:
    operation: verify
    verify_days: 7
    tenant: acme
    number: 7
    repository: s3:https://sos-ch-dk-2.exo.io/backups/acme
    password: "{{ backup_password }}"
    access_key: "{{ s3_access_key }}"
    secret_key: "{{ s3_secret_key }}"
"""

RETURN = r"""
backup:
  description: The newest backup, with its age.
  returned: when there is one
  type: dict
  sample: {name: 3f9c2ab1, taken: "2026-11-21T03:00:07Z", verified: null, age: 5 minutes}
backups:
  description: All backups that can be restored, oldest first.
  returned: success
  type: list
  elements: dict
  sample: [{name: 3f9c2ab1, taken: "2026-11-21T03:00:07Z", verified: null}]
entries:
  description: How many files, directories and links were backed up or compared.
  returned: when something was backed up or compared
  type: int
bytes:
  description: What is in these files.
  returned: when something was backed up or compared
  type: int
read:
  description: How many of these bytes were read for the list; the others had not changed since the last backup.
  returned: when something was backed up
  type: int
seconds:
  description: How long it took.
  returned: when something was backed up or compared
  type: float
verified:
  description: The names of the backups that were verified now.
  returned: when something was verified
  type: list
  elements: str
"""

from collections.abc import Callable

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sovereign.vdc.plugins.module_utils.backup import work
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.module import SPEC, run
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.restic import Repository
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.volumes import Volumes
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.lvm import StorageError


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            **SPEC,
            "operation": {"type": "str", "choices": ["take", "verify", "check", "list"], "default": "take"},
            "keep": {"type": "dict", "default": {"daily": 7, "weekly": 4}},
            "max_age_hours": {"type": "float", "default": 0},
            "snapshot_percent": {"type": "int", "default": 20},
            "safety": {"type": "bool", "default": False},
            "backup": {"type": "str", "default": "latest"},
            "verify_days": {"type": "float", "default": 0},
            "read_percent": {"type": "int", "default": 0},
        },
        supports_check_mode=True,
    )
    params = module.params

    def deed(job: work.Job, repository: Repository, volumes: Callable[[], Volumes]) -> work.Done:
        for option, least in (("snapshot_percent", 1), ("read_percent", 0)):
            if not least <= params[option] <= 100:
                raise StorageError(f"{option}: {params[option]} must be between {least} and 100")
        if params["operation"] == "take":
            options = (params["snapshot_percent"], params["max_age_hours"], params["safety"])
            return work.take(job, repository, volumes(), _numbers(params["keep"]), *options)
        if params["operation"] == "verify":
            return work.verify(job, repository, volumes(), params["backup"], params["verify_days"])
        if params["operation"] == "check":
            return work.check(job, repository, params["read_percent"])
        return work.listing(job, repository)

    run(module, deed)


def _numbers(keep: dict) -> dict[str, int]:
    """Numbers that a template may have made text."""
    try:
        return {name: int(number) for name, number in keep.items()}
    except (TypeError, ValueError):
        raise StorageError(f"keep: {keep} will not do: give numbers, such as {{daily: 7, weekly: 4}}") from None


if __name__ == "__main__":
    main()
