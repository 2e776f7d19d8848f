# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: known_hosts
short_description: Write the host key that a node must have into a known_hosts file
version_added: 0.1.0
description:
  - Derives the SSH host key of a node from the operator's private key and the node's name, ensures that the file has this key and no
    other for the name, and returns the file's path. With C(StrictHostKeyChecking=yes), ssh then trusts no other key.
  - Nodes get the key from P(sovereign.vdc.node_user_data#lookup).
  - The file can be deleted at any time; the next connection writes it again.
options:
  _terms:
    description:
      - Names of nodes, which are the file's names of hosts. Give ssh the same name as C(HostKeyAlias).
    type: list
    elements: str
    required: true
  key_file:
    description:
      - The operator's private key, from which the host keys derive.
    type: path
    required: true
  path:
    description:
      - The file to write. By default C(known_hosts) beside O(key_file).
    type: path
author:
  - The sovereign.vdc founders (@sovereign-vdc)
seealso:
  - plugin: sovereign.vdc.node_user_data
    plugin_type: lookup
"""

EXAMPLES = r"""
# In the inventory, for all nodes:
#
# ansible_ssh_extra_args: >-
#   -o StrictHostKeyChecking=yes -o HostKeyAlias={{ inventory_hostname }}
#   -o UserKnownHostsFile={{ lookup('sovereign.vdc.known_hosts', inventory_hostname, key_file=vdc_ssh_key_file) }}
- name: Write the known_hosts file for a session by hand
  ansible.builtin.debug:
    msg: "{{ lookup('sovereign.vdc.known_hosts', 'demo-compute-1', key_file='private/ssh_ed25519') }}"
"""

RETURN = r"""
_raw:
  description:
    - The path of the file, for each name.
  type: list
  elements: path
"""

from pathlib import Path
from typing import Any

from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import LibraryMissing, ValidationError
from ansible_collections.sovereign.vdc.plugins.plugin_utils.host_keys import host_key, read_operator_key
from ansible_collections.sovereign.vdc.plugins.plugin_utils.known_hosts import ensure_line


class LookupModule(LookupBase):
    """Ensures the lines of nodes in a known_hosts file."""

    def run(self, terms: list[str], variables: dict[str, Any] | None = None, **kwargs: Any) -> list[str]:
        """The path of the file, for each of ``terms``."""
        self.set_options(var_options=variables, direct=kwargs)
        key_file = Path(self.get_option("key_file"))
        path = Path(self.get_option("path") or key_file.with_name("known_hosts"))
        try:
            key = read_operator_key(key_file)
            for name in terms:
                ensure_line(path, name, host_key(key, name).public)
        except (ValidationError, LibraryMissing) as error:
            raise AnsibleError(str(error)) from None
        return [str(path)] * len(terms)
