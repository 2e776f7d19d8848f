#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
module: backup_claims_info
short_description: List the tenants that have backups in object storage
version_added: 0.1.0
author:
  - The sovereign.vdc founders (@sovereign-vdc)
description:
  - Lists the repositories of backups in a bucket with the tenants that they are named after, for the comparison with the ledger.
  - Runs on the controller.
options:
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
  - sovereign.vdc.attributes.info
seealso:
  - module: sovereign.vdc.node_claims_info
requirements:
  - python >= 3.11
  - requests >= 2.31
"""

EXAMPLES = r"""
- name: List the tenants that have backups
  sovereign.vdc.backup_claims_info:
    endpoint: https://sos-ch-dk-2.exo.io
    bucket: backups
    access_key: "{{ s3_access_key }}"
    secret_key: "{{ s3_secret_key }}"
  register: found
"""

RETURN = r"""
claims:
  description: The repositories with the tenants that they are named after, as the option C(claims) of other modules takes them.
  returned: success
  type: list
  elements: dict
  sample:
    - {kind: backup repository, name: backups/acme, tenant: acme, number: 0, identity: "", node: "", facts: {}}
api_calls:
  description: Number of calls to the object storage, as C(reads) and C(writes).
  returned: always
  type: dict
  sample: {"reads": 1, "writes": 0}
"""

from dataclasses import asdict

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.objects import Bucket, connect
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.module import CALL_OPTIONS, Report, run_module
from ansible_collections.sovereign.vdc.plugins.module_utils.policy import tenant_names
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.identity import Claim

OPTIONS = {
    "endpoint": {"type": "str", "required": True},
    "bucket": {"type": "str", "required": True},
    "access_key": {"type": "str", "required": True, "no_log": True},
    "secret_key": {"type": "str", "required": True, "no_log": True},
    "region": {"type": "str", "default": ""},
    **CALL_OPTIONS,
}


def run(module: AnsibleModule, bucket: Bucket) -> Report:
    """List the repositories; other directories of the bucket are left out. Raises ``CloudError``."""
    names = [name for name in bucket.directories() if not tenant_names.fault(name)]
    claims = [Claim("backup repository", f"{module.params['bucket']}/{name}", name) for name in names]
    return Report(values={"claims": [asdict(claim) for claim in claims]})


def main() -> None:
    """Run the module."""
    run_module(OPTIONS, connect, run)


if __name__ == "__main__":
    main()
