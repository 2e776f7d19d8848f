#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: hetzner_location_info
short_description: List the locations of Hetzner Cloud
version_added: 0.1.0
description:
  - Lists the locations where Hetzner Cloud can create resources.
options:
  name:
    description:
      - Name of the only location to list. Without it, all are listed.
      - The list is empty when no location has this name.
    type: str
extends_documentation_fragment:
  - sovereign.vdc.hetzner
  - sovereign.vdc.calls
  - sovereign.vdc.attributes.info
  - sovereign.vdc.attributes.hetzner_group
author:
  - The sovereign.vdc founders (@sovereign-vdc)
"""

EXAMPLES = r"""
- name: List the locations
  sovereign.vdc.hetzner_location_info:
  register: known

- name: Read the location Falkenstein
  sovereign.vdc.hetzner_location_info:
    name: fsn1
  register: falkenstein

- name: Check that the location is in the network zone of the tenants
  ansible.builtin.assert:
    that: falkenstein.locations[0].network_zone == 'eu-central'
"""

RETURN = r"""
locations:
  description: The locations, in the order of their names.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name of the location.
      type: str
      sample: fsn1
    city:
      description: City that the location is closest to.
      type: str
      sample: Falkenstein
    country:
      description: Country of the location, as the code of ISO 3166-1 with two letters.
      type: str
      sample: DE
    network_zone:
      description: Network zone that the location is in.
      type: str
      sample: eu-central
    description:
      description: Description of the location.
      type: str
      sample: Falkenstein DC Park 1
    latitude:
      description: Latitude of the city, in degrees.
      type: float
      sample: 50.47612
    longitude:
      description: Longitude of the city, in degrees.
      type: float
      sample: 12.370071
error:
  description: The error. C(code), C(message) and C(details) are the provider's where it gave them, and C(correlation_id)
    is what its support asks for.
  returned: failure
  type: dict
  sample: {code: unauthorized, message: the token is invalid, details: null, correlation_id: 8c2b6a5f0d1e4f37}
api_calls:
  description: How many calls to the provider the module made, those that read and those that change something.
  returned: always
  type: dict
  sample: {reads: 1, writes: 0}
"""

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.client import LOGIN_OPTIONS, connect
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.locations import run
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.module import run_module


def main() -> None:
    """Run the module."""
    run_module({**LOGIN_OPTIONS, "name": {"type": "str"}}, connect, run)


if __name__ == "__main__":
    main()
