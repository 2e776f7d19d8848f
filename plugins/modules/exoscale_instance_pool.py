#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
module: exoscale_instance_pool
short_description: Manage an Exoscale instance pool
version_added: 0.1.0
author:
  - The sovereign.vdc founders (@sovereign-vdc)
description:
  - Creates, changes, scales and deletes a pool of like instances, and evicts members by name.
  - Changes to what members are made of apply to members made from then on.
  - Pools carry the label C(managed-by=sovereign.vdc). A pool without it is never changed or deleted.
extends_documentation_fragment:
  - sovereign.vdc.attributes
  - sovereign.vdc.attributes.exoscale_group
  - sovereign.vdc.calls
  - sovereign.vdc.calls.wait
  - sovereign.vdc.exoscale
options:
  name:
    description:
      - The name, or the id of a pool that exists.
      - Exoscale allows several pools of one name. Two of ours with the same name are an error.
    type: str
    required: true
  state:
    description: Whether the pool shall be there. Its members are deleted with it.
    type: str
    choices: [present, absent]
    default: present
  size:
    description:
      - How many members there shall be. Needed to make a pool.
      - When it shrinks, Exoscale chooses who leaves; O(evict) chooses instead.
    type: int
  min_available:
    description: How many members stay up while Exoscale itself maintains the pool.
    type: int
  evict:
    description:
      - Names or ids of members that shall leave and be deleted. Those who have left already are no error.
      - Without O(size) the pool shrinks by them. With it, others are made in their place as far as needed.
    type: list
    elements: str
  description:
    description: A description. The empty string removes it.
    type: str
  instance_prefix:
    description: What the names of members begin with.
    type: str
  instance_type:
    description:
      - Family and size, such as V(standard.medium), or an id. V(medium) is short for V(standard.medium).
      - Needed to make a pool.
    type: str
  template:
    description:
      - Name or id of the template. Of several builds of one name, the newest is taken, also when it appears later.
      - Needed to make a pool.
    type: str
  disk_size:
    description: Size of the members' disks in GiB. Needed to make a pool.
    type: int
  ssh_keys:
    description: Names of the SSH keys for the first login.
    type: list
    elements: str
  security_groups:
    description: Names or ids of the members' security groups.
    type: list
    elements: str
  anti_affinity_groups:
    description: Names or ids of the members' anti-affinity groups.
    type: list
    elements: str
  private_networks:
    description: Names or ids of the members' private networks.
    type: list
    elements: str
  elastic_ips:
    description: Elastic IPs that lead to every member, by address, id or name (the label C(name), without it the description).
    type: list
    elements: str
  user_data:
    description:
      - The members' cloud-init document, as plain text; at most 24 KiB. The empty string removes it.
      - The diff shows its checksum only.
    type: str
  labels:
    description:
      - All labels of the pool. C(managed-by) is added.
      - If not set, they are left as they are.
    type: dict
  public_ip_assignment:
    description:
      - Whether members have a public IPv4 address, IPv6 as well, or neither.
      - Only a new pool can have V(none).
    type: str
    choices: [inet4, dual, none]
"""

EXAMPLES = r"""
- name: Three web servers
  sovereign.vdc.exoscale_instance_pool:
    zone: ch-dk-2
    name: web
    size: 3
    min_available: 2
    instance_type: standard.small
    template: Linux Debian 13 (Trixie) 64-bit
    disk_size: 10
    ssh_keys: [operator]
    security_groups: [web]
    labels: {fleet: web}

- name: Replace one of them
  sovereign.vdc.exoscale_instance_pool:
    zone: ch-dk-2
    name: web
    size: 3
    evict: [pool-a1b2c-xyzab]

- name: It is no longer needed
  sovereign.vdc.exoscale_instance_pool:
    zone: ch-dk-2
    name: web
    state: absent
"""

RETURN = r"""
instance_pool:
  description:
    - The pool, or nothing with O(state=absent).
    - In check mode as it would be, without the id and the members that Exoscale has yet to make.
  returned: always, unless refused
  type: dict
  contains:
    name:
      description: The name.
      type: str
    id:
      description: The id.
      type: str
    state:
      description: What Exoscale calls it, C(running) at rest.
      type: str
    size:
      description: How many members it shall have.
      type: int
    min_available:
      description: How many members stay up during Exoscale's own maintenance.
      type: int
    description:
      description: The description.
      type: str
    instance_prefix:
      description: What the names of members begin with.
      type: str
    instance_type:
      description: Family and size of new members.
      type: str
    template_id:
      description: Id of the template of new members.
      type: str
    disk_size:
      description: Size of new members' disks in GiB.
      type: int
    labels:
      description: The labels.
      type: dict
    members:
      description: The members, each with C(name), C(id), C(state), C(public_ip) and C(ipv6_address).
      type: list
      elements: dict
    zone:
      description: The zone.
      type: str
api_calls:
  description: How many calls were made to the API, by C(reads) and C(writes).
  returned: always
  type: dict
  sample: {reads: 6, writes: 1}
error:
  description: The failure, with C(code), C(message), C(details) and the provider's C(correlation_id).
  returned: failure
  type: dict
"""

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.client import LOGIN_OPTIONS, connect
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.instance_pool.execute import run
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.module import WAIT_OPTIONS, run_module

NAMES = {"type": "list", "elements": "str"}
OPTIONS = {
    **LOGIN_OPTIONS,
    **WAIT_OPTIONS,
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "size": {"type": "int"},
    "min_available": {"type": "int"},
    "evict": NAMES,
    "description": {"type": "str"},
    "instance_prefix": {"type": "str"},
    "instance_type": {"type": "str"},
    "template": {"type": "str"},
    "disk_size": {"type": "int"},
    "ssh_keys": {**NAMES, "no_log": False},
    "security_groups": NAMES,
    "anti_affinity_groups": NAMES,
    "private_networks": NAMES,
    "elastic_ips": NAMES,
    "user_data": {"type": "str", "no_log": True},
    "labels": {"type": "dict"},
    "public_ip_assignment": {"type": "str", "choices": ["inet4", "dual", "none"]},
}


def main() -> None:
    """Run the module."""
    run_module(OPTIONS, connect, run)


if __name__ == "__main__":
    main()
