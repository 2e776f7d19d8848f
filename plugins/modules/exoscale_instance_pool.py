#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
module: exoscale_instance_pool
short_description: Manage Exoscale instance pools
version_added: 0.1.0
author:
  - The sovereign.vdc founders (@sovereign-vdc)
description:
  - Creates, changes, scales and deletes a pool of equal instances, and evicts members by name.
  - Changes of the type, template, disk and user data apply to members that are created afterwards.
  - Pools have the label C(managed-by=sovereign.vdc). A pool without it is never changed or deleted.
extends_documentation_fragment:
  - sovereign.vdc.attributes
  - sovereign.vdc.attributes.exoscale_group
  - sovereign.vdc.calls
  - sovereign.vdc.calls.wait
  - sovereign.vdc.exoscale
options:
  name:
    description:
      - The name, or the id of an existing pool.
      - Exoscale allows several pools of one name. Two with the same name that this collection owns are an error; give the id then.
    type: str
    required: true
  state:
    description: Whether the pool exists. Its members are deleted with it.
    type: str
    choices: [present, absent]
    default: present
  size:
    description:
      - Number of members. Required to create a pool.
      - When the pool shrinks, Exoscale chooses the members to delete; name them in O(evict) to choose.
    type: int
  min_available:
    description: Number of members that stay available while Exoscale maintains the pool.
    type: int
  evict:
    description:
      - Names or ids of members to delete. Members that do not exist are ignored.
      - Without O(size) the pool shrinks by them. With it, new members replace them as needed.
    type: list
    elements: str
  description:
    description: A description. The empty string removes it.
    type: str
  instance_prefix:
    description: Prefix of the names of members.
    type: str
  instance_type:
    description:
      - Family and size, such as V(standard.medium), or an id. V(medium) is short for V(standard.medium).
      - Required to create a pool.
    type: str
  template:
    description:
      - Name or id of the template. Of several builds with one name the newest is used, also when it appears later.
      - Required to create a pool.
    type: str
  disk_size:
    description: Size of the members' disks in GiB. Required to create a pool.
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
    description: Elastic IPs that are attached to every member, by address, id or name (the label C(name), without it the description).
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
      - If omitted, they are not changed.
    type: dict
  public_ip_assignment:
    description:
      - Whether members have a public IPv4 address, both IPv4 and IPv6, or neither.
      - Only a new pool can have V(none).
    type: str
    choices: [inet4, dual, none]
"""

EXAMPLES = r"""
- name: Create a pool of three web servers
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

- name: Replace one member
  sovereign.vdc.exoscale_instance_pool:
    zone: ch-dk-2
    name: web
    size: 3
    evict: [pool-a1b2c-xyzab]

- name: Delete the pool
  sovereign.vdc.exoscale_instance_pool:
    zone: ch-dk-2
    name: web
    state: absent
"""

RETURN = r"""
instance_pool:
  description:
    - The pool; null with O(state=absent).
    - In check mode the predicted one, without the id and the members that Exoscale creates.
  returned: always, unless the input is rejected
  type: dict
  contains:
    name:
      description: The name.
      type: str
    id:
      description: The id.
      type: str
    state:
      description: Exoscale's status; C(running) when no operation is in progress.
      type: str
    size:
      description: Desired number of members.
      type: int
    min_available:
      description: Number of members that stay available while Exoscale maintains the pool.
      type: int
    description:
      description: The description.
      type: str
    instance_prefix:
      description: Prefix of the names of members.
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
  description: Number of API calls, by C(reads) and C(writes).
  returned: always
  type: dict
  sample: {reads: 6, writes: 1}
error:
  description: The error, with C(code), C(message), C(details) and the provider's C(correlation_id).
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
