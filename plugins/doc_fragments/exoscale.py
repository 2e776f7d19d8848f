# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations


class ModuleDocFragment:
    """Options and requirements of everything that uses Exoscale's API."""

    DOCUMENTATION = r"""
options:
  api_key:
    description:
      - The API key of the Exoscale account.
      - If not set, the environment variable E(EXOSCALE_API_KEY) is read.
    type: str
  api_secret:
    description:
      - The secret that belongs to O(api_key).
      - If not set, the environment variable E(EXOSCALE_API_SECRET) is read.
    type: str
  zone:
    description:
      - The zone, for instance V(ch-dk-2).
      - If not set, the environment variable E(EXOSCALE_ZONE) is read.
      - May be omitted when O(api_endpoint) is set; the zone is then the one of that endpoint.
    type: str
  api_endpoint:
    description:
      - The URL of an Exoscale API, including C(/v2).
      - If not set, the environment variable E(EXOSCALE_API_ENDPOINT) is read.
      - By default it is derived from O(zone). When both are set, the endpoint of O(zone) is read from the
        list of zones at O(api_endpoint).
    type: str
requirements:
  - python >= 3.11
  - exoscale >= 0.16.4
  - requests >= 2.31
seealso:
  - name: Exoscale API
    description: The provider's reference.
    link: https://openapi-v2.exoscale.com
"""
