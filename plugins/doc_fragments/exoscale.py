# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Options that every Exoscale module has."""

from __future__ import annotations


class ModuleDocFragment:
    """``extends_documentation_fragment: sovereign.vdc.exoscale``."""

    DOCUMENTATION = r"""
options:
  api_key:
    description:
      - The API key of the Exoscale account.
      - The environment variable E(EXOSCALE_API_KEY) is used when this is not set.
    type: str
  api_secret:
    description:
      - The secret that belongs to O(api_key).
      - The environment variable E(EXOSCALE_API_SECRET) is used when this is not set.
    type: str
  zone:
    description:
      - The zone to work in, for instance V(ch-dk-2).
      - The environment variable E(EXOSCALE_ZONE) is used when this is not set.
      - May be left out when O(api_endpoint) is set; then the zone is the one which that endpoint serves.
    type: str
  api_endpoint:
    description:
      - The URL of an Exoscale API, including C(/v2).
      - The environment variable E(EXOSCALE_API_ENDPOINT) is used when this is not set.
      - By default it is derived from O(zone). When both are set, the endpoint of O(zone) is taken from the
        list of zones that this one gives.
    type: str
  api_timeout:
    description: Seconds until a call to the API that gets no answer is given up.
    type: float
    default: 30
  api_retries:
    description:
      - How often a call is repeated that Exoscale could not serve at the moment.
      - A change whose answer was lost is never repeated blindly. Its outcome is looked up first.
    type: int
    default: 8
  wait:
    description:
      - Wait until Exoscale has finished what was started.
      - When V(false), a change that takes several steps is only begun. Run again to go on with it.
    type: bool
    default: true
  wait_timeout:
    description: The longest wait for each step, in seconds.
    type: float
    default: 300
requirements:
  - exoscale >= 0.16
"""
