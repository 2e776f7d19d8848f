#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: exoscale_anti_affinity_group
short_description: Manage Exoscale anti-affinity groups
version_added: 0.1.0
description:
  - Creates and deletes an anti-affinity group, whose instances run on different hosts.
  - Instances join a group when they are created; see M(sovereign.vdc.exoscale_instances).
  - Anti-affinity groups have no labels. This module appends an ownership marker to the description of the groups that
    it creates, hides the marker, and rejects groups without it.
author:
  - The sovereign.vdc founders (@sovereign-vdc)
extends_documentation_fragment:
  - sovereign.vdc.exoscale
  - sovereign.vdc.calls
  - sovereign.vdc.calls.wait
  - sovereign.vdc.attributes
  - sovereign.vdc.attributes.exoscale_group
options:
  name:
    description:
      - Name or id of the group. A name that several groups have is rejected; give the id then.
    type: str
    required: true
  state:
    description:
      - Whether the group exists.
      - A group with instances or instance pools is not deleted; the message names them.
    type: str
    choices: [present, absent]
    default: present
  description:
    description:
      - Description, up to 228 characters.
      - Exoscale cannot change it later, so another value for an existing group is rejected.
    type: str
"""

EXAMPLES = r"""
- name: Create a group that keeps storage nodes on different hosts
  sovereign.vdc.exoscale_anti_affinity_group:
    zone: ch-dk-2
    name: storage
    description: Storage nodes

- name: Delete the group once it is empty
  sovereign.vdc.exoscale_anti_affinity_group:
    zone: ch-dk-2
    name: storage
    state: absent
"""

RETURN = r"""
anti_affinity_group:
  description: The group, after the task. In check mode, the predicted one. Null if it does not exist.
  returned: always
  type: dict
  contains:
    id:
      description: The group's id. Omitted in check mode if the group does not exist yet.
      type: str
      sample: 5b1e9c5a-7c1e-4f8e-9a51-2a0c2f0a3e11
    name:
      description: The group's name.
      type: str
      sample: storage
    description:
      description: Its description, without the ownership marker.
      type: str
      sample: Storage nodes
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

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.anti_affinity_group import run
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.client import LOGIN_OPTIONS, connect
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.module import WAIT_OPTIONS, run_module

OPTIONS = {
    **LOGIN_OPTIONS,
    **WAIT_OPTIONS,
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "description": {"type": "str"},
}


def main() -> None:
    """Run the module."""
    run_module(OPTIONS, connect, run)


if __name__ == "__main__":
    main()
