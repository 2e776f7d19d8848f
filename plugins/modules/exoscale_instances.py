#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
module: exoscale_instances
short_description: Manage a set of Exoscale Compute instances
version_added: 0.1.0
author:
  - The sovereign.vdc founders (@sovereign-vdc)
description:
  - Creates, changes, starts, stops and deletes a whole set of instances in one task.
  - What the instances have in common is said once. Each item of O(instances) may say otherwise for itself.
  - All is refused before the first change if any item cannot be had. An instance that fails later does not
    keep the others from their wish.
  - Instances carry the label C(managed-by=sovereign.vdc). An instance without it is never changed or deleted.
  - An instance that is stopped for a change bears the label C(resume) meanwhile, so that another run starts it
    again if this one dies.
extends_documentation_fragment:
  - sovereign.vdc.attributes
  - sovereign.vdc.attributes.exoscale_group
  - sovereign.vdc.calls
  - sovereign.vdc.calls.wait
  - sovereign.vdc.exoscale
options:
  instances:
    description: The instances, each by its name, or by its id when it exists.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description:
          - The name. Together with O(instances[].id) it is the new name.
          - Exoscale allows several instances of one name. Two of ours with the same name are an error.
        type: str
      id:
        description: The id of an instance that exists.
        type: str
      state:
        description: As O(state), for this one.
        type: str
        choices: [present, started, stopped, absent]
      instance_type:
        description: As O(instance_type), for this one.
        type: str
      template:
        description: As O(template), for this one.
        type: str
      disk_size:
        description: As O(disk_size), for this one.
        type: int
      ssh_keys:
        description: As O(ssh_keys), for this one.
        type: list
        elements: str
      security_groups:
        description: As O(security_groups), for this one.
        type: list
        elements: str
      anti_affinity_groups:
        description: As O(anti_affinity_groups), for this one.
        type: list
        elements: str
      private_networks:
        description: As O(private_networks), for this one.
        type: list
        elements: raw
      elastic_ips:
        description: As O(elastic_ips), for this one.
        type: list
        elements: str
      user_data:
        description: As O(user_data), for this one.
        type: str
      labels:
        description: Labels of this one, on top of O(labels).
        type: dict
      public_ip_assignment:
        description: As O(public_ip_assignment), for this one.
        type: str
        choices: [inet4, dual, none]
      delete_protection:
        description: As O(delete_protection), for this one.
        type: bool
      secureboot:
        description: As O(secureboot), for this one.
        type: bool
      tpm:
        description: As O(tpm), for this one.
        type: bool
      allow_restart:
        description: As O(allow_restart), for this one.
        type: bool
      shutdown_timeout:
        description: As O(shutdown_timeout), for this one.
        type: float
  fleet:
    description: Name of the fleet that the instances belong to. It becomes their label C(fleet).
    type: str
  exact:
    description: Whether members of O(fleet) that are not listed are deleted.
    type: bool
    default: false
  concurrency:
    description: How many calls are made side by side.
    type: int
    default: 16
  state:
    description:
      - V(present) makes what is missing, and leaves it running or stopped as it is. A new instance is started.
      - V(started) and V(stopped) also see to that. V(stopped) asks the system to shut down.
      - V(absent) deletes.
    type: str
    choices: [present, started, stopped, absent]
    default: present
  instance_type:
    description:
      - Family and size, such as V(standard.medium), or an id. V(medium) is short for V(standard.medium).
      - Needed to make an instance. An instance can be scaled within its family, while it is stopped.
    type: str
  template:
    description:
      - Name or id of the template. Of several builds of one name, the newest is taken.
      - Needed to make an instance. A newer build of the same name changes nothing on instances that exist.
    type: str
  disk_size:
    description:
      - Size of the disk in GiB. Needed to make an instance.
      - It only grows, while the instance is stopped.
    type: int
  ssh_keys:
    description: Names of the SSH keys for the first login. Only a new instance can have other ones.
    type: list
    elements: str
  security_groups:
    description:
      - Names or ids of all security groups that the instance shall be in.
      - If not set, they are left as they are.
    type: list
    elements: str
  anti_affinity_groups:
    description: Names or ids of the anti-affinity groups. Only a new instance can have other ones.
    type: list
    elements: str
  private_networks:
    description:
      - All private networks that the instance shall be attached to. If not set, they are left as they are.
      - Each is a name, an id, or a dictionary of C(name) (or id) and C(ip), the address to lease. For that the
        network must have an address range.
    type: list
    elements: raw
  elastic_ips:
    description:
      - All elastic IPs that shall lead to the instance, by address, id or name (the label C(name), without it the description).
      - If not set, they are left as they are.
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
      - If not set, they are left as they are.
    type: dict
  public_ip_assignment:
    description: Whether the instances have a public IPv4 address, IPv6 as well, or neither.
    type: str
    choices: [inet4, dual, none]
  delete_protection:
    description:
      - Whether Exoscale refuses to delete the instance.
      - Exoscale does not tell whether an instance is protected, so this is also kept in the label C(delete-protection).
      - With O(state=absent), V(false) is the confirmation to delete a protected instance.
    type: bool
  secureboot:
    description: Whether the firmware boots signed systems only. Only a new instance can have it otherwise.
    type: bool
  tpm:
    description: Whether there is a virtual TPM. It can be added while the instance is stopped, and never removed.
    type: bool
  allow_restart:
    description:
      - The confirmation to stop a running instance, gracefully, for a change that needs it
        (O(instance_type), O(disk_size), O(tpm)). It is started again.
      - Without it, such a change is refused.
    type: bool
    default: false
  shutdown_timeout:
    description: Seconds that a graceful stop may take. Exoscale has no forced stop.
    type: float
    default: 180.0
"""

EXAMPLES = r"""
- name: Two storage nodes, kept apart
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

- name: A bigger type and disk, with the short outage that it takes
  sovereign.vdc.exoscale_instances:
    zone: ch-dk-2
    allow_restart: true
    instances:
      - name: storage-1
        instance_type: standard.large
        disk_size: 50

- name: Let the fleet be exactly this one; others go
  sovereign.vdc.exoscale_instances:
    zone: ch-dk-2
    fleet: storage
    exact: true
    instances: [{name: storage-1}]

- name: They are no longer needed
  sovereign.vdc.exoscale_instances:
    zone: ch-dk-2
    state: absent
    instances: [{name: storage-1}, {name: storage-2}]
"""

RETURN = r"""
instances:
  description:
    - The instances that exist in the end, in the order of the option.
    - In check mode as they would be, without ids and addresses that Exoscale has yet to choose.
  returned: always, unless refused
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
      description: What Exoscale calls it, C(running) or C(stopped) at rest.
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
      description: Names of the groups; ids where the task does not speak of groups.
      type: list
      elements: str
    anti_affinity_groups:
      description: Names of the groups; ids where the task does not speak of groups.
      type: list
      elements: str
    elastic_ips:
      description: The addresses; ids where the task does not speak of elastic IPs.
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
      description: Whether this module protected it.
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
      description: When it was made.
      type: str
api_calls:
  description: How many calls were made to the API, by C(reads) and C(writes).
  returned: always
  type: dict
  sample: {reads: 4, writes: 2}
error:
  description: The first failure, with C(code), C(message), C(details) and the provider's C(correlation_id).
  returned: failure
  type: dict
failed_resources:
  description: The failure of each instance that could not be brought to its wish, by name.
  returned: when some failed
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
