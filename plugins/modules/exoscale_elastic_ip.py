#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: exoscale_elastic_ip
short_description: Keep an elastic IP of Exoscale and where it leads
version_added: 0.1.0
description:
  - Creates, changes and deletes an elastic IP of one zone, with its health check, its reverse DNS and the instances
    that it leads to.
  - Elastic IPs have no name at Exoscale. This module names them with the label C(name).
  - An elastic IP that lacks the label C(managed-by=sovereign.vdc) is not ours and is refused.
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
      - The label C(name) of the elastic IP, its address, or its id.
      - A name that two elastic IPs bear is refused; give the address then.
      - A new one can only be created under a name, since nobody can choose an address.
    type: str
    required: true
  state:
    description:
      - Whether the elastic IP shall exist.
      - Before it is deleted, it is detached from all instances. One that an instance pool gives to its members is
        not deleted; the message names the pool.
    type: str
    choices: [present, absent]
    default: present
  address_family:
    description:
      - Whether it is an IPv4 or an IPv6 address; V(inet4) for a new one by default.
      - Exoscale cannot change it later, so another value for an existing elastic IP is refused.
    type: str
    choices: [inet4, inet6]
  description:
    description: What the address is for. If left out, it is left as it is.
    type: str
  labels:
    description:
      - All labels, beside C(name) and the one of ownership. If left out, they are left as they are.
    type: dict
  healthcheck:
    description:
      - How Exoscale finds out which instances answer. If left out, it is left as it is.
      - Keys that are left out are left as they are, or take Exoscale's default for a new one.
    type: dict
    suboptions:
      mode:
        description: What is asked.
        type: str
        choices: [tcp, http, https]
        required: true
      port:
        description: The port that is asked.
        type: int
        required: true
      uri:
        description: The path that is asked, for HTTP and HTTPS.
        type: str
      interval:
        description: Seconds between two checks, V(5) to V(300). Exoscale's default is 10.
        type: int
      timeout:
        description: Seconds to wait for an answer, V(2) to V(60). Exoscale's default is 2.
        type: int
      strikes_ok:
        description: Answers in a row until an instance counts as healthy, V(1) to V(20). Exoscale's default is 2.
        type: int
      strikes_fail:
        description: Failures in a row until it no longer does, V(1) to V(20). Exoscale's default is 3.
        type: int
      tls_sni:
        description: The name that the certificate is checked against, for HTTPS.
        type: str
      tls_skip_verify:
        description: Whether any certificate will do, for HTTPS.
        type: bool
  instances:
    description:
      - Names or ids of all instances that the address leads to. Others are detached, once those that lack are attached.
      - If left out, they are left as they are. If set, one call is made for each instance of the zone, since the list
        of instances does not tell.
    type: list
    elements: str
  reverse_dns:
    description:
      - The domain name that the address resolves to; empty for none. If left out, it is left as it is.
    type: str
"""

EXAMPLES = r"""
- name: A fixed address in front of two web servers
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

- name: Give it back
  sovereign.vdc.exoscale_elastic_ip:
    zone: ch-dk-2
    name: web
    state: absent
"""

RETURN = r"""
elastic_ip:
  description: The elastic IP, as it is now. In check mode, as it would be. Null if there is none.
  returned: always
  type: dict
  contains:
    id:
      description: Its id. Not there in check mode if it is still to be made.
      type: str
      sample: 5b1e9c5a-7c1e-4f8e-9a51-2a0c2f0a3e11
    name:
      description: The name, address or id that was given.
      type: str
      sample: web
    ip:
      description: The address. Not there in check mode if it is still to be made.
      type: str
      sample: 198.51.100.7
    cidr:
      description: The network of the address, if Exoscale tells it.
      type: str
      sample: 198.51.100.7/32
    address_family:
      description: V(inet4) or V(inet6).
      type: str
      sample: inet4
    description:
      description: What it is for.
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
      description: The names of all instances that it leads to, if O(instances) is set or it is deleted.
      type: list
      elements: str
      sample: [web1, web2]
    reverse_dns:
      description: The domain name that it resolves to, if O(reverse_dns) is set.
      type: str
      sample: www.example.com
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
