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
  - Deletes every object of the tenant's restic repository, with all versions where the bucket keeps them. They cannot be restored.
  - Runs on the controller. It does not check whether the tenant is deleted; M(sovereign.vdc.tenant_operation) does.
  - A run can be interrupted anywhere and repeated. Configuration and keys of the repository are deleted first.
  - Fails while a run backs up to the repository or restores from it.
options:
  tenant:
    description: The tenant's name. The repository consists of the objects whose keys begin with the name and a slash.
    type: str
    required: true
  confirm:
    description: Repeat O(tenant) here, because all backups of the tenant are lost.
    type: str
    default: ""
  endpoint:
    description: URL at which the controller reaches the object storage, such as V(https://sos-ch-dk-2.exo.io).
    type: str
    required: true
  bucket:
    description: Name of the bucket. One that does not exist counts as empty.
    type: str
    required: true
  access_key:
    description: The access key of the object storage.
    type: str
    required: true
  secret_key:
    description: The secret key of the object storage.
    type: str
    required: true
  region:
    description: The region of the object storage, if it requires one.
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
- name: Delete all backups of a tenant
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
  description: Number of objects, or versions of objects, that were deleted.
  returned: success, except in check mode
  type: int
  sample: 734
api_calls:
  description: Number of calls to the object storage, as C(reads) and C(writes).
  returned: always
  type: dict
  sample: {"reads": 5, "writes": 734}
"""

import time

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sovereign.vdc.plugins.module_utils.backup import purge
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.objects import Bucket, connect
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.module import CALL_OPTIONS, Report, run_module
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import StorageError, ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.volume.options import validate_tenant_name

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


def run(module: AnsibleModule, bucket: Bucket) -> Report:
    """Delete the repository unless in check mode; raise ``ValidationError`` or ``CloudError``."""
    tenant = module.params["tenant"]
    try:
        validate_tenant_name("tenant", tenant)
    except StorageError as error:
        raise ValidationError(str(error)) from None
    if module.params["confirm"] != tenant:
        raise ValidationError(
            f"confirm: {module.params['confirm']!r} does not confirm that all backups of {tenant!r} are deleted; set confirm to "
            f"{tenant!r}"
        )
    exists = purge.exists(bucket, tenant)
    report = Report(exists, before={"backups": "present" if exists else "absent"}, after={"backups": "absent"})
    if exists:
        purge.validate_unused(bucket, tenant, time.time())
    if not module.check_mode:
        report.values["removed"] = purge.remove(bucket, tenant) if exists else 0
    return report


def main() -> None:
    """Run the module."""
    run_module(OPTIONS, connect, run)


if __name__ == "__main__":
    main()
