#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: exoscale_usage_info
short_description: Show the usage report of an Exoscale account
version_added: 0.1.0
description:
  - Reads the usage report of a month and sums it up by product.
  - Quantities are decimal numbers in strings and sums are exact, so that they can be billed.
author:
  - The sovereign.vdc founders (@sovereign-vdc)
extends_documentation_fragment:
  - sovereign.vdc.exoscale
  - sovereign.vdc.calls
  - sovereign.vdc.attributes.info
  - sovereign.vdc.attributes.exoscale_group
options:
  period:
    description:
      - The month, like V(2026-10). By default the current one.
    type: str
  product:
    description: Only products whose name is this, or matches this pattern (V(*) for anything).
    type: str
"""

EXAMPLES = r"""
- name: Read the usage of October
  sovereign.vdc.exoscale_usage_info:
    zone: ch-dk-2
    period: "2026-10"
  register: october
"""

RETURN = r"""
usage:
  description: The lines of the report.
  returned: success
  type: list
  elements: dict
  sample:
    - from: "2026-10-01"
      to: "2026-10-02"
      product: instance
      variable: medium
      description: Running instance
      quantity: "24.0"
      unit: hours
totals:
  description: The sums of all lines by product, variable and unit, sorted.
  returned: success
  type: list
  elements: dict
  contains:
    product:
      description: The product.
      type: str
      sample: instance
    variable:
      description: What of the product.
      type: str
      sample: medium
    unit:
      description: What is counted.
      type: str
      sample: hours
    quantity:
      description: The exact sum, a decimal number.
      type: str
      sample: "744.0"
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
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.usage import run
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.module import run_module

OPTIONS = {**LOGIN_OPTIONS, "period": {"type": "str"}, "product": {"type": "str"}}


def main() -> None:
    """Run the module."""
    run_module(OPTIONS, connect, run)


if __name__ == "__main__":
    main()
