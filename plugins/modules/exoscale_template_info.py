#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: exoscale_template_info
short_description: Find templates for Exoscale instances
version_added: 0.1.0
description:
  - Lists templates, newest first, so that C(templates[0]) is the newest match.
author:
  - The sovereign.vdc founders (@sovereign-vdc)
extends_documentation_fragment:
  - sovereign.vdc.exoscale
  - sovereign.vdc.calls
  - sovereign.vdc.attributes.info
  - sovereign.vdc.attributes.exoscale_group
options:
  name:
    description:
      - Only templates whose name or id is this, or matches this pattern (V(*) for anything, V(?) for one character).
      - Case is ignored.
    type: str
  family:
    description: Only templates of this family, for instance V(Linux Debian). Case is ignored.
    type: str
  visibility:
    description: Templates that Exoscale publishes, or those of the account.
    type: str
    choices: [public, private]
    default: public
  default_user:
    description: Only templates with this default user.
    type: str
  required:
    description: Whether the module fails when nothing is found.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Find the newest Debian template
  sovereign.vdc.exoscale_template_info:
    zone: ch-dk-2
    name: Linux Debian 1*
    default_user: debian
    required: true
  register: debian

- name: Show its name and date
  ansible.builtin.debug:
    msg: "{{ debian.templates[0].name }} of {{ debian.templates[0].created_at }}"
"""

RETURN = r"""
templates:
  description: The matching templates, newest first.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The template's id.
      type: str
      sample: 5b1e9c5a-7c1e-4f8e-9a51-2a0c2f0a3e11
    name:
      description: Its name.
      type: str
      sample: Linux Debian 13 (Trixie) 64-bit
    family:
      description: Its family.
      type: str
      sample: Linux Debian
    default_user:
      description: The user of the first login.
      type: str
      sample: debian
    created_at:
      description: Time of creation.
      type: str
      sample: "2026-10-01T08:00:00Z"
    size:
      description: Minimum disk size in bytes.
      type: int
      sample: 10737418240
    visibility:
      description: V(public) or V(private).
      type: str
      sample: public
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
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.templates import run
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.module import run_module

OPTIONS = {
    **LOGIN_OPTIONS,
    "name": {"type": "str"},
    "family": {"type": "str"},
    "visibility": {"type": "str", "choices": ["public", "private"], "default": "public"},
    "default_user": {"type": "str"},
    "required": {"type": "bool", "default": False},
}


def main() -> None:
    """Run the module."""
    run_module(OPTIONS, connect, run)


if __name__ == "__main__":
    main()
