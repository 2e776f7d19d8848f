#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The code is in plugins/action/secret.py.

from __future__ import annotations

DOCUMENTATION = r"""
module: secret
short_description: Make and delete secrets in the site's store
version_added: 0.1.0
description:
  - Makes secrets that do not exist, and never changes one that does. No value is returned, shown or written into a log.
  - A secret that the ledger records as made and that the store does not have is lost, or is in another store. The module fails
    then, because a new secret would not open what the lost one has locked.
  - The module runs on the controller, whatever host the task is for.
options:
  names:
    description:
      - Names of the secrets, such as C(tenants/acme/redis_password).
      - With O(state=absent), a name that ends with C(/) means all secrets below it.
    type: list
    elements: str
    required: true
    aliases: [name]
  state:
    description:
      - With V(present) and neither O(generator) nor O(value), the secrets must exist.
      - V(absent) deletes them from the store, with all their versions, and from the ledger's record.
    type: str
    choices: [present, absent]
    default: present
  generator:
    description:
      - How to make a secret that does not exist.
      - V(password) is of letters and digits. V(ssh_key) is an Ed25519 private key for OpenSSH; an existing file O(dest) is used instead.
        V(tls_key) is a private key for TLS, and V(certificate) is a self-signed certificate for O(certificate_key).
    type: str
    choices: [password, ssh_key, tls_key, certificate]
  length:
    description: Number of characters of a password, at least 20.
    type: int
    default: 32
  common_name:
    description: The DNS name that a certificate is for.
    type: str
  certificate_key:
    description: Name of the secret that is the private key of the certificate.
    type: str
  value:
    description:
      - Value of a secret that does not exist.
      - Use C(no_log) for the task.
    type: str
  replace:
    description: Whether O(value) replaces the value of a secret that exists.
    type: bool
    default: false
  copy_from:
    description:
      - A prefix whose secrets are copied to the only one of O(names), which is a prefix, too. Values there are replaced.
      - Nothing is copied if there are none.
    type: str
  exclude:
    description: Shell patterns of names below O(copy_from) that are not copied.
    type: list
    elements: str
    default: []
  in_use:
    description:
      - Whether what the secrets belong to exists already, such as a tenant that was active. Then they are not made if the store has
        no secret in the same directory of names.
    type: bool
    default: false
  dest:
    description:
      - A file to which the only secret is written, readable by its owner alone, for a program that reads its secret from a file.
      - The module fails if the file exists with another content.
    type: path
  comment:
    description: Comment of the returned public key.
    type: str
    default: ""
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
  diff_mode:
    description: Whether the module returns the state before and after.
    support: none
    details:
      - A secret is never shown. The names of new secrets are in RV(created).
  idempotent:
    description: Whether a second run with the same options changes nothing.
    support: full
author:
  - The sovereign.vdc founders (@sovereign-vdc)
"""

EXAMPLES = r"""
- name: Generate a tenant's passwords once
  sovereign.vdc.secret:
    directory: /srv/vdc
    names: [tenants/acme/redis_password, tenants/acme/postgres_password]
    generator: password

- name: Generate the operator's SSH key once, and write it where ssh reads it
  sovereign.vdc.secret:
    store: hashi_vault
    name: operator/ssh_ed25519
    generator: ssh_key
    dest: /run/user/1000/vdc/ssh_ed25519
  register: key

- name: Delete all secrets of a tenant
  sovereign.vdc.secret:
    directory: /srv/vdc
    name: tenants/acme/
    state: absent
"""

RETURN = r"""
created:
  description: Names of the secrets that were made or replaced.
  returned: success
  type: list
  elements: str
  sample: [tenants/acme/redis_password]
deleted:
  description: Names of the secrets that were deleted.
  returned: success
  type: list
  elements: str
  sample: []
public_key:
  description: The public key, as a line of C(authorized_keys). Empty in check mode if the key does not exist.
  returned: with O(generator=ssh_key)
  type: str
  sample: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI... sovereign.vdc
"""
