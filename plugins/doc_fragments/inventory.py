# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """Options that the inventories of both clouds have."""

    DOCUMENTATION = r"""
options:
  label_selector:
    description:
      - Only servers whose labels fit.
      - Terms joined by commas, all of which must hold. A term is C(k), C(!k), C(k=v), C(k!=v), C(k in (a,b)) or
        C(k notin (a,b)).
    type: str
  labels:
    description: Only servers that have all of these labels.
    type: dict
    default: {}
  status:
    description: Only servers in one of these states, in the provider's own words, such as V(running).
    type: list
    elements: str
    default: []
  types:
    description: Only servers of one of these types.
    type: list
    elements: str
    default: []
  connect_with:
    description:
      - How Ansible reaches a host. Of several ways, the first that the host has becomes its C(ansible_host).
      - V(private) is the address in O(network), or in the host's only private network.
      - V(tunnel) is O(tunnel_address), or the value of the label O(tunnel_label).
      - V(name) is the server's name, for where it resolves.
      - A host that has none of them gets no C(ansible_host). With O(strict) that is an error.
    type: list
    elements: str
    choices: [public_ipv4, public_ipv6, private, tunnel, name]
    default: [public_ipv4]
  network:
    description: Name or id of the private network in which V(private) of O(connect_with) looks.
    type: str
  tunnel_label:
    description: The label that holds a host's address in the tunnel.
    type: str
    default: tunnel-address
  tunnel_address:
    description: A template for a host's address in the tunnel, instead of O(tunnel_label). The host's variables can be used.
    type: str
  hostname:
    description:
      - A template for the name of a host in the inventory. The host's variables can be used.
      - Without it the server's name is used. Hosts that would share a name all get their id appended.
    type: str
  hostvars_prefix:
    description:
      - Put before the name of every variable of a host.
      - It is the same for both providers, so that one play can deal with both.
    type: str
    default: vdc_
  label_groups:
    description:
      - Labels that make groups. A host whose label C(role) is C(storage) comes into the group C(role_storage), one whose label
        C(role) is empty into C(role).
    type: list
    elements: str
    default: []
  concurrency:
    description: How many API calls are made at once.
    type: int
    default: 16
  api_timeout:
    description: Seconds that one API call may take.
    type: float
    default: 30.0
  api_retries:
    description: How often a call is tried again that the provider could not serve in that moment.
    type: int
    default: 8
notes:
  - What the provider supplies (names, labels, descriptions) is never rendered as a template.
  - The cache's key holds the endpoint, the filters and a fingerprint of the credentials. A hit makes no API call.
"""
