#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
module: tenant_restore
short_description: Restore a tenant's volume from a backup
version_added: 0.1.0
author:
  - The sovereign.vdc founders (@sovereign-vdc)
description:
  - Runs on the storage node as root. Restores a backup of M(sovereign.vdc.tenant_backup) to a new volume beside the tenant's,
    compares every entry with the backup's manifest, and only then replaces the tenant's volume. The tenant's data is kept
    until the restored data is verified; the pool needs space for both.
  - The tenant's stack must be stopped and the volume unmounted on the compute node. The volume must exist
    (module M(sovereign.vdc.tenant_volume)), unless O(size_gib) is given. It is mounted and exported afterwards as before.
  - The backup of another tenant can be restored; owners of files move from that tenant's range of user ids to this tenant's.
  - A run can be interrupted anywhere and repeated. The next run continues with a volume that was restored and compared.
options:
  source:
    description: The tenant whose backup is restored. The default is O(tenant).
    type: str
  backup:
    description: The backup to restore, the V(latest) or the one with this name.
    type: str
    default: latest
  confirm:
    description: Repeat O(tenant) here, because all current data of the volume is replaced.
    type: str
    default: ""
  size_gib:
    description:
      - Create the tenant's volume on this node from the backup, with this size. What an interrupted run of this kind left is
        removed first, so that the pool needs space for one volume only.
      - The module fails where this node already exports a volume to the tenant.
    type: int
extends_documentation_fragment:
  - sovereign.vdc.backup
attributes:
  check_mode:
    description: Whether the module can run without changing anything and predict its changes.
    support: full
    details:
      - Only the backup's manifest is fetched to the node, to compare the backup's size with the volume's.
  diff_mode:
    description: Whether the module returns the states before and after its changes.
    support: none
    details:
      - The diff would be the tenant's data.
  idempotent:
    description: Whether a second run with the same options changes nothing.
    support: none
    details:
      - Each run replaces what the tenant has written since the last restore.
seealso:
  - module: sovereign.vdc.tenant_backup
"""

EXAMPLES = r"""
- name: Restore the latest backup
  sovereign.vdc.tenant_restore:
    tenant: acme
    number: 7
    repository: s3:https://sos-ch-dk-2.exo.io/backups/acme
    password: "{{ backup_password }}"
    access_key: "{{ s3_access_key }}"
    secret_key: "{{ s3_secret_key }}"
    confirm: acme

- name: Restore a backup as another tenant
  sovereign.vdc.tenant_restore:
    tenant: acme-copy
    number: 9
    source: acme
    repository: s3:https://sos-ch-dk-2.exo.io/backups/acme
    password: "{{ backup_password }}"
    access_key: "{{ s3_access_key }}"
    secret_key: "{{ s3_secret_key }}"
    confirm: acme-copy

- name: Create the volume on another storage node from the latest backup
  sovereign.vdc.tenant_restore:
    tenant: acme
    number: 7
    size_gib: 10
    repository: s3:https://sos-ch-dk-2.exo.io/backups/acme
    password: "{{ backup_password }}"
    access_key: "{{ s3_access_key }}"
    secret_key: "{{ s3_secret_key }}"
    confirm: acme
"""

RETURN = r"""
backup:
  description: The backup that was restored.
  returned: success
  type: dict
  sample: {name: 3f9c2ab1, created: "2026-11-21T03:00:07Z", verified: null, age: 5 minutes}
backups:
  description: All backups that can be restored, oldest first.
  returned: success
  type: list
  elements: dict
age:
  description: Age of the backup, as text.
  returned: success
  type: str
  sample: 3 h 12 min
age_seconds:
  description: Age of the backup in seconds.
  returned: success
  type: int
entries:
  description: How many files, directories and links were restored and compared.
  returned: when this run restored them
  type: int
bytes:
  description: Bytes in these files.
  returned: when this run restored them
  type: int
seconds:
  description: Duration in seconds.
  returned: when this run restored them
  type: float
"""

from collections.abc import Callable

from ansible_collections.sovereign.vdc.plugins.module_utils.backup import operations
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.job import Job
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.module import OPTIONS, run_operation
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.restic import Repository
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.volumes import Volumes
from ansible_collections.sovereign.vdc.plugins.module_utils.module import Module


def main() -> None:
    """Run the module."""
    module = Module(
        argument_spec={
            **OPTIONS,
            "source": {"type": "str"},
            "backup": {"type": "str", "default": "latest"},
            "confirm": {"type": "str", "default": ""},
            "size_gib": {"type": "int"},
        },
    )

    def run(job: Job, repository: Repository, volumes: Callable[[], Volumes]) -> operations.Outcome:
        return operations.restore(job, repository, volumes(), module.params["backup"], module.params["confirm"])

    run_operation(module, run)


if __name__ == "__main__":
    main()
