#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The code is in plugins/action/vault_file.py.

from __future__ import annotations

DOCUMENTATION = r"""
module: vault_file
short_description: Write a file that Ansible Vault encrypts
version_added: 0.1.0
description:
  - Writes a text into a file on the controller, encrypted by Ansible Vault with a random salt and readable by its owner alone.
  - A file that has the same content already, encrypted with the same password, is not written again.
  - The module runs on the controller, whatever host the task is for. Use C(no_log) for the task.
options:
  dest:
    description: The file to write.
    type: path
    required: true
  content:
    description: The text.
    type: str
    required: true
  password:
    description: The password.
    type: str
  password_file:
    description:
      - A file with the password, as Ansible reads it with C(--vault-password-file) - a file that is executable is run, and blanks
        around the password are removed.
    type: str
extends_documentation_fragment:
  - sovereign.vdc.attributes
attributes:
  diff_mode:
    support: none
    details:
      - The content is never shown.
author:
  - The sovereign.vdc founders (@sovereign-vdc)
"""

EXAMPLES = r"""
- name: Write credentials for the operator's safe
  sovereign.vdc.vault_file:
    dest: /root/acme.vault
    content: "{{ credentials | to_nice_json }}"
    password_file: /root/vault-password
  no_log: true
"""

RETURN = r"""
"""
