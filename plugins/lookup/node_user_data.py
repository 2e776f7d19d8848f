# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: node_user_data
short_description: Make the cloud-init document that gives a node its SSH host key
version_added: 0.1.0
description:
  - Derives the SSH host key of a node from the operator's private key and the node's name, and returns the document with which
    cloud-init installs it, closes the login with a password, and lets root log in with a key.
  - The document has the private host key in it. A program that can read a server's user data, such as one on it through the cloud's
    metadata service, can read the key of this one node. The role P(sovereign.vdc.container_host#role) closes that service to containers.
options:
  _terms:
    description:
      - Names of nodes.
    type: list
    elements: str
    required: true
  key_file:
    description:
      - The operator's private key, from which the host keys derive. In check mode it may be missing.
    type: path
    required: true
  more:
    description:
      - Another document for cloud-init, of any format, that is applied as well. Its options win over those of this plugin, except for
        host keys, which it must not have.
    type: str
    default: ""
author:
  - The sovereign.vdc founders (@sovereign-vdc)
seealso:
  - plugin: sovereign.vdc.known_hosts
    plugin_type: lookup
"""

EXAMPLES = r"""
- name: Create a server whose host key is known before it boots
  sovereign.vdc.hetzner_servers:
    server_type: cx23
    image: debian-13
    location: nbg1
    ssh_keys: [operator]
    servers:
      - name: demo-compute-1
        user_data: "{{ lookup('sovereign.vdc.node_user_data', 'demo-compute-1', key_file='private/ssh_ed25519') }}"
"""

RETURN = r"""
_raw:
  description:
    - The document of each node. It is a secret.
  type: list
  elements: str
"""

from pathlib import Path
from typing import Any

from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import LibraryMissing, ValidationError
from ansible_collections.sovereign.vdc.plugins.plugin_utils.host_keys import host_key, read_operator_key, user_data


class LookupModule(LookupBase):
    """Makes documents for cloud-init."""

    def run(self, terms: list[str], variables: dict[str, Any] | None = None, **kwargs: Any) -> list[str]:
        """The document of each node in ``terms``."""
        self.set_options(var_options=variables, direct=kwargs)
        key_file = Path(self.get_option("key_file"))
        check = bool((variables or {}).get("ansible_check_mode"))
        try:
            key = None if check and not key_file.exists() else read_operator_key(key_file)
            return [user_data(key and host_key(key, name), self.get_option("more")) for name in terms]
        except (ValidationError, LibraryMissing) as error:
            raise AnsibleError(str(error)) from None
