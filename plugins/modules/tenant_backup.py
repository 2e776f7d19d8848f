#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
module: tenant_backup
short_description: Back up a tenant's volume with restic and verify its backups
version_added: 0.1.0
author:
  - The sovereign.vdc founders (@sovereign-vdc)
description:
  - Runs on the storage node as root. Creates an LVM snapshot of the tenant's volume, so that the tenant can write during the
    backup; writes a manifest of every entry with its checksum; backs up both to a restic repository; removes the backups that
    the policy does not keep.
  - Verifies a backup by restoring it to a scratch volume and comparing every entry with the backup's manifest.
  - A run can be interrupted anywhere and repeated. The names of snapshot and scratch volume derive from the tenant's, so that the
    next run removes what an interrupted one left. Locks of restic are removed only when their run has ended.
options:
  operation:
    description:
      - V(take) creates a backup unless the newest is younger than O(max_age_hours). The repository is created if it does not exist.
      - V(verify) restores and compares backups unless that was done within O(verify_days).
      - V(check) runs C(restic check) on the repository.
      - V(list) returns the backups.
    type: str
    choices: [take, verify, check, list]
    default: take
  keep:
    description: How many backups to keep, by the keys V(last), V(hourly), V(daily), V(weekly), V(monthly), V(yearly).
    type: dict
    default: {daily: 7, weekly: 4}
  max_age_hours:
    description: For O(operation=take), no backup is created while the newest is younger than this; with 0, one is always created.
    type: float
    default: 0
  snapshot_percent:
    description:
      - Size of the snapshot in percent of the volume, at least 256 MiB. It holds what the tenant overwrites while the backup runs.
        The module fails when the pool does not have that much space.
      - When the tenant overwrites more, the backup fails and is discarded; the tenant's volume is not affected.
    type: int
    default: 20
  safety:
    description: Mark the backup as a safety copy before a restore. It is never selected as V(latest).
    type: bool
    default: false
  backup:
    description:
      - For O(operation=verify), the backup to verify. It is the V(latest), all that are V(unverified), or the one with this name.
    type: str
    default: latest
  verify_days:
    description: For O(operation=verify), nothing is verified while the last verification is less than this many days ago; with 0, it is always done.
    type: float
    default: 0
  read_percent:
    description: For O(operation=check), how many percent of the data to read.
    type: int
    default: 0
extends_documentation_fragment:
  - sovereign.vdc.backup
attributes:
  check_mode:
    description: Whether the module can run without changing anything and predict its changes.
    support: full
  diff_mode:
    description: Whether the module returns the states before and after its changes.
    support: none
    details:
      - The content of a backup is not known before it is created.
  idempotent:
    description: Whether a second run with the same options changes nothing.
    support: partial
    details:
      - Until O(max_age_hours) or O(verify_days) have passed.
seealso:
  - module: sovereign.vdc.tenant_restore
"""

EXAMPLES = r"""
- name: Create a daily backup, and keep seven daily, four weekly and six monthly ones
  sovereign.vdc.tenant_backup:
    tenant: acme
    number: 7
    repository: s3:https://sos-ch-dk-2.exo.io/backups/acme
    password: "{{ backup_password }}"
    access_key: "{{ s3_access_key }}"
    secret_key: "{{ s3_secret_key }}"
    keep: {daily: 7, weekly: 4, monthly: 6}
    max_age_hours: 20

- name: Verify the latest backup once a week
  sovereign.vdc.tenant_backup:
    operation: verify
    verify_days: 7
    tenant: acme
    number: 7
    repository: s3:https://sos-ch-dk-2.exo.io/backups/acme
    password: "{{ backup_password }}"
    access_key: "{{ s3_access_key }}"
    secret_key: "{{ s3_secret_key }}"

- name: Create a backup and delete all older ones
  sovereign.vdc.tenant_backup:
    tenant: acme
    number: 7
    repository: s3:https://sos-ch-dk-2.exo.io/backups/acme
    password: "{{ backup_password }}"
    access_key: "{{ s3_access_key }}"
    secret_key: "{{ s3_secret_key }}"
    keep: {last: 1}
"""

RETURN = r"""
backup:
  description: The newest backup, with its age.
  returned: when there is one
  type: dict
  sample: {name: 3f9c2ab1, created: "2026-11-21T03:00:07Z", verified: null, age: 5 minutes}
backups:
  description: All backups that can be restored, oldest first.
  returned: success
  type: list
  elements: dict
  sample: [{name: 3f9c2ab1, created: "2026-11-21T03:00:07Z", verified: null}]
entries:
  description: How many files, directories and links were backed up or compared.
  returned: when something was backed up or compared
  type: int
bytes:
  description: Bytes in these files.
  returned: when something was backed up or compared
  type: int
bytes_added:
  description: Bytes in files that are new or have changed since the last backup; the other files were not read again.
  returned: when something was backed up
  type: int
seconds:
  description: Duration in seconds.
  returned: when something was backed up or compared
  type: float
verified:
  description: Names of the backups that this run verified.
  returned: when something was verified
  type: list
  elements: str
"""

from collections.abc import Callable

from ansible_collections.sovereign.vdc.plugins.module_utils.backup import operations
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.job import Job
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.module import OPTIONS, run_operation
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.restic import Repository
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.volumes import Volumes
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import StorageError
from ansible_collections.sovereign.vdc.plugins.module_utils.module import Module
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.volume.options import validate_percent


def main() -> None:
    """Run the module."""
    module = Module(
        argument_spec={
            **OPTIONS,
            "operation": {"type": "str", "choices": ["take", "verify", "check", "list"], "default": "take"},
            "keep": {"type": "dict", "default": {"daily": 7, "weekly": 4}},
            "max_age_hours": {"type": "float", "default": 0},
            "snapshot_percent": {"type": "int", "default": 20},
            "safety": {"type": "bool", "default": False},
            "backup": {"type": "str", "default": "latest"},
            "verify_days": {"type": "float", "default": 0},
            "read_percent": {"type": "int", "default": 0},
        },
    )
    params = module.params

    def run(job: Job, repository: Repository, volumes: Callable[[], Volumes]) -> operations.Outcome:
        validate_percent("snapshot_percent", params["snapshot_percent"], least=1)
        validate_percent("read_percent", params["read_percent"])
        if params["operation"] == "take":
            options = (params["snapshot_percent"], params["max_age_hours"], params["safety"])
            return operations.back_up(job, repository, volumes(), _numbers(params["keep"]), *options)
        if params["operation"] == "verify":
            return operations.verify(job, repository, volumes(), params["backup"], params["verify_days"])
        if params["operation"] == "check":
            return operations.check(job, repository, params["read_percent"])
        return operations.list_backups(job, repository)

    run_operation(module, run)


def _numbers(keep: dict) -> dict[str, int]:
    """Return the policy with numbers, which a template may have turned into text."""
    try:
        return {name: int(number) for name, number in keep.items()}
    except (TypeError, ValueError):
        raise StorageError(f"keep: {keep} is not a policy; give numbers, such as {{daily: 7, weekly: 4}}") from None


if __name__ == "__main__":
    main()
