#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The code is in plugins/action/site_check.py.

from __future__ import annotations

DOCUMENTATION = r"""
module: site_check
short_description: Check that a site's private data is safe and complete
version_added: 0.1.0
description:
  - Fails if private data is in the run's inventory, of which Ansible reads every file.
  - Fails if the store of secrets is not the site's, because it has nothing of what the ledger records, or lacks a secret of the whole
    site, or has no SSH key for nodes that exist.
  - Writes the operator's SSH key from the store to O(ssh_key_file) if the file does not exist.
  - All playbooks of the collection begin with it. It runs on the controller and changes nothing else.
options:
  private_dir:
    description: The directory of private data.
    type: str
    default: ""
  ssh_key_file:
    description: The file in which ssh finds the operator's key.
    type: str
    default: ""
  nodes:
    description: Names of the fleet's nodes.
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - sovereign.vdc.secrets
attributes:
  action_group:
    description: The action groups that set options of this module once, through C(module_defaults).
    support: full
    membership:
      - sovereign.vdc.secrets
  check_mode:
    description: Whether the module can predict its changes without making them.
    support: full
    details:
      - In check mode, too, the SSH key is written, because the run logs in with it.
  diff_mode:
    description: Whether the module returns the state before and after.
    support: N/A
    details:
      - This module changes nothing.
  idempotent:
    description: Whether a second run with the same options changes nothing.
    support: full
author:
  - The sovereign.vdc founders (@sovereign-vdc)
"""

EXAMPLES = r"""
- name: Check the site
  sovereign.vdc.site_check:
    directory: "{{ vdc_private_dir }}"
    private_dir: "{{ vdc_private_dir }}"
    ssh_key_file: "{{ vdc_ssh_key_file }}"
    nodes: "{{ groups['role_compute'] | default([]) }}"
"""

RETURN = r"""
public_key:
  description: The public part of the operator's key, as a line of C(authorized_keys); empty if there is no key yet.
  returned: success
  type: str
  sample: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI...
missing:
  description: Names of tenants' secrets that the ledger records and the store lacks.
  returned: success
  type: list
  elements: str
  sample: []
"""
