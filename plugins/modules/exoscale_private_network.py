#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: exoscale_private_network
short_description: Keep a private network of Exoscale
version_added: 0.1.0
description:
  - Creates, changes and deletes a private network of one zone, with or without managed addresses (DHCP).
  - A network that lacks the label C(managed-by=sovereign.vdc) is not ours and is refused.
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
      - Name or id of the network. A name that two networks bear is refused; give the id then.
    type: str
    required: true
  state:
    description:
      - Whether the network shall exist.
      - A network that instances or instance pools are attached to is not deleted; the message names them.
    type: str
    choices: [present, absent]
    default: present
  description:
    description: What the network is for. If left out, it is left as it is.
    type: str
  labels:
    description:
      - All labels of the network, beside the one of ownership. If left out, they are left as they are.
    type: dict
  start_ip:
    description:
      - The first address that Exoscale gives to instances. Without it and the other two, addresses are not managed.
      - Leaving the three out for a network that has them leaves them as they are.
    type: str
  end_ip:
    description: The last address that Exoscale gives to instances.
    type: str
  netmask:
    description: The netmask of the network, for instance V(255.255.255.0).
    type: str
  options:
    description:
      - What DHCP tells instances. Keys that are left out are left as they are; an empty list takes a key's values away.
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
- name: A network in which Exoscale gives out addresses
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

- name: Remove it once nothing is attached to it
  sovereign.vdc.exoscale_private_network:
    zone: ch-dk-2
    name: storage
    state: absent
"""

RETURN = r"""
private_network:
  description: The network, as it is now. In check mode, as it would be. Null if there is none.
  returned: always
  type: dict
  contains:
    id:
      description: The network's id. Not there in check mode if the network is still to be made.
      type: str
      sample: 5b1e9c5a-7c1e-4f8e-9a51-2a0c2f0a3e11
    name:
      description: The network's name.
      type: str
      sample: storage
    description:
      description: What it is for.
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
      description: What DHCP tells instances, a list for each key.
      type: dict
      sample: {dns_servers: [10.20.0.2], domain_search: [], ntp_servers: [], routers: []}
    vni:
      description: The number of the VXLAN, if Exoscale tells it.
      type: int
      sample: 1001
    leases:
      description: Addresses given out, if Exoscale tells them.
      type: list
      elements: dict
      sample: [{ip: 10.20.0.10, instance-id: 0a6b3c52-95f5-4a39-8d51-5f0a7c2b4d10}]
api_calls:
  description: How many API calls were made, those that only read and those that change.
  returned: always
  type: dict
  sample: {reads: 1, writes: 0}
error:
  description: The cause of a failure.
  returned: on failure
  type: dict
  sample: {code: not_found, message: no such thing, details: null, correlation_id: null}
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
