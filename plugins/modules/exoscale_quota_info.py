#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: exoscale_quota_info
short_description: Show the quotas of an Exoscale account and check that they suffice
version_added: 0.1.0
description:
  - Lists the quotas of the account, which apply to all zones together.
  - With O(require), the module fails if too little is free, so that a play can stop before its first change.
author:
  - The sovereign.vdc founders (@sovereign-vdc)
extends_documentation_fragment:
  - sovereign.vdc.exoscale
  - sovereign.vdc.calls
  - sovereign.vdc.attributes.info
  - sovereign.vdc.attributes.exoscale_group
options:
  require:
    description:
      - How much of each resource must be free, for instance V(3) for C(instance). The names are Exoscale's.
    type: dict
"""

EXAMPLES = r"""
- name: Check that three instances and two block volumes can be created
  sovereign.vdc.exoscale_quota_info:
    zone: ch-dk-2
    require:
      instance: 3
      block-storage-volume: 2
"""

RETURN = r"""
quotas:
  description: All quotas, sorted by name.
  returned: always, once they are read
  type: list
  elements: dict
  contains:
    resource:
      description: What is counted.
      type: str
      sample: instance
    usage:
      description: How much is in use.
      type: int
      sample: 4
    limit:
      description: How much may be in use; null without a limit.
      type: int
      sample: 20
    available:
      description: How much is free; null without a limit.
      type: int
      sample: 16
api_calls:
  description: Number of API calls, by C(reads) and C(writes).
  returned: always
  type: dict
  sample: {reads: 1, writes: 0}
error:
  description: The cause of a failure, with C(code), C(message), C(details) and the provider's C(correlation_id).
  returned: on failure
  type: dict
  sample: {code: not_found, message: no such resource, details: null, correlation_id: null}
"""

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.client import LOGIN_OPTIONS, connect
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.quotas import run
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.module import run_module

OPTIONS = {**LOGIN_OPTIONS, "require": {"type": "dict"}}


def main() -> None:
    """Run the module."""
    run_module(OPTIONS, connect, run)


if __name__ == "__main__":
    main()
