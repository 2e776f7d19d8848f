#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: hetzner_servers
short_description: Manage sets of Hetzner Cloud servers
version_added: 0.1.0
description:
  - Creates, starts, stops, rescales, attaches and deletes any number of servers in one task. Shared references are
    looked up once, API calls are concurrent, and actions are waited for in bulk.
  - If a server fails, the others continue, and the module fails at the end with the error of each.
  - Only servers with the label C(managed-by=sovereign.vdc) are changed. The module sets it on servers that it creates, and
    rejects all others.
  - The whole task is validated before the first change.
  - When a server is created or rescaled, its net price is recorded in the labels C(price-hourly), C(price-monthly) and
    C(price-type), because it keeps that price and the API does not show it later.
options:
  servers:
    description:
      - The servers. All options of an entry besides O(servers[].name), O(servers[].id), O(servers[].volumes),
        O(servers[].primary_ipv4) and O(servers[].primary_ipv6) can also be options of the task, for all servers that do not
        set them.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description:
          - Name of the server, a hostname that is unique in the project.
          - Together with O(servers[].id), the new name of the server.
        type: str
      id:
        description: Id of an existing server.
        type: int
      volumes:
        description:
          - Names or ids of all attached volumes, in the same location. Others are detached.
        type: list
        elements: str
      primary_ipv4:
        description: Id of the primary IPv4 that the server gets when it is created. Without it, a new one is created.
        type: int
      primary_ipv6:
        description: Id of the primary IPv6 that the server gets when it is created. Without it, a new one is created.
        type: int
      state:
        description: See O(state).
        type: str
        choices: [present, started, stopped, absent]
      server_type:
        description: See O(server_type).
        type: str
      image:
        description: See O(image).
        type: str
      location:
        description: See O(location).
        type: str
      fallback_locations:
        description: See O(fallback_locations).
        type: list
        elements: str
      ssh_keys:
        description: See O(ssh_keys).
        type: list
        elements: str
      networks:
        description: See O(networks).
        type: list
        elements: raw
      firewalls:
        description: See O(firewalls).
        type: list
        elements: str
      placement_group:
        description: See O(placement_group).
        type: str
      user_data:
        description: See O(user_data).
        type: str
      labels:
        description: Labels of this server, merged over O(labels).
        type: dict
      enable_ipv4:
        description: See O(enable_ipv4).
        type: bool
      enable_ipv6:
        description: See O(enable_ipv6).
        type: bool
      automount:
        description: See O(automount).
        type: bool
      backups:
        description: See O(backups).
        type: bool
      delete_protection:
        description: See O(delete_protection).
        type: bool
      upgrade_disk:
        description: See O(upgrade_disk).
        type: bool
      shutdown_timeout:
        description: See O(shutdown_timeout).
        type: float
      force_poweroff:
        description: See O(force_poweroff).
        type: bool
      allow_restart:
        description: See O(allow_restart).
        type: bool
  fleet:
    description:
      - Name of the fleet that the servers belong to. It becomes their label C(fleet).
      - The servers of a fleet are read by this label, however many other servers the project has.
    type: str
  exact:
    description:
      - Whether members of O(fleet) that are not listed are deleted.
    type: bool
    default: false
  concurrency:
    description: Number of concurrent API calls.
    type: int
    default: 16
  state:
    description:
      - V(present) - the server exists. A new one is started; an existing one keeps running or stays off.
      - V(started) - the server exists and runs.
      - V(stopped) - the server exists and is off. It is shut down gracefully, see O(shutdown_timeout).
      - V(absent) - the server does not exist. One with volumes is shut down first, so that it can finish writing to them.
        Volumes and chosen primary IPs are kept.
    type: str
    choices: [present, started, stopped, absent]
    default: present
  server_type:
    description:
      - Name of the server type. Required to create a server.
      - A server of another type is rescaled, which needs a stop, see O(allow_restart).
    type: str
  image:
    description:
      - Name of a system image, or id of any image, such as a snapshot. Required to create a server.
      - Used at creation only.
    type: str
  location:
    description:
      - The location of a new server. Without it, the first location that has the server type in stock and the volumes.
      - Used at creation only.
    type: str
  fallback_locations:
    description:
      - Locations that are tried one after the other when the server type is out of stock in O(location).
    type: list
    elements: str
  ssh_keys:
    description:
      - Names or ids of the SSH keys that may log in.
      - Used at creation only. Without any, the provider sets a root password, which this module never shows.
    type: list
    elements: str
  networks:
    description:
      - All private networks of the server. Others are detached; V([]) detaches all.
      - Each is a name, an id, or a dictionary of C(name) (or id), C(ip) and C(alias_ips).
      - A new server whose addresses are chosen gets them before its first boot.
    type: list
    elements: raw
  firewalls:
    description:
      - Names or ids of all firewalls of the server. Others are removed; V([]) removes all.
      - Omit it for servers that firewalls select by label.
    type: list
    elements: str
  placement_group:
    description:
      - Name or id of the placement group; V("") for none. A change needs a stop, see O(allow_restart).
      - The provider takes ten servers in a group.
    type: str
  user_data:
    description:
      - Document for cloud-init, at most 32 KiB.
      - Used at creation only. Results and diffs show the start of its SHA-256 hash.
    type: str
  labels:
    description:
      - All labels of the server. Others are removed, except those that this collection sets
        (C(managed-by), C(fleet), C(price-type), C(price-hourly), C(price-monthly), C(resume)).
    type: dict
  enable_ipv4:
    description:
      - Whether a new server gets a public IPv4 address.
    type: bool
    default: true
  enable_ipv6:
    description:
      - Whether a new server gets a public IPv6 network.
    type: bool
    default: true
  automount:
    description:
      - Whether the provider mounts volumes that are attached.
    type: bool
    default: false
  backups:
    description:
      - Whether daily backups are made, for a fifth of the server's price.
    type: bool
  delete_protection:
    description:
      - Whether the server is protected against deletion and rebuilding (the provider protects against both or neither).
      - A protected server is deleted only if this is V(false).
    type: bool
  upgrade_disk:
    description:
      - Whether rescaling also grows the disk. It then cannot be scaled down any more, since disks never shrink.
    type: bool
    default: false
  shutdown_timeout:
    description:
      - Seconds to wait for a graceful shutdown; V(0) powers it off at once.
    type: float
    default: 60.0
  force_poweroff:
    description:
      - Whether a server that does not shut down in time is powered off. Otherwise the server fails.
    type: bool
    default: true
  allow_restart:
    description:
      - Whether a running server may be stopped for a change that needs it (server type, placement group). It is started
        again afterwards.
    type: bool
    default: false
extends_documentation_fragment:
  - sovereign.vdc.hetzner
  - sovereign.vdc.calls
  - sovereign.vdc.calls.wait
  - sovereign.vdc.attributes
  - sovereign.vdc.attributes.hetzner_group
seealso:
  - module: sovereign.vdc.hetzner_price_info
  - module: sovereign.vdc.hetzner_snapshot
author:
  - The sovereign.vdc founders (@sovereign-vdc)
"""

EXAMPLES = r"""
- name: Create three web servers, with fallback locations
  sovereign.vdc.hetzner_servers:
    fleet: web
    server_type: cx23
    image: debian-13
    location: fsn1
    fallback_locations: [nbg1, hel1]
    ssh_keys: [ops]
    networks: [private]
    firewalls: [web]
    labels:
      role: web
    servers:
      - name: web-1
      - name: web-2
      - name: web-3
        server_type: cx33

- name: Delete all servers of the fleet that are not listed
  sovereign.vdc.hetzner_servers:
    fleet: web
    exact: true
    servers:
      - name: web-1
      - name: web-2

- name: Change the type of a server, which restarts it
  sovereign.vdc.hetzner_servers:
    allow_restart: true
    servers:
      - name: web-1
        server_type: cx43

- name: Create a server with a fixed private address and a volume
  sovereign.vdc.hetzner_servers:
    server_type: cx23
    image: debian-13
    location: nbg1
    servers:
      - name: db-1
        networks:
          - name: private
            ip: 10.0.0.10
        volumes: [db-data]
        delete_protection: true

- name: Stop a server gracefully within two minutes, and never power it off
  sovereign.vdc.hetzner_servers:
    state: stopped
    shutdown_timeout: 120
    force_poweroff: false
    servers:
      - name: db-1

- name: Delete the whole fleet
  sovereign.vdc.hetzner_servers:
    fleet: web
    exact: true
    servers: []
"""

RETURN = r"""
servers:
  description: The servers that exist after the task, in its order. In check mode, the predicted ones.
  returned: success, or when some of the servers failed
  type: list
  elements: dict
  contains:
    id:
      description: Id; null for one that would be created.
      type: int
      sample: 42
    name:
      description: Name.
      type: str
      sample: web-1
    status:
      description: The provider's status of the server.
      type: str
      sample: running
    server_type:
      description: Name of the server type.
      type: str
      sample: cx23
    location:
      description: Name of the location.
      type: str
      sample: fsn1
    image:
      description: Name of the image that it was created from; null for snapshots.
      type: str
      sample: debian-13
    labels:
      description: All its labels.
      type: dict
      sample: {"fleet": "web", "managed-by": "sovereign.vdc"}
    ipv4:
      description: Public IPv4 address.
      type: str
      sample: 203.0.113.7
    ipv6:
      description: Public IPv6 network.
      type: str
      sample: 2001:db8:7::/64
    private_networks:
      description: Its private networks.
      type: list
      elements: dict
      contains:
        network:
          description: Id of the network.
          type: int
        ip:
          description: Address in the network.
          type: str
        alias_ips:
          description: Further addresses in the network.
          type: list
          elements: str
    firewalls:
      description: Ids of its firewalls.
      type: list
      elements: int
    volumes:
      description: Ids of its volumes.
      type: list
      elements: int
    placement_group:
      description: Id of its placement group.
      type: int
    backups:
      description: Whether backups are made.
      type: bool
    delete_protection:
      description: Whether it is protected against deletion and rebuilding.
      type: bool
    disk_gb:
      description: Size of its disk in GB.
      type: int
      sample: 40
    created:
      description: When it was created.
      type: str
      sample: "2026-11-21T10:00:00+00:00"
    price_hourly:
      description: Net price an hour that it keeps until it is rescaled, as recorded at creation; null if it was not recorded.
      type: str
      sample: "0.0088"
    price_monthly:
      description: Net price a month that it keeps until it is rescaled, as recorded at creation; null if it was not recorded.
      type: str
      sample: "5.49"
steps:
  description: The steps that were done, or in check mode the planned ones, in order.
  returned: success, or when some of the servers failed
  type: list
  elements: dict
  sample: [{"server": "web-1", "step": "create"}]
failed_resources:
  description: The error of each server that did not reach its desired state, by name; see RV(error).
  returned: when some of the servers failed
  type: dict
error:
  description: The first error. C(code), C(message) and C(details) are the provider's where it gave them, and C(correlation_id)
    is what its support asks for.
  returned: failure
  type: dict
  sample:
    code: resource_unavailable
    message: cx23 is out of stock in fsn1
    details: null
    correlation_id: 8c2b6a5f0d1e4f37
api_calls:
  description: Number of API calls, by C(reads) and C(writes).
  returned: always
  type: dict
  sample: {"reads": 6, "writes": 3}
"""

from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.client import LOGIN_OPTIONS, connect
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.servers.execute import run
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.module import WAIT_OPTIONS, run_module

STATES = ["present", "started", "stopped", "absent"]


def main() -> None:
    """Run the module."""
    each: dict[str, Any] = {
        "state": {"type": "str", "choices": STATES},
        "server_type": {"type": "str"},
        "image": {"type": "str"},
        "location": {"type": "str"},
        "fallback_locations": {"type": "list", "elements": "str"},
        "ssh_keys": {"type": "list", "elements": "str", "no_log": False},
        "networks": {"type": "list", "elements": "raw"},
        "firewalls": {"type": "list", "elements": "str"},
        "placement_group": {"type": "str"},
        "user_data": {"type": "str", "no_log": True},
        "labels": {"type": "dict"},
        "enable_ipv4": {"type": "bool"},
        "enable_ipv6": {"type": "bool"},
        "automount": {"type": "bool"},
        "backups": {"type": "bool"},
        "delete_protection": {"type": "bool"},
        "upgrade_disk": {"type": "bool"},
        "shutdown_timeout": {"type": "float"},
        "force_poweroff": {"type": "bool"},
        "allow_restart": {"type": "bool"},
    }
    defaults: dict[str, Any] = {
        "state": "present",
        "enable_ipv4": True,
        "enable_ipv6": True,
        "automount": False,
        "upgrade_disk": False,
        "shutdown_timeout": 60.0,
        "force_poweroff": True,
        "allow_restart": False,
    }
    common = {name: {**spec, "default": defaults[name]} if name in defaults else spec for name, spec in each.items()}
    entry = {
        "name": {"type": "str"},
        "id": {"type": "int"},
        "volumes": {"type": "list", "elements": "str"},
        "primary_ipv4": {"type": "int"},
        "primary_ipv6": {"type": "int"},
        **each,
    }
    own = {
        "servers": {"type": "list", "elements": "dict", "default": [], "options": entry, "no_log": True},
        "fleet": {"type": "str"},
        "exact": {"type": "bool", "default": False},
        "concurrency": {"type": "int", "default": 16},
    }
    run_module({**LOGIN_OPTIONS, **WAIT_OPTIONS, **own, **common}, connect, run)


if __name__ == "__main__":
    main()
