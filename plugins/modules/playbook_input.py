#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: playbook_input
short_description: Check the options that were given to a playbook of this collection
version_added: 0.1.0
description:
  - Reads the playbook's options from the extra variables, the survey's answers and the inventory before anything evaluates
    them, checks them against C(playbooks/options/<playbook>.yml), and returns them in their types. Later tasks use the
    returned values only.
  - An option's value is never evaluated as a template, and a value that is one is rejected. A variable that the option's file
    calls one of the inventory may be a template there, but not on the command line.
  - Blank and null values and the words V(None) and V(null), which surveys leave for questions that were not answered, mean
    that the option is not given. White space around a value is removed.
  - A confirmation must repeat exactly what it confirms. Booleans are V(true), V(false), V(yes) and V(no). Times are dates,
    which mean their beginning in UTC, ISO 8601 times with their zone, or seconds since the epoch.
  - An extra variable whose name is no option of any playbook, but nearly one of this playbook, is rejected.
options:
  playbook:
    description:
      - Name of the playbook, such as V(tenant_create).
    type: str
    required: true
  catalog:
    description:
      - The catalog, for playbooks with options that are a tier or a location. C(tiers) and C(locations) of it are used.
    type: dict
    default: {}
extends_documentation_fragment:
  - sovereign.vdc.attributes
attributes:
  action:
    description: Whether the module runs on the controller.
    support: full
  check_mode:
    details:
      - Nothing is changed.
  diff_mode:
    support: N/A
    details:
      - Nothing is changed.
author:
  - The sovereign.vdc founders (@sovereign-vdc)
"""

EXAMPLES = r"""
- name: Validate input
  hosts: localhost
  gather_facts: false
  tags: [always]
  tasks:
    - name: Check the options
      sovereign.vdc.playbook_input:
        playbook: tenant_resume
      register: tenant_resume_input

- name: Plan
  hosts: localhost
  gather_facts: false
  tasks:
    - name: Record the desired state in the ledger
      sovereign.vdc.tenant:
        name: "{{ tenant_resume_input.tenant }}"
        event: "{{ tenant_resume_input.event | default(omit) }}"
        desired_state: active
        change: true
"""

RETURN = r"""
<option>:
  description:
    - Each option of the playbook that is given or has a default, by its name, in the type that the option's file says. Times
      are seconds since the epoch. An option that is not given is missing.
    - Where a secret is among the values, Ansible does not show the result.
  returned: success
  type: raw
  sample: acme
"""
