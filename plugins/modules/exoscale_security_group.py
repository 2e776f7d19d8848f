#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: exoscale_security_group
short_description: Manage Exoscale security groups and their rules
version_added: 0.1.0
description:
  - Creates, changes and deletes a security group, with its rules as one set.
  - Rules are compared by meaning - networks as networks, groups by id, in any order.
  - Missing rules are added before surplus rules are removed, so that access is never interrupted.
  - Security groups have no labels. This module appends an ownership marker to the description of the groups that it
    creates, hides the marker, and rejects groups without it.
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
      - Name or id of the group. A name that several groups have is rejected; give the id then.
    type: str
    required: true
  state:
    description:
      - Whether the group exists.
      - A group that is used by instances, instance pools or rules of other groups is not deleted; the message names them.
    type: str
    choices: [present, absent]
    default: present
  description:
    description:
      - Description, up to 228 characters.
      - Exoscale cannot change it later, so another value for an existing group is rejected.
    type: str
  rules:
    description:
      - The rules, in any order. If omitted, rules are not changed; an empty list removes them all.
    type: list
    elements: dict
    suboptions:
      flow_direction:
        description: Whether the rule is for traffic to the instances or from them.
        type: str
        choices: [ingress, egress]
        default: ingress
      protocol:
        description: The protocol that the rule allows.
        type: str
        choices: [ah, all, esp, gre, icmp, icmpv6, ipip, tcp, udp]
        default: tcp
      network:
        description:
          - The remote side, as a network (V(192.0.2.0/24), V(2001:db8::/32)) or an address.
          - One of O(rules[].network) and O(rules[].security_group) is required.
        type: str
      security_group:
        description: The remote side, as the name or id of a security group; the group itself is allowed.
        type: str
      visibility:
        description: V(public) if O(rules[].security_group) is the name of a group that Exoscale publishes.
        type: str
        choices: [private, public]
        default: private
      port:
        description: The port or range of ports (V(443), V(8000-8100)), for TCP and UDP.
        type: str
      start_port:
        description: The first port, instead of O(rules[].port).
        type: int
      end_port:
        description: The last port, instead of O(rules[].port).
        type: int
      icmp_type:
        description: The ICMP type, from V(0) to V(254). By default any (V(-1)).
        type: int
      icmp_code:
        description: The ICMP code, from V(0) to V(254). By default any (V(-1)).
        type: int
      description:
        description: Description. Rules with different descriptions are different rules.
        type: str
        default: ''
  exact_rules:
    description:
      - Whether rules that are not in O(rules) are removed. Has no effect without O(rules).
    type: bool
    default: true
  external_sources:
    description:
      - Networks outside of Exoscale that count as members of this group wherever a rule names it.
      - If omitted, they are not changed; an empty list removes them all.
    type: list
    elements: str
"""

EXAMPLES = r"""
- name: Create a group that allows SSH from the office and the tunnel from anywhere
  sovereign.vdc.exoscale_security_group:
    zone: ch-dk-2
    name: storage
    description: Storage nodes
    rules:
      - {port: 22, network: 198.51.100.0/24, description: Office}
      - {protocol: udp, port: 51820, network: 0.0.0.0/0}
      - {protocol: udp, port: 51820, network: "::/0"}
      - {protocol: icmp, network: 0.0.0.0/0, icmp_type: 8, icmp_code: 0}
      - {protocol: all, security_group: storage}

- name: Add a rule and keep all other rules
  sovereign.vdc.exoscale_security_group:
    zone: ch-dk-2
    name: storage
    exact_rules: false
    rules:
      - {port: 9100, network: 203.0.113.7}

- name: Delete the group once nothing uses it
  sovereign.vdc.exoscale_security_group:
    zone: ch-dk-2
    name: storage
    state: absent
"""

RETURN = r"""
security_group:
  description: The group, after the task. In check mode, the predicted one. Null if it does not exist.
  returned: always
  type: dict
  contains:
    id:
      description: The group's id. Omitted in check mode if the group does not exist yet.
      type: str
      sample: 5b1e9c5a-7c1e-4f8e-9a51-2a0c2f0a3e11
    name:
      description: The group's name.
      type: str
      sample: storage
    description:
      description: Its description, without the ownership marker.
      type: str
      sample: Storage nodes
    rules:
      description: All rules, normalized and sorted; each has only the keys that apply to it.
      type: list
      elements: dict
      sample:
        - flow_direction: ingress
          protocol: tcp
          network: 198.51.100.0/24
          port: "22"
          description: Office
    external_sources:
      description: All external sources, canonical and sorted.
      type: list
      elements: str
      sample: [192.0.2.0/24]
api_calls:
  description: Number of API calls, by C(reads) and C(writes).
  returned: always
  type: dict
  sample: {reads: 2, writes: 0}
error:
  description: The cause of a failure, with C(code), C(message), C(details) and the provider's C(correlation_id).
  returned: on failure
  type: dict
  sample: {code: not_found, message: no such resource, details: null, correlation_id: null}
"""

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.client import LOGIN_OPTIONS, connect
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.security_group import run
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.module import WAIT_OPTIONS, run_module

RULE = {
    "flow_direction": {"type": "str", "choices": ["ingress", "egress"], "default": "ingress"},
    "protocol": {
        "type": "str",
        "choices": ["ah", "all", "esp", "gre", "icmp", "icmpv6", "ipip", "tcp", "udp"],
        "default": "tcp",
    },
    "network": {"type": "str"},
    "security_group": {"type": "str"},
    "visibility": {"type": "str", "choices": ["private", "public"], "default": "private"},
    "port": {"type": "str"},
    "start_port": {"type": "int"},
    "end_port": {"type": "int"},
    "icmp_type": {"type": "int"},
    "icmp_code": {"type": "int"},
    "description": {"type": "str", "default": ""},
}
OPTIONS = {
    **LOGIN_OPTIONS,
    **WAIT_OPTIONS,
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "description": {"type": "str"},
    "rules": {"type": "list", "elements": "dict", "options": RULE},
    "exact_rules": {"type": "bool", "default": True},
    "external_sources": {"type": "list", "elements": "str"},
}


def main() -> None:
    """Run the module."""
    run_module(OPTIONS, connect, run)


if __name__ == "__main__":
    main()
