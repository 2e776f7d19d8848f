# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: exoscale
short_description: Read Exoscale Compute instances as hosts
version_added: 0.1.0
author:
  - The sovereign.vdc founders (@sovereign-vdc)
description:
  - Adds the compute instances of an Exoscale account as hosts, with the same variables as P(sovereign.vdc.hetzner#inventory).
  - Options are read from a file whose name ends in V(exoscale.yml) or V(exoscale.yaml).
  - All zones are read concurrently.
  - The variables of a host are, each after O(hostvars_prefix), C(provider), C(id), C(name), C(status), C(labels), C(location) (the zone), C(type)
    (such as V(standard.small)), C(pool) (the id of its instance pool or node pool), C(image), C(created), C(ipv4), C(ipv6) and
    C(private_networks) (a list of C(id), C(name), C(ip)). Values that an instance does not have are V(null).
requirements:
  - python >= 3.11
  - exoscale >= 0.16.4
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
    choices: [sovereign.vdc.exoscale]
  api_key:
    description: The API key of the account; a role that may read is enough. May be a template.
    type: str
    env:
      - name: EXOSCALE_API_KEY
  api_secret:
    description: The secret that belongs to O(api_key). May be a template.
    type: str
    env:
      - name: EXOSCALE_API_SECRET
  api_endpoint:
    description: An endpoint of the API, which lists the endpoints of all zones. By default the one of a zone.
    type: str
    env:
      - name: EXOSCALE_API_ENDPOINT
  zones:
    description: Only instances in these zones. Default is all zones.
    type: list
    elements: str
    default: []
  group:
    description: The group of all hosts.
    type: str
    default: exoscale
seealso:
  - plugin: sovereign.vdc.hetzner
    plugin_type: inventory
"""

EXAMPLES = r"""
# platform.exoscale.yml: all instances of the account whose key is in EXOSCALE_API_KEY and EXOSCALE_API_SECRET
plugin: sovereign.vdc.exoscale

---
# Storage nodes of two zones, grouped by their labels
plugin: sovereign.vdc.exoscale
zones: [ch-dk-2, ch-gva-2]
label_selector: managed-by=sovereign.vdc,role=storage
label_groups: [role, tenant]

---
# The key from variables, groups by zone, a cache that needs no API call for an hour
plugin: sovereign.vdc.exoscale
api_key: "{{ vault_exoscale_key }}"
api_secret: "{{ vault_exoscale_secret }}"
keyed_groups:
  - key: vdc_location
    prefix: zone
groups:
  pooled: vdc_pool is not none
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: ~/.cache/ansible-inventory
cache_timeout: 3600
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.sovereign.vdc.plugins.plugin_utils.inventory import selector
from ansible_collections.sovereign.vdc.plugins.plugin_utils.inventory.base import CloudInventory, Facts
from ansible_collections.sovereign.vdc.plugins.plugin_utils.inventory.exoscale import connect_zones, read_instances


class InventoryModule(CloudInventory):
    """Instances of an Exoscale account."""

    NAME = "sovereign.vdc.exoscale"
    FILE = "exoscale"
    SECRETS = ("api_key", "api_secret")
    SCOPE = ("api_endpoint", "zones", "status", "types")

    def read(self, options: Mapping[str, Any], labels: str) -> list[Facts]:
        """Read the account's instances that match the options."""
        zones = connect_zones(options, options["zones"])
        fits = selector.parse(labels)
        return read_instances(zones, fits, options["status"], options["types"], options["concurrency"])
