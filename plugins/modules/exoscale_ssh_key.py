#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: exoscale_ssh_key
short_description: Manage SSH keys registered at Exoscale
version_added: 0.1.0
description:
  - Registers and deletes a public SSH key that new instances can use.
  - Keys have no ownership marker. They are compared by fingerprint; a name that belongs to another key is rejected
    unless O(force) is set, and so is a key that is registered under another name.
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
      - Whether the key is registered.
      - Existing instances keep a key that is deleted here.
    type: str
    choices: [present, absent]
    default: present
  public_key:
    description:
      - The key, as the line of a C(.pub) file. Its comment is ignored.
      - Required with O(state=present). With O(state=absent), the key is only deleted if it is this one.
    type: str
  force:
    description:
      - Whether a different key with that name is replaced, or deleted, and whether a key may be registered under a second name.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Register the operator's key
  sovereign.vdc.exoscale_ssh_key:
    zone: ch-dk-2
    name: operator
    public_key: "{{ lookup('ansible.builtin.file', '~/.ssh/id_ed25519.pub') }}"

- name: Replace the key with a new one
  sovereign.vdc.exoscale_ssh_key:
    zone: ch-dk-2
    name: operator
    public_key: "{{ lookup('ansible.builtin.file', '~/.ssh/id_new.pub') }}"
    force: true

- name: Delete the key
  sovereign.vdc.exoscale_ssh_key:
    zone: ch-dk-2
    name: operator
    state: absent
"""

RETURN = r"""
ssh_key:
  description: The key, after the task. In check mode, the predicted one. Null if it does not exist.
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
