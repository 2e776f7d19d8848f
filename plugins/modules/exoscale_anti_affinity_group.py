#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: exoscale_anti_affinity_group
short_description: Keep an anti-affinity group of Exoscale
version_added: 0.1.0
description:
  - Creates and deletes an anti-affinity group, whose instances run on different hosts.
  - Instances enter a group when they are created; see M(sovereign.vdc.exoscale_instances).
  - These groups carry no labels. This module marks those that it makes at the end of their description, hides that
    mark, and refuses to touch a group without it.
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
      - Name or id of the group. A name that two groups bear is refused; give the id then.
    type: str
    required: true
  state:
    description:
      - Whether the group shall exist.
      - A group that instances or instance pools are in is not deleted; the message names them.
    type: str
    choices: [present, absent]
    default: present
  description:
    description:
      - What the group is for, up to 228 characters.
      - Exoscale cannot change it later, so another value for an existing group is refused.
    type: str
"""

EXAMPLES = r"""
- name: Storage nodes run on different hosts
  sovereign.vdc.exoscale_anti_affinity_group:
    zone: ch-dk-2
    name: storage
    description: Storage nodes

- name: Remove the group once nothing is in it
  sovereign.vdc.exoscale_anti_affinity_group:
    zone: ch-dk-2
    name: storage
    state: absent
"""

RETURN = r"""
anti_affinity_group:
  description: The group, as it is now. In check mode, as it would be. Null if there is none.
  returned: always
  type: dict
  contains:
    id:
      description: The group's id. Not there in check mode if the group is still to be made.
      type: str
      sample: 5b1e9c5a-7c1e-4f8e-9a51-2a0c2f0a3e11
    name:
      description: The group's name.
      type: str
      sample: storage
    description:
      description: Its description, without the mark of ownership.
      type: str
      sample: Storage nodes
api_calls:
  description: How many API calls were made, those that only read and those that change.
  returned: always
  type: dict
  sample: {reads: 1, writes: 0}
error:
  description: The cause of a failure.
  returned: on failure
  type: dict
  sample: {code: not_found, message: no such thing, details: null, correlation_id: null}
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
