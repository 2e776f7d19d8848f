# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """Options and requirements of everything that uses the Hetzner Cloud API."""

    DOCUMENTATION = r"""
options:
  api_token:
    description:
      - The API token of the Hetzner project, with read and write permission.
      - If not set, the environment variable E(HCLOUD_TOKEN) is read.
    type: str
  api_endpoint:
    description:
      - The URL of the API.
      - If not set, the environment variable E(HCLOUD_ENDPOINT) is read.
    type: str
    default: https://api.hetzner.cloud/v1
requirements:
  - python >= 3.11
  - hcloud >= 2.23
  - requests >= 2.31
seealso:
  - name: Hetzner Cloud API
    description: The provider's reference.
    link: https://docs.hetzner.cloud
"""
