#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: hetzner_price_info
short_description: Show the Hetzner Cloud price list and the costs of existing servers
version_added: 0.1.0
description:
  - Reads the price list of the project, per server type and location.
  - For a selection of servers, returns the monthly cost of each with its backups, IPv4 address and volumes, and the sum.
  - A server keeps the price of the day when it was created or rescaled, which the API does not show.
    M(sovereign.vdc.hetzner_servers) records it in labels. A server without these labels is shown at today's price, with
    C(grandfathered=unknown).
  - Amounts are exact decimal numbers, returned as strings. Traffic beyond what is included is not in the sums.
options:
  server_types:
    description:
      - Names of the server types in the price list. Default is all.
    type: list
    elements: str
  locations:
    description:
      - Names of the locations in the price list. Default is all.
    type: list
    elements: str
  label_selector:
    description:
      - The servers whose costs are returned, as a label selector of the provider, such as V(fleet=web); V("") for all servers of the project.
      - Without it, only the price list is read.
    type: str
extends_documentation_fragment:
  - sovereign.vdc.hetzner
  - sovereign.vdc.calls
  - sovereign.vdc.attributes.info
  - sovereign.vdc.attributes.hetzner_group
seealso:
  - module: sovereign.vdc.hetzner_servers
author:
  - The sovereign.vdc founders (@sovereign-vdc)
"""

EXAMPLES = r"""
- name: Read what the small types cost in Germany
  sovereign.vdc.hetzner_price_info:
    server_types: [cx23, cx33]
    locations: [fsn1, nbg1]
  register: list

- name: Read what the web fleet costs a month
  sovereign.vdc.hetzner_price_info:
    label_selector: fleet=web
  register: web

- name: Show the costs of the fleet
  ansible.builtin.debug:
    msg: "{{ web.total.servers }} servers, {{ web.total.month_net }} {{ web.currency }} a month"
"""

RETURN = r"""
currency:
  description: ISO 4217 code of all amounts.
  returned: success
  type: str
  sample: EUR
vat_rate:
  description: Value added tax in percent, as it applies to the project's owner.
  returned: success
  type: str
  sample: "19"
server_types:
  description: The price list.
  returned: success
  type: list
  elements: dict
  contains:
    server_type:
      description: Name of the server type.
      type: str
      sample: cx23
    location:
      description: Name of the location.
      type: str
      sample: fsn1
    hourly_net:
      description: Price an hour without tax.
      type: str
      sample: "0.0088"
    hourly_gross:
      description: Price an hour with tax.
      type: str
      sample: "0.010472"
    monthly_net:
      description: The most that a month costs without tax.
      type: str
      sample: "5.49"
    monthly_gross:
      description: The most that a month costs with tax.
      type: str
      sample: "6.5331"
    included_traffic_bytes:
      description: Outgoing traffic a month that is included, in bytes.
      type: int
      sample: 21990232555520
    traffic_tb_net:
      description: Price of each further TB without tax.
      type: str
      sample: "1"
    traffic_tb_gross:
      description: Price of each further TB with tax.
      type: str
      sample: "1.19"
extras:
  description: Prices of the resources of a server, without tax.
  returned: success
  type: dict
  contains:
    volume_gb_month_net:
      description: Price of a GB of volume a month.
      type: str
      sample: "0.044"
    snapshot_gb_month_net:
      description: Price of a GB of snapshot a month.
      type: str
      sample: "0.0119"
    backup_percentage:
      description: What backups add to the price of a server, in percent.
      type: str
      sample: "20"
    primary_ipv4_month_net:
      description: Price of a public IPv4 address a month, by location.
      type: dict
      sample: {"fsn1": "0.5"}
servers:
  description: The servers of the selection.
  returned: if O(label_selector) is given
  type: list
  elements: dict
  contains:
    name:
      description: Name.
      type: str
      sample: web-1
    server_type:
      description: Name of the server type.
      type: str
      sample: cx23
    location:
      description: Name of the location.
      type: str
      sample: fsn1
    hourly_net:
      description: Price an hour that the server keeps, without tax.
      type: str
      sample: "0.0088"
    monthly_net:
      description: The most that a month costs at the price that the server keeps, without tax.
      type: str
      sample: "5.49"
    list_monthly_net:
      description: What the same costs if ordered today; null if it cannot be ordered any more.
      type: str
      sample: "5.49"
    grandfathered:
      description: Whether the server keeps another price than today's; V(unknown) if its price was never recorded.
      type: str
      sample: "no"
    parts_month_net:
      description: What makes up the sum, without tax. C(server), C(backups), C(ipv4), C(volumes).
      type: dict
      sample: {"backups": "0", "ipv4": "0.5", "server": "5.49", "volumes": "0.44"}
    total_month_net:
      description: The most that a month costs of the server and its resources, without tax.
      type: str
      sample: "6.43"
total:
  description: The sum of the selection.
  returned: if O(label_selector) is given
  type: dict
  contains:
    servers:
      description: How many servers.
      type: int
      sample: 3
    month_net:
      description: The most that a month costs without tax.
      type: str
      sample: "19.29"
    month_gross:
      description: The most that a month costs with tax.
      type: str
      sample: "22.9551"
    grandfathered_unknown:
      description: How many of the servers are counted at today's price because their own was never recorded.
      type: int
      sample: 0
error:
  description: The error. C(code), C(message) and C(details) are the provider's where it gave them, and C(correlation_id)
    is what its support asks for.
  returned: failure
  type: dict
  sample:
    code: unauthorized
    message: "api_token is not accepted: the token you have provided is invalid"
    details: null
    correlation_id: 8c2b6a5f0d1e4f37
api_calls:
  description: Number of API calls, by C(reads) and C(writes).
  returned: always
  type: dict
  sample: {"reads": 2, "writes": 0}
"""

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.client import LOGIN_OPTIONS, connect
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.prices.execute import run
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.module import run_module


def main() -> None:
    """Run the module."""
    own = {
        "server_types": {"type": "list", "elements": "str"},
        "locations": {"type": "list", "elements": "str"},
        "label_selector": {"type": "str"},
    }
    run_module({**LOGIN_OPTIONS, **own}, connect, run)


if __name__ == "__main__":
    main()
