#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: exoscale_elastic_ip
short_description: Manage Exoscale Elastic IPs and their attachments
version_added: 0.1.0
description:
  - Creates, changes and deletes an Elastic IP of one zone, with its health check, its reverse DNS and the instances
    that it is attached to.
  - Elastic IPs have no name at Exoscale. This module names them with the label C(name).
  - An Elastic IP that lacks the label C(managed-by=sovereign.vdc) does not belong to this collection and is rejected.
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
      - The label C(name) of the Elastic IP, its address, or its id.
      - A name that several Elastic IPs have is rejected; give the address then.
      - To create one give a name, because Exoscale assigns the address.
    type: str
    required: true
  state:
    description:
      - Whether the Elastic IP exists.
      - It is detached from all instances before it is deleted. One that an instance pool attaches to its members is
        not deleted; the message names the pool.
    type: str
    choices: [present, absent]
    default: present
  address_family:
    description:
      - Whether it is an IPv4 or an IPv6 address; V(inet4) for a new one by default.
      - Exoscale cannot change it later, so another value for an existing Elastic IP is rejected.
    type: str
    choices: [inet4, inet6]
  description:
    description: Description. If omitted, it is not changed.
    type: str
  labels:
    description:
      - All labels, in addition to C(name) and C(managed-by), which are set by this module. If omitted, they are not changed.
    type: dict
  healthcheck:
    description:
      - How Exoscale checks which instances are healthy. If omitted, it is not changed.
      - Omitted keys keep their value; a new health check gets Exoscale's defaults.
    type: dict
    suboptions:
      mode:
        description: Protocol of the check.
        type: str
        choices: [tcp, http, https]
        required: true
      port:
        description: Port of the check.
        type: int
        required: true
      uri:
        description: Path of the check, for HTTP and HTTPS.
        type: str
      interval:
        description: Seconds between two checks, V(5) to V(300). Exoscale's default is 10.
        type: int
      timeout:
        description: Seconds to wait for an answer, V(2) to V(60). Exoscale's default is 2.
        type: int
      strikes_ok:
        description: Consecutive successes until an instance counts as healthy, V(1) to V(20). Exoscale's default is 2.
        type: int
      strikes_fail:
        description: Consecutive failures until an instance counts as unhealthy, V(1) to V(20). Exoscale's default is 3.
        type: int
      tls_sni:
        description: The name that the certificate is checked against, for HTTPS.
        type: str
      tls_skip_verify:
        description: Whether the certificate is not verified, for HTTPS.
        type: bool
  instances:
    description:
      - Names or ids of all instances that the address is attached to. Others are detached, after missing ones are attached.
      - If omitted, they are not changed. If set, one call is made for each instance of the zone, because the list
        of instances does not contain attachments.
    type: list
    elements: str
  reverse_dns:
    description:
      - The domain name that the address resolves to; empty for none. If omitted, it is not changed.
    type: str
"""

EXAMPLES = r"""
- name: Create an address for two web servers
  sovereign.vdc.exoscale_elastic_ip:
    zone: ch-dk-2
    name: web
    description: Public web
    healthcheck:
      mode: https
      port: 443
      uri: /status
      tls_sni: www.example.com
    instances: [web1, web2]
    reverse_dns: www.example.com
    labels:
      tenant: acme

- name: Detach one of the web servers
  sovereign.vdc.exoscale_elastic_ip:
    zone: ch-dk-2
    name: web
    instances: [web1]

- name: Delete the address
  sovereign.vdc.exoscale_elastic_ip:
    zone: ch-dk-2
    name: web
    state: absent
"""

RETURN = r"""
elastic_ip:
  description: The Elastic IP, after the task. In check mode, the predicted one. Null if it does not exist.
  returned: always
  type: dict
  contains:
    id:
      description: Its id. Omitted in check mode if it does not exist yet.
      type: str
      sample: 5b1e9c5a-7c1e-4f8e-9a51-2a0c2f0a3e11
    name:
      description: The name, address or id that was given.
      type: str
      sample: web
    ip:
      description: The address. Omitted in check mode if it does not exist yet.
      type: str
      sample: 198.51.100.7
    cidr:
      description: The network of the address, if Exoscale shows it.
      type: str
      sample: 198.51.100.7/32
    address_family:
      description: V(inet4) or V(inet6).
      type: str
      sample: inet4
    description:
      description: Description.
      type: str
      sample: Public web
    healthcheck:
      description: The health check with all its values, null without.
      type: dict
      sample: {mode: tcp, port: 443, interval: 10, timeout: 2, strikes_ok: 2, strikes_fail: 3, tls_skip_verify: false}
    labels:
      description: All labels.
      type: dict
      sample: {managed-by: sovereign.vdc, name: web, tenant: acme}
    instances:
      description: The names of all instances that it is attached to, if O(instances) is set or it is deleted.
      type: list
      elements: str
      sample: [web1, web2]
    reverse_dns:
      description: The domain name that it resolves to, if O(reverse_dns) is set.
      type: str
      sample: www.example.com
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
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.elastic_ip import run
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.module import WAIT_OPTIONS, run_module

HEALTHCHECK = {
    "mode": {"type": "str", "choices": ["tcp", "http", "https"], "required": True},
    "port": {"type": "int", "required": True},
    "uri": {"type": "str"},
    "interval": {"type": "int"},
    "timeout": {"type": "int"},
    "strikes_ok": {"type": "int"},
    "strikes_fail": {"type": "int"},
    "tls_sni": {"type": "str"},
    "tls_skip_verify": {"type": "bool"},
}
OPTIONS = {
    **LOGIN_OPTIONS,
    **WAIT_OPTIONS,
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "address_family": {"type": "str", "choices": ["inet4", "inet6"]},
    "description": {"type": "str"},
    "labels": {"type": "dict"},
    "healthcheck": {"type": "dict", "options": HEALTHCHECK},
    "instances": {"type": "list", "elements": "str"},
    "reverse_dns": {"type": "str"},
}


def main() -> None:
    """Run the module."""
    run_module(OPTIONS, connect, run)


if __name__ == "__main__":
    main()
