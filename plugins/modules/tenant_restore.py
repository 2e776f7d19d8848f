#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
module: tenant_restore
short_description: Put a backup in the place of a tenant's volume
version_added: 0.1.0
author:
  - The sovereign.vdc founders (@sovereign-vdc)
description:
  - Runs on the storage node as root. Restores a backup of M(sovereign.vdc.tenant_backup) into a new volume beside the tenant's,
    compares every entry with the list that was made at the backup, and only then exchanges the two. So the tenant's
    data stays until what replaces it is proved; the pool needs room for both.
  - The tenant's stack must stand still and have unmounted. The volume must be there (module M(sovereign.vdc.tenant_volume)), unless
    O(size_gib) is given, and is mounted and exported again afterwards as it was.
  - Another tenant's backup may be restored; the files' owners move from that tenant's range of user ids to this one's.
  - A run may be interrupted and repeated at every point. What was restored is taken up, not restored again.
options:
  source:
    description: The tenant whose backup it is. By default O(tenant) itself.
    type: str
  backup:
    description: The V(latest), or the one with this name.
    type: str
    default: latest
  confirm:
    description: Must repeat O(tenant). All that the volume holds now is replaced.
    type: str
    default: ""
  size_gib:
    description:
      - Makes this node the one that has the tenant's volume, in this size, out of the backup. What an earlier run of the same
        kind left is dropped before, so that there must be room for one volume only.
      - ValidationError where the tenant has its volume here and open.
    type: int
extends_documentation_fragment:
  - sovereign.vdc.backup
attributes:
  check_mode:
    description: Whether the module can run without changing anything, and tell what it would do.
    support: full
    details:
      - Only the backup's list is fetched to the node, and compared with the volume's size.
  diff_mode:
    description: Whether the module returns what was and what will be.
    support: none
    details:
      - The diff would be the tenant's data.
  idempotent:
    description: Whether a second run with the same options changes nothing.
    support: none
    details:
      - What the tenant has written since a restore is replaced by the next one.
seealso:
  - module: sovereign.vdc.tenant_backup
"""

EXAMPLES = r"""
- name: Back to the last backup
  sovereign.vdc.tenant_restore:
    tenant: acme
    number: 7
    repository: s3:https://sos-ch-dk-2.exo.io/backups/acme
    password: "{{ backup_password }}"
    access_key: "{{ s3_access_key }}"
    secret_key: "{{ s3_secret_key }}"
    confirm: acme

- name: As another tenant
  sovereign.vdc.tenant_restore:
    tenant: acme-copy
    number: 9
    source: acme
    repository: s3:https://sos-ch-dk-2.exo.io/backups/acme
    password: "{{ backup_password }}"
    access_key: "{{ s3_access_key }}"
    secret_key: "{{ s3_secret_key }}"
    confirm: acme-copy

- name: To another storage node, where the tenant has no volume yet
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
  sample: {name: 3f9c2ab1, taken: "2026-11-21T03:00:07Z", verified: null, age: 5 minutes}
backups:
  description: All backups that can be restored, oldest first.
  returned: success
  type: list
  elements: dict
age:
  description: How old what was restored is, for people.
  returned: success
  type: str
  sample: 3 h 12 min
age_seconds:
  description: The same in seconds.
  returned: success
  type: int
entries:
  description: How many files, directories and links were restored and compared.
  returned: when this run restored them
  type: int
bytes:
  description: What is in these files.
  returned: when this run restored them
  type: int
seconds:
  description: How long it took.
  returned: when this run restored them
  type: float
"""

from collections.abc import Callable

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sovereign.vdc.plugins.module_utils.backup import work
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.module import SPEC, run
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.restic import Repository
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.volumes import Volumes


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            **SPEC,
            "source": {"type": "str"},
            "backup": {"type": "str", "default": "latest"},
            "confirm": {"type": "str", "default": ""},
            "size_gib": {"type": "int"},
        },
        supports_check_mode=True,
    )

    def deed(job: work.Job, repository: Repository, volumes: Callable[[], Volumes]) -> work.Done:
        return work.restore(job, repository, volumes(), module.params["backup"], module.params["confirm"])

    run(module, deed)


if __name__ == "__main__":
    main()
