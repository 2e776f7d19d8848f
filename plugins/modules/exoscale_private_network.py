#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: exoscale_private_network
short_description: Manage Exoscale private networks
version_added: 0.1.0
description:
  - Creates, changes and deletes a private network of one zone, with or without managed addresses (DHCP).
  - A network that lacks the label C(managed-by=sovereign.vdc) does not belong to this collection and is rejected.
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
      - Name or id of the network. A name that several networks have is rejected; give the id then.
    type: str
    required: true
  state:
    description:
      - Whether the network exists.
      - A network with attached instances or instance pools is not deleted; the message names them.
    type: str
    choices: [present, absent]
    default: present
  description:
    description: Description. If omitted, it is not changed.
    type: str
  labels:
    description:
      - All labels of the network, in addition to C(managed-by), which is set by this module. If omitted, they are not changed.
    type: dict
  start_ip:
    description:
      - The first address that Exoscale leases to instances. O(start_ip), O(end_ip) and O(netmask) belong together; without them
        the network has no DHCP.
      - If omitted, the range of an existing network is not changed.
    type: str
  end_ip:
    description: The last address that Exoscale leases to instances.
    type: str
  netmask:
    description: The netmask of the network, for instance V(255.255.255.0).
    type: str
  options:
    description:
      - DHCP options. Omitted keys are not changed; an empty list removes the values of a key.
    type: dict
    suboptions:
      dns_servers:
        description: Addresses of name servers, in order of preference.
        type: list
        elements: str
      domain_search:
        description: Domains to complete short names with.
        type: list
        elements: str
      ntp_servers:
        description: Addresses of time servers.
        type: list
        elements: str
      routers:
        description: Addresses of gateways.
        type: list
        elements: str
"""

EXAMPLES = r"""
- name: Create a network with DHCP
  sovereign.vdc.exoscale_private_network:
    zone: ch-dk-2
    name: storage
    description: Between storage nodes
    start_ip: 10.20.0.10
    end_ip: 10.20.0.250
    netmask: 255.255.255.0
    options:
      dns_servers: [10.20.0.2]
    labels:
      fleet: storage

- name: Change the DNS server that DHCP announces
  sovereign.vdc.exoscale_private_network:
    zone: ch-dk-2
    name: storage
    options:
      dns_servers: [10.20.0.3]

- name: Delete the network once nothing is attached to it
  sovereign.vdc.exoscale_private_network:
    zone: ch-dk-2
    name: storage
    state: absent
"""

RETURN = r"""
private_network:
  description: The network, after the task. In check mode, the predicted one. Null if it does not exist.
  returned: always
  type: dict
  contains:
    id:
      description: The network's id. Omitted in check mode if the network does not exist yet.
      type: str
      sample: 5b1e9c5a-7c1e-4f8e-9a51-2a0c2f0a3e11
    name:
      description: The network's name.
      type: str
      sample: storage
    description:
      description: Description.
      type: str
      sample: Between storage nodes
    labels:
      description: All its labels.
      type: dict
      sample: {fleet: storage, managed-by: sovereign.vdc}
    start_ip:
      description: The first managed address, null without.
      type: str
      sample: 10.20.0.10
    end_ip:
      description: The last managed address, null without.
      type: str
      sample: 10.20.0.250
    netmask:
      description: The netmask, null without managed addresses.
      type: str
      sample: 255.255.255.0
    options:
      description: DHCP options, a list for each key.
      type: dict
      sample: {dns_servers: [10.20.0.2], domain_search: [], ntp_servers: [], routers: []}
    vni:
      description: The number of the VXLAN, if Exoscale shows it.
      type: int
      sample: 1001
    leases:
      description: Leased addresses, if Exoscale shows them.
      type: list
      elements: dict
      sample: [{ip: 10.20.0.10, instance-id: 0a6b3c52-95f5-4a39-8d51-5f0a7c2b4d10}]
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
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.private_network import run
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.module import WAIT_OPTIONS, run_module

LIST = {"type": "list", "elements": "str"}
OPTIONS = {
    **LOGIN_OPTIONS,
    **WAIT_OPTIONS,
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "description": {"type": "str"},
    "labels": {"type": "dict"},
    "start_ip": {"type": "str"},
    "end_ip": {"type": "str"},
    "netmask": {"type": "str"},
    "options": {
        "type": "dict",
        "options": {"dns_servers": LIST, "domain_search": LIST, "ntp_servers": LIST, "routers": LIST},
    },
}


def main() -> None:
    """Run the module."""
    run_module(OPTIONS, connect, run, required_together=[("start_ip", "end_ip", "netmask")])


if __name__ == "__main__":
    main()
