#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: exoscale_ssh_key
short_description: Keep an SSH key registered at Exoscale
version_added: 0.1.0
description:
  - Registers and deletes a public SSH key, which new instances can then be given.
  - Keys carry no mark of ownership. What counts is the key itself; a name that stands for another key is refused
    unless O(force) is set.
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
      - The name of the key. Letters, digits, dots, dashes and underscores.
    type: str
    required: true
  state:
    description:
      - Whether the key shall be registered.
      - Instances that were made with a key keep it when it is deleted here.
    type: str
    choices: [present, absent]
    default: present
  public_key:
    description:
      - The key, as the line of a C(.pub) file. Its comment does not count.
      - Needed to register it. With O(state=absent), a key of that name is only deleted if it is this one.
    type: str
  force:
    description:
      - Whether another key under that name is replaced, or deleted.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: The operator's key
  sovereign.vdc.exoscale_ssh_key:
    zone: ch-dk-2
    name: operator
    public_key: "{{ lookup('ansible.builtin.file', '~/.ssh/id_ed25519.pub') }}"

- name: The operator has a new key
  sovereign.vdc.exoscale_ssh_key:
    zone: ch-dk-2
    name: operator
    public_key: "{{ lookup('ansible.builtin.file', '~/.ssh/id_new.pub') }}"
    force: true

- name: The operator has left
  sovereign.vdc.exoscale_ssh_key:
    zone: ch-dk-2
    name: operator
    state: absent
"""

RETURN = r"""
ssh_key:
  description: The key, as it is now. In check mode, as it would be. Null if there is none.
  returned: always
  type: dict
  contains:
    name:
      description: The key's name.
      type: str
      sample: operator
    fingerprint:
      description: Its MD5 fingerprint.
      type: str
      sample: 91:8d:71:ca:2d:2c:ad:97:26:db:cb:c3:df:9a:e9:b6
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

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.client import LOGIN_OPTIONS, connect
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.ssh_key import run
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.module import WAIT_OPTIONS, run_module

OPTIONS = {
    **LOGIN_OPTIONS,
    **WAIT_OPTIONS,
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "public_key": {"type": "str", "no_log": False},
    "force": {"type": "bool", "default": False},
}


def main() -> None:
    """Run the module."""
    run_module(OPTIONS, connect, run, required_if=[("state", "present", ["public_key"])])


if __name__ == "__main__":
    main()
