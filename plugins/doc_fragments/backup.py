# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """Options of all that works with a tenant's backups."""

    DOCUMENTATION = r"""
requirements:
  - restic >= 0.12, lvm2 and xfsprogs on the node
  - python >= 3.10 on the node
options:
  tenant:
    description: The tenant's name, 1 to 32 lower-case letters, digits and hyphens.
    type: str
    required: true
  number:
    description: The tenant's number in the ledger. A volume with the same name and another number is refused.
    type: int
    required: true
  first_uid:
    description: The first of the tenant's thousand user ids. By default 100000 and 1000 for each O(number).
    type: int
  repository:
    description: The repository in restic's notation, such as V(s3:https://sos-ch-dk-2.exo.io/backups/acme).
    type: str
    required: true
  password:
    description:
      - The password that the repository is encrypted with. Without it, the backups are lost.
      - It reaches restic in a file that exists in memory only, as the keys do; it is never on a disk of the node, in an
        argument or in the environment of a process.
    type: str
    required: true
  access_key:
    description: The access key of the object storage.
    type: str
    default: ""
  secret_key:
    description: Its secret.
    type: str
    default: ""
  region:
    description: The region of the object storage, where it asks for one.
    type: str
    default: ""
  pool:
    description: The volume group.
    type: str
    default: vdc_pool
  mount_root:
    description: The directory that tenants' volumes are mounted below.
    type: path
    default: /srv/vdc
  wait:
    description: How many seconds to wait for another run that works on the same backups on this node.
    type: int
    default: 600
"""
