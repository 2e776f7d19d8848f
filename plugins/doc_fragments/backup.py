# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """Options of the modules that work with a tenant's backups on a storage node."""

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
    description: The tenant's number in the ledger. The module fails for a volume with the same name and another number.
    type: int
    required: true
  identity:
    description:
      - The tenant's identity in the ledger. The module fails for a volume or a backup of the same name with another one.
        If empty, identities are not compared.
    type: str
    default: ""
  first_uid:
    description: The first of the tenant's thousand user ids. The default is 100000 plus 1000 times O(number).
    type: int
  repository:
    description: The repository's URL in restic's notation, such as V(s3:https://sos-ch-dk-2.exo.io/backups/acme).
    type: str
    required: true
  password:
    description:
      - The password that encrypts the repository. Backups cannot be restored without it.
      - Password and keys reach restic in files that exist in memory only; they are never on a disk of the node, in an argument
        or in the environment of a process.
    type: str
    required: true
  access_key:
    description: The access key of the object storage.
    type: str
    default: ""
  secret_key:
    description: The secret key of the object storage.
    type: str
    default: ""
  region:
    description: The region of the object storage, if it requires one.
    type: str
    default: ""
  pool:
    description: Name of the volume group.
    type: str
    default: vdc_pool
  mount_root:
    description: The directory below which tenants' volumes are mounted.
    type: path
    default: /srv/vdc
  wait:
    description: How many seconds to wait for another run that uses the same backups on this node.
    type: int
    default: 600
"""
