#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
module: tenant_backup_purge
short_description: Delete all backups of a tenant from object storage
version_added: 0.1.0
author:
  - The sovereign.vdc founders (@sovereign-vdc)
description:
  - Removes every object of the tenant's restic repository, with all versions where the bucket keeps them. Nothing brings them back.
  - Runs on the controller and needs no node. Whether the tenant has left is the caller's to know, see
    M(sovereign.vdc.tenant_operation).
  - A run may be interrupted and repeated. What opens the repository goes first.
  - ValidationError while a run restores from the repository, or backs up to it.
options:
  tenant:
    description: The tenant's name. The repository is what keys begin with it and a slash.
    type: str
    required: true
  confirm:
    description: Must repeat O(tenant).
    type: str
    default: ""
  endpoint:
    description: Where the controller reaches the object storage, such as V(https://sos-ch-dk-2.exo.io).
    type: str
    required: true
  bucket:
    description: The bucket. One that does not exist holds nothing.
    type: str
    required: true
  access_key:
    description: The access key of the object storage.
    type: str
    required: true
  secret_key:
    description: Its secret.
    type: str
    required: true
  region:
    description: The region of the object storage, where it asks for one.
    type: str
    default: ""
extends_documentation_fragment:
  - sovereign.vdc.calls
  - sovereign.vdc.attributes
seealso:
  - module: sovereign.vdc.tenant_backup
requirements:
  - python >= 3.11
  - requests >= 2.31
"""

EXAMPLES = r"""
- name: Erasure on request
  sovereign.vdc.tenant_backup_purge:
    tenant: acme
    confirm: acme
    endpoint: https://sos-ch-dk-2.exo.io
    bucket: backups
    access_key: "{{ s3_access_key }}"
    secret_key: "{{ s3_secret_key }}"
"""

RETURN = r"""
removed:
  description: How many objects, or versions of objects, were removed.
  returned: success, except in check mode
  type: int
  sample: 734
api_calls:
  description: Calls to the object storage, C(reads) and C(writes).
  returned: always
  type: dict
  sample: {"reads": 5, "writes": 734}
"""

import time

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sovereign.vdc.plugins.module_utils.backup import purge
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.module import check_name
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.objects import Bucket, connect
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.module import CALL_OPTIONS, Report, run_module
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.lvm import StorageError

OPTIONS = {
    "tenant": {"type": "str", "required": True},
    "confirm": {"type": "str", "default": ""},
    "endpoint": {"type": "str", "required": True},
    "bucket": {"type": "str", "required": True},
    "access_key": {"type": "str", "required": True, "no_log": True},
    "secret_key": {"type": "str", "required": True, "no_log": True},
    "region": {"type": "str", "default": ""},
    **CALL_OPTIONS,
}


def work(module: AnsibleModule, bucket: Bucket) -> Report:
    """Remove what there is."""
    tenant = module.params["tenant"]
    try:
        check_name("tenant", tenant)
    except StorageError as error:
        raise ValidationError(str(error)) from None
    if module.params["confirm"] != tenant:
        raise ValidationError(
            f"confirm: this deletes all backups of {tenant!r}; if that is meant, give its name, {tenant!r}"
        )
    there = purge.exists(bucket, tenant)
    report = Report(there, before={"backups": "present" if there else "absent"}, after={"backups": "absent"})
    if there:
        purge.refuse_used(bucket, tenant, time.time())
    if not module.check_mode:
        report.values["removed"] = purge.remove(bucket, tenant) if there else 0
    return report


def main() -> None:
    """Run the module."""
    run_module(OPTIONS, connect, work)


if __name__ == "__main__":
    main()
