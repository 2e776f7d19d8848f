#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: exoscale_security_group
short_description: Keep a security group of Exoscale and all its rules
version_added: 0.1.0
description:
  - Creates, changes and deletes a security group, with its rules as one set.
  - Two spellings of a rule are one rule. Networks are compared as networks, groups by identity, and the order of
    rules does not matter.
  - What lacks is added before what is surplus is removed, so that nobody is locked out in between.
  - Security groups carry no labels. This module marks those that it makes at the end of their description, hides
    that mark, and refuses to touch a group without it.
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
      - Name or id of the group. A name that two groups bear is refused; give the id then.
    type: str
    required: true
  state:
    description:
      - Whether the group shall exist.
      - A group that instances, instance pools or rules of other groups use is not deleted; the message names them.
    type: str
    choices: [present, absent]
    default: present
  description:
    description:
      - What the group is for, up to 228 characters.
      - Exoscale cannot change it later, so another value for an existing group is refused.
    type: str
  rules:
    description:
      - The rules, in any order. If left out, rules are left as they are; an empty list removes them all.
    type: list
    elements: dict
    suboptions:
      flow_direction:
        description: Whether the rule is for traffic to the instances or from them.
        type: str
        choices: [ingress, egress]
        default: ingress
      protocol:
        description: The protocol that is let through.
        type: str
        choices: [ah, all, esp, gre, icmp, icmpv6, ipip, tcp, udp]
        default: tcp
      network:
        description:
          - The other side, as a network (V(192.0.2.0/24), V(2001:db8::/32)) or one address.
          - One of O(rules[].network) and O(rules[].security_group) is needed.
        type: str
      security_group:
        description: The other side, as the name or id of a security group; the group itself is allowed.
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
        description: What the rule is for. A rule with another description is another rule.
        type: str
        default: ''
  exact_rules:
    description:
      - Whether rules that are not in O(rules) are removed. Needs O(rules).
    type: bool
    default: true
  external_sources:
    description:
      - Networks outside of Exoscale that count as members of this group wherever a rule names it.
      - If left out, they are left as they are; an empty list removes them all.
    type: list
    elements: str
"""

EXAMPLES = r"""
- name: Storage nodes take SSH from the office and the tunnel from anywhere
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

- name: Let one more network in and leave all other rules alone
  sovereign.vdc.exoscale_security_group:
    zone: ch-dk-2
    name: storage
    exact_rules: false
    rules:
      - {port: 9100, network: 203.0.113.7}

- name: Remove the group once nothing uses it
  sovereign.vdc.exoscale_security_group:
    zone: ch-dk-2
    name: storage
    state: absent
"""

RETURN = r"""
security_group:
  description: The group, as it is now. In check mode, as it would be. Null if there is none.
  returned: always
  type: dict
  contains:
    id:
      description: The group's id. Not there in check mode if the group is still to be made.
      type: str
      sample: 5b1e9c5a-7c1e-4f8e-9a51-2a0c2f0a3e11
    name:
      description: The group's name.
      type: str
      sample: storage
    description:
      description: Its description, without the mark of ownership.
      type: str
      sample: Storage nodes
    rules:
      description: All rules, normalised and in order; each has only what applies to it.
      type: list
      elements: dict
      sample:
        - flow_direction: ingress
          protocol: tcp
          network: 198.51.100.0/24
          port: "22"
          description: Office
    external_sources:
      description: All external sources, canonical and in order.
      type: list
      elements: str
      sample: [192.0.2.0/24]
api_calls:
  description: How many API calls were made, those that only read and those that change.
  returned: always
  type: dict
  sample: {reads: 2, writes: 0}
error:
  description: The cause of a failure.
  returned: on failure
  type: dict
  sample: {code: not_found, message: no such thing, details: null, correlation_id: null}
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
