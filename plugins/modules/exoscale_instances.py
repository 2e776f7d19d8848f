#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
module: exoscale_instances
short_description: Manage sets of Exoscale Compute instances
version_added: 0.1.0
author:
  - The sovereign.vdc founders (@sovereign-vdc)
description:
  - Creates, changes, starts, stops and deletes a set of instances in one task.
  - Options that all instances share are given once; each item of O(instances) can override them.
  - The task is rejected before the first change if any item is impossible. An instance that fails later does not
    affect the others.
  - Instances have the label C(managed-by=sovereign.vdc). An instance without it is never changed or deleted.
  - An instance that is stopped for a change has the label C(resume) meanwhile, so that another run starts it
    again if this one dies.
extends_documentation_fragment:
  - sovereign.vdc.attributes
  - sovereign.vdc.attributes.exoscale_group
  - sovereign.vdc.calls
  - sovereign.vdc.calls.wait
  - sovereign.vdc.exoscale
options:
  instances:
    description: The instances, each by its name, or by the id of an existing instance.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description:
          - The name. Together with O(instances[].id) it is the new name.
          - Exoscale allows several instances of one name. Two with the same name that this collection owns are an error; give the id then.
        type: str
      id:
        description: The id of an existing instance.
        type: str
      state:
        description: Overrides O(state) for this one.
        type: str
        choices: [present, started, stopped, absent]
      instance_type:
        description: Overrides O(instance_type) for this one.
        type: str
      template:
        description: Overrides O(template) for this one.
        type: str
      disk_size:
        description: Overrides O(disk_size) for this one.
        type: int
      ssh_keys:
        description: Overrides O(ssh_keys) for this one.
        type: list
        elements: str
      security_groups:
        description: Overrides O(security_groups) for this one.
        type: list
        elements: str
      anti_affinity_groups:
        description: Overrides O(anti_affinity_groups) for this one.
        type: list
        elements: str
      private_networks:
        description: Overrides O(private_networks) for this one.
        type: list
        elements: raw
      elastic_ips:
        description: Overrides O(elastic_ips) for this one.
        type: list
        elements: str
      user_data:
        description: Overrides O(user_data) for this one.
        type: str
      labels:
        description: Labels of this one, merged over O(labels).
        type: dict
      public_ip_assignment:
        description: Overrides O(public_ip_assignment) for this one.
        type: str
        choices: [inet4, dual, none]
      delete_protection:
        description: Overrides O(delete_protection) for this one.
        type: bool
      secureboot:
        description: Overrides O(secureboot) for this one.
        type: bool
      tpm:
        description: Overrides O(tpm) for this one.
        type: bool
      allow_restart:
        description: Overrides O(allow_restart) for this one.
        type: bool
      shutdown_timeout:
        description: Overrides O(shutdown_timeout) for this one.
        type: float
  fleet:
    description: Name of the fleet that the instances belong to. It becomes their label C(fleet).
    type: str
  exact:
    description: Whether members of O(fleet) that are not listed are deleted.
    type: bool
    default: false
  concurrency:
    description: Number of concurrent API calls.
    type: int
    default: 16
  state:
    description:
      - V(present) creates missing instances and starts them; existing ones keep running or stay stopped.
      - V(started) and V(stopped) also start or stop existing ones. V(stopped) shuts the system down gracefully.
      - V(absent) deletes instances.
    type: str
    choices: [present, started, stopped, absent]
    default: present
  instance_type:
    description:
      - Family and size, such as V(standard.medium), or an id. V(medium) is short for V(standard.medium).
      - Required to create an instance. An instance can be scaled within its family, while it is stopped.
    type: str
  template:
    description:
      - Name or id of the template. Of several builds with one name the newest is used.
      - Required to create an instance. A newer build with the same name does not change existing instances.
    type: str
  disk_size:
    description:
      - Size of the disk in GiB. Required to create an instance.
      - It can only grow, and only while the instance is stopped.
    type: int
  ssh_keys:
    description: Names of the SSH keys for the first login. They cannot be changed later.
    type: list
    elements: str
  security_groups:
    description:
      - Names or ids of all security groups of the instance.
      - If omitted, they are not changed.
    type: list
    elements: str
  anti_affinity_groups:
    description: Names or ids of the anti-affinity groups. They cannot be changed later.
    type: list
    elements: str
  private_networks:
    description:
      - All private networks that the instance is attached to. If omitted, they are not changed.
      - Each is a name, an id, or a dictionary of C(name) (or id) and C(ip), the address to lease. For that the
        network must have an address range.
    type: list
    elements: raw
  elastic_ips:
    description:
      - All Elastic IPs that are attached to the instance, by address, id or name (the label C(name), without it the description).
      - If omitted, they are not changed.
    type: list
    elements: str
  user_data:
    description:
      - The cloud-init document, as plain text; at most 24 KiB.
      - A change is stored, and applies when the instance next runs cloud-init.
      - The diff shows its checksum only.
    type: str
  labels:
    description:
      - All labels of the instances. C(managed-by) is added.
      - If omitted, they are not changed.
    type: dict
  public_ip_assignment:
    description: Whether the instances have a public IPv4 address, both IPv4 and IPv6, or neither.
    type: str
    choices: [inet4, dual, none]
  delete_protection:
    description:
      - Whether the instance is protected against deletion.
      - Exoscale does not show whether an instance is protected, so the label C(delete-protection) records it.
      - With O(state=absent), V(false) confirms that a protected instance may be deleted.
    type: bool
  secureboot:
    description: Whether the firmware boots signed systems only. It cannot be changed later.
    type: bool
  tpm:
    description: Whether the instance has a virtual TPM. It can be added while the instance is stopped, and cannot be removed.
    type: bool
  allow_restart:
    description:
      - Confirms that a running instance may be stopped gracefully for a change that needs it
        (O(instance_type), O(disk_size), O(tpm)). It is started again afterwards.
      - Without it such a change is rejected.
    type: bool
    default: false
  shutdown_timeout:
    description: Seconds to wait for a graceful stop. Exoscale has no forced stop.
    type: float
    default: 180.0
"""

EXAMPLES = r"""
- name: Create two storage nodes on different hosts
  sovereign.vdc.exoscale_instances:
    zone: ch-dk-2
    instance_type: standard.medium
    template: Linux Debian 13 (Trixie) 64-bit
    disk_size: 20
    ssh_keys: [operator]
    security_groups: [storage]
    anti_affinity_groups: [storage]
    fleet: storage
    labels: {role: storage}
    state: started
    instances:
      - name: storage-1
        private_networks: [{name: storage, ip: 10.20.0.11}]
      - name: storage-2
        private_networks: [{name: storage, ip: 10.20.0.12}]

- name: Change the type and the disk size of an instance, which restarts it
  sovereign.vdc.exoscale_instances:
    zone: ch-dk-2
    allow_restart: true
    instances:
      - name: storage-1
        instance_type: standard.large
        disk_size: 50

- name: Delete all instances of the fleet that are not listed
  sovereign.vdc.exoscale_instances:
    zone: ch-dk-2
    fleet: storage
    exact: true
    instances: [{name: storage-1}]

- name: Delete two instances
  sovereign.vdc.exoscale_instances:
    zone: ch-dk-2
    state: absent
    instances: [{name: storage-1}, {name: storage-2}]
"""

RETURN = r"""
instances:
  description:
    - The instances that exist after the task, in the order of the option.
    - In check mode the predicted ones, without ids and addresses that Exoscale assigns.
  returned: always, unless the input is rejected
  type: list
  elements: dict
  contains:
    name:
      description: The name.
      type: str
    id:
      description: The id.
      type: str
    state:
      description: Exoscale's status; C(running) or C(stopped) when no operation is in progress.
      type: str
    instance_type:
      description: Family and size.
      type: str
    template:
      description: The name of the template.
      type: str
    template_id:
      description: The id of the template.
      type: str
    disk_size:
      description: Size of the disk in GiB.
      type: int
    public_ip:
      description: The public IPv4 address.
      type: str
    ipv6_address:
      description: The public IPv6 address.
      type: str
    public_ip_assignment:
      description: C(inet4), C(dual) or C(none).
      type: str
    mac_address:
      description: The hardware address of the public interface.
      type: str
    private_networks:
      description: The networks, each with C(id), C(name), C(mac_address) and the leased C(ip) if there is one.
      type: list
      elements: dict
    security_groups:
      description: Names of the groups; ids where the task does not set them.
      type: list
      elements: str
    anti_affinity_groups:
      description: Names of the groups; ids where the task does not set them.
      type: list
      elements: str
    elastic_ips:
      description: The addresses; ids where the task does not set them.
      type: list
      elements: str
    ssh_keys:
      description: Names of the SSH keys.
      type: list
      elements: str
    labels:
      description: The labels.
      type: dict
    delete_protection:
      description: Whether this module protected the instance.
      type: bool
    secureboot:
      description: Whether it boots signed systems only.
      type: bool
    tpm:
      description: Whether it has a virtual TPM.
      type: bool
    zone:
      description: The zone.
      type: str
    created_at:
      description: Time of creation.
      type: str
api_calls:
  description: Number of API calls, by C(reads) and C(writes).
  returned: always
  type: dict
  sample: {reads: 4, writes: 2}
error:
  description: The first error, with C(code), C(message), C(details) and the provider's C(correlation_id).
  returned: failure
  type: dict
failed_resources:
  description: The error of each instance that did not reach its desired state, by name.
  returned: when at least one failed
  type: dict
"""

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.client import LOGIN_OPTIONS, connect
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.instances.execute import run
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.module import WAIT_OPTIONS, run_module

STATES = ["present", "started", "stopped", "absent"]
NAMES = {"type": "list", "elements": "str"}
COMMON = {
    "instance_type": {"type": "str"},
    "template": {"type": "str"},
    "disk_size": {"type": "int"},
    "ssh_keys": {**NAMES, "no_log": False},
    "security_groups": NAMES,
    "anti_affinity_groups": NAMES,
    "private_networks": {"type": "list", "elements": "raw"},
    "elastic_ips": NAMES,
    "user_data": {"type": "str", "no_log": True},
    "labels": {"type": "dict"},
    "public_ip_assignment": {"type": "str", "choices": ["inet4", "dual", "none"]},
    "delete_protection": {"type": "bool"},
    "secureboot": {"type": "bool"},
    "tpm": {"type": "bool"},
    "allow_restart": {"type": "bool"},
    "shutdown_timeout": {"type": "float"},
}
OPTIONS = {
    **LOGIN_OPTIONS,
    **WAIT_OPTIONS,
    **COMMON,
    "instances": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": {"type": "str"},
            "id": {"type": "str"},
            "state": {"type": "str", "choices": STATES},
            **COMMON,
        },
        "no_log": True,
    },
    "state": {"type": "str", "choices": STATES, "default": "present"},
    "allow_restart": {"type": "bool", "default": False},
    "shutdown_timeout": {"type": "float", "default": 180.0},
    "fleet": {"type": "str"},
    "exact": {"type": "bool", "default": False},
    "concurrency": {"type": "int", "default": 16},
}


def main() -> None:
    """Run the module."""
    run_module(OPTIONS, connect, run)


if __name__ == "__main__":
    main()
