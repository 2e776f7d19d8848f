# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: hetzner
short_description: Read Hetzner Cloud servers as hosts
version_added: 0.1.0
author:
  - The sovereign.vdc founders (@sovereign-vdc)
description:
  - Adds the servers of a Hetzner Cloud project as hosts, with the same variables as P(sovereign.vdc.exoscale#inventory).
  - Options are read from a file whose name ends in V(hetzner.yml) or V(hetzner.yaml).
  - All pages of the server list after the first are read concurrently.
  - The variables of a host are, each after O(hostvars_prefix), C(provider), C(id), C(name), C(status), C(labels), C(location), C(type),
    C(architecture), C(image), C(created), C(ipv4), C(ipv6) and C(private_networks) (a list of C(id), C(name), C(ip)). Values that a server does not have
    are V(null).
requirements:
  - python >= 3.11
  - hcloud >= 2.23
  - requests >= 2.31
extends_documentation_fragment:
  - sovereign.vdc.inventory
  - constructed
  - inventory_cache
options:
  plugin:
    description: Name of this plugin.
    type: str
    required: true
    choices: [sovereign.vdc.hetzner]
  api_token:
    description: The API token of the project; permission to read is enough. May be a template.
    type: str
    env:
      - name: HCLOUD_TOKEN
  api_endpoint:
    description: The URL of the API.
    type: str
    default: https://api.hetzner.cloud/v1
    env:
      - name: HCLOUD_ENDPOINT
  locations:
    description: Only servers in one of these locations.
    type: list
    elements: str
    default: []
  group:
    description: The group of all hosts.
    type: str
    default: hetzner
seealso:
  - plugin: sovereign.vdc.exoscale
    plugin_type: inventory
"""

EXAMPLES = r"""
# platform.hetzner.yml: all servers of the project whose token is in HCLOUD_TOKEN
plugin: sovereign.vdc.hetzner

---
# Running servers of one fleet, reached through the tunnel, or by their public address while there is none
plugin: sovereign.vdc.hetzner
label_selector: managed-by=sovereign.vdc,fleet in (casual,business)
status: [running]
connect_with: [tunnel, public_ipv4]
label_groups: [role, fleet]

---
# Groups by location and type (location_fsn1, type_cx23), and a cache that needs no API call for an hour
plugin: sovereign.vdc.hetzner
api_token: "{{ lookup('ansible.builtin.file', '~/.config/hcloud-token') }}"
keyed_groups:
  - key: vdc_location
    prefix: location
  - key: vdc_type
    prefix: type
compose:
  ansible_user: "'root'"
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: ~/.cache/ansible-inventory
cache_timeout: 3600

---
# One project with a private network, hosts named after their tenant
plugin: sovereign.vdc.hetzner
connect_with: private
network: platform
hostname: "{{ vdc_labels.tenant }}-{{ vdc_name }}"
strict: true
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.client import connect
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.transport import Calls
from ansible_collections.sovereign.vdc.plugins.plugin_utils.inventory.base import CloudInventory, Facts
from ansible_collections.sovereign.vdc.plugins.plugin_utils.inventory.hetzner import read_servers


class InventoryModule(CloudInventory):
    """Servers of a Hetzner Cloud project."""

    NAME = "sovereign.vdc.hetzner"
    FILE = "hetzner"
    SECRETS = ("api_token",)
    SCOPE = ("api_endpoint", "status", "locations", "types")

    def read(self, options: Mapping[str, Any], labels: str) -> list[Facts]:
        """The project's servers that fit the options."""
        api = connect(dict(options), Calls())
        return read_servers(api, labels, options["status"], options["locations"], options["types"])
