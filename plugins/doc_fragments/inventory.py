# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """Options that both inventory plugins have."""

    DOCUMENTATION = r"""
options:
  label_selector:
    description:
      - Only servers whose labels match.
      - Terms joined by commas, all of which must hold. A term is C(k), C(!k), C(k=v), C(k!=v), C(k in (a,b)) or
        C(k notin (a,b)).
    type: str
  labels:
    description: Only servers that have all of these labels.
    type: dict
    default: {}
  fleet:
    description:
      - Only servers of this fleet, which have it as their label C(fleet). Two fleets in one account see nothing of each other.
      - The playbooks of this collection refuse an inventory that reads another fleet than C(vdc_fleet), or all fleets.
      - May be a template.
    type: str
    env:
      - name: VDC_FLEET
  status:
    description: Only servers with one of these statuses of the provider, such as V(running).
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
      - How Ansible connects to a host. The first address in this order that the host has becomes its C(ansible_host).
      - V(private) is the address in O(network), or in the host's only private network.
      - V(tunnel) is O(tunnel_address), or the value of the label O(tunnel_label).
      - V(name) is the server's name, if it can be resolved.
      - A host that has none of them gets no C(ansible_host). With O(strict) that is an error.
    type: list
    elements: str
    choices: [public_ipv4, public_ipv6, private, tunnel, name]
    default: [public_ipv4]
  network:
    description: Name or id of the private network whose address V(private) of O(connect_with) uses.
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
      - Without it the server's name is used. Hosts with the same name all get their id appended.
    type: str
  hostvars_prefix:
    description:
      - Put before the name of every variable of a host.
      - It is the same for both providers, so that one play can use both.
    type: str
    default: vdc_
  label_groups:
    description:
      - Labels that make groups. A host whose label C(role) is C(storage) is added to the group C(role_storage), one whose label
        C(role) is empty to C(role).
    type: list
    elements: str
    default: []
  concurrency:
    description: Number of concurrent API calls.
    type: int
    default: 16
  api_timeout:
    description: Seconds that one API call may take.
    type: float
    default: 30.0
  api_retries:
    description: How often a failed API call is repeated if the provider may serve it later.
    type: int
    default: 8
notes:
  - A server is listed in a warning instead of being added if its name is not made of letters, digits, C(-), C(_) and C(.), or if it
    is a word or a group's name, such as C(all), C(localhost), C(true) or C(role_storage). The same holds for a server with the
    name of a server of the other cloud. A label whose value has other characters makes no group.
  - The group C(all) gets the variable C(vdc_inventory_sources), which says for each file of options what was to be read
    (C(provider), C(fleet), C(zones), C(filters)), whether it was read (C(complete), C(error)), and when (C(read_at), seconds since the
    epoch; with a cache the time of the API calls). The playbooks refuse an inventory that is incomplete or old.
  - Values from the provider (names, labels, descriptions) are never rendered as templates.
  - The cache key contains the endpoint, the filters and a fingerprint of the credentials. A cache hit makes no API call.
"""
