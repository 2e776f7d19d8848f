#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
module: tenant_volume
short_description: Manage a tenant's volume on a storage node and its NFS export
version_added: 0.1.0
author:
  - The sovereign.vdc founders (@sovereign-vdc)
description:
  - Creates a logical volume with XFS in the pool, mounts it now and at every boot, and exports it over NFS to the tenant's
    address only.
  - Grows it while the tenant writes, shrinks it by copying it to a smaller volume, creates and removes snapshots, and removes it.
  - Runs on the storage node as root. Each run reads the current state from LVM, the mounts and the exports, so a run can be
    interrupted anywhere and repeated.
  - The logical volume C(t-<tenant>) carries the tag C(managed-by=sovereign.vdc), the tenant's name and its number.
    Volumes without these three tags are never changed or removed. Neither is one with another O(identity), and nothing is
    changed on a node that has another tenant's volume with the same number or identity.
requirements:
  - lvm2, xfsprogs, nfs-kernel-server and, for shrinking, rsync on the node
  - python >= 3.10 on the node
extends_documentation_fragment:
  - sovereign.vdc.attributes
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
      - The tenant's identity in the ledger. The module fails for a volume with another one, and records it on a volume that
        has none. If empty, identities are not compared.
    type: str
    default: ""
  facts:
    description:
      - Facts about the tenant, such as its tier, which are recorded as tags of the volume, so that M(sovereign.vdc.ledger_rebuild)
        can make a lost ledger again. If empty, recorded facts are left as they are.
    type: dict
    default: {}
  state:
    description:
      - V(present) - the volume exists and is exported to the tenant.
      - V(closed) - the volume keeps its data, if it exists, and is neither mounted nor exported, because the data was copied to
        another storage node. The module fails for V(present) from then on.
      - V(absent) - the volume and its snapshots are removed with all data.
    type: str
    choices: [present, closed, absent]
    default: present
  size_gib:
    description: Size in GiB. Required for O(state=present).
    type: int
  client:
    description: The only address that may mount the volume. Required for O(state=present).
    type: str
  uid:
    description:
      - User and group id that the tenant's root is mapped to.
      - The default is 100000 plus 1000 times O(number).
    type: int
  pool:
    description: Name of the volume group.
    type: str
    default: vdc_pool
  mount_root:
    description: The directory below which tenants' volumes are mounted.
    type: path
    default: /srv/vdc
  directories:
    description: Directories to create on the volume, each with its owner and mode. Directories that are not listed are left as they are.
    type: list
    elements: dict
    default: []
    suboptions:
      path:
        description: The path below the volume's root, without C(..).
        type: str
        required: true
      uid:
        description: Owner, as user and group id. The default is O(uid).
        type: int
      mode:
        description: Permissions, in octal.
        type: str
        default: "0700"
  shrink:
    description:
      - What the module may do when O(size_gib) is less than the volume has. There is one complete copy of the tenant's data at
        every moment.
      - V(refuse) fails.
      - V(prepare) creates a smaller volume and copies the data while the tenant writes.
      - V(switch) ends the export, copies what changed since, compares the checksums of all files, exchanges the two volumes
        and exports the smaller one. The tenant's stack must be stopped and the volume unmounted on the compute node.
      - V(finish) removes the old volume, or the copy of a shrink that was canceled.
    type: str
    choices: [refuse, prepare, switch, finish]
    default: refuse
  snapshots:
    description:
      - Snapshots, mounted read-only below C(<mount_root>/.snapshots/<tenant>) on the storage node. Snapshots that are not listed
        are left as they are.
      - A volume with snapshots can neither grow nor shrink.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the snapshot; letters, digits, hyphens and underscores.
        type: str
        required: true
      state:
        description: Whether the snapshot exists.
        type: str
        choices: [present, absent]
        default: present
  snapshot_percent:
    description: Size of a new snapshot in percent of O(size_gib). It holds what is overwritten while the snapshot exists.
    type: int
    default: 20
  confirm:
    description: Repeat O(tenant) here for O(state=absent), because all data of the tenant is lost.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Create a volume of 10 GiB
  sovereign.vdc.tenant_volume:
    tenant: acme
    number: 7
    size_gib: 10
    client: 10.99.64.7

- name: Grow the volume to 20 GiB
  sovereign.vdc.tenant_volume:
    tenant: acme
    number: 7
    size_gib: 20
    client: 10.99.64.7

- name: Create a snapshot of the volume
  sovereign.vdc.tenant_volume:
    tenant: acme
    number: 7
    size_gib: 20
    client: 10.99.64.7
    snapshots: [{name: nightly}]

- name: Delete the volume with all data
  sovereign.vdc.tenant_volume:
    tenant: acme
    number: 7
    state: absent
    confirm: acme
"""

RETURN = r"""
volume:
  description: The current volume; C(size_gib) is null where there is none.
  returned: success
  type: dict
  sample:
    tenant: acme
    size_gib: 10.0
    closed: false
    marks: {identity: 9f86d081884c7d65, tier: casual}
    mounted: true
    export: /srv/vdc/acme 10.99.64.7(rw,sync,mp,no_subtree_check,root_squash,anonuid=107000,anongid=107000,sec=sys)
    directories: {}
    snapshots: [nightly]
    copy_gib: null
    old_kept: false
used:
  description: Bytes that the volume holds.
  returned: success
  type: int
verified:
  description: After a switch, the number of entries that were compared, and their checksum; otherwise empty.
  returned: success
  type: str
"""

from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.module import Module
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.node import Node
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.volume import converge
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.volume.options import spec_from_params
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.volume.result import view
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.volume.shrink import ShrinkSteps


def main() -> None:
    """Run the module."""
    directory = {
        "path": {"type": "str", "required": True},
        "uid": {"type": "int"},
        "mode": {"type": "str", "default": "0700"},
    }
    snapshot = {
        "name": {"type": "str", "required": True},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    }
    module = Module(
        argument_spec={
            "tenant": {"type": "str", "required": True},
            "number": {"type": "int", "required": True},
            "identity": {"type": "str", "default": ""},
            "facts": {"type": "dict", "default": {}},
            "state": {"type": "str", "choices": ["present", "closed", "absent"], "default": "present"},
            "size_gib": {"type": "int"},
            "client": {"type": "str"},
            "uid": {"type": "int"},
            "pool": {"type": "str", "default": "vdc_pool"},
            "mount_root": {"type": "path", "default": "/srv/vdc"},
            "directories": {"type": "list", "elements": "dict", "default": [], "options": directory},
            "shrink": {"type": "str", "choices": ["refuse", "prepare", "switch", "finish"], "default": "refuse"},
            "snapshots": {"type": "list", "elements": "dict", "default": [], "options": snapshot},
            "snapshot_percent": {"type": "int", "default": 20},
            "confirm": {"type": "str", "default": ""},
        },
        required_if=[("state", "present", ("size_gib", "client"))],
    )
    with module.failures():
        module.exit_json(**run(module.params, Node(module), module.check_mode, module._diff))


def run(params: dict[str, Any], node: Node, check: bool, diff: bool) -> dict[str, Any]:
    """Converge the volume unless ``check``; return the module's result. Raises ``StorageError``."""
    spec = spec_from_params(params)
    steps = ShrinkSteps(node, spec)
    if params["state"] == "present":
        done = converge.present(steps, spec, check)
    elif params["state"] == "closed":
        done = converge.closed(steps, spec, check)
    else:
        done = converge.absent(steps, spec, params["confirm"], check)
    result = {
        "changed": done.changed,
        "volume": view(spec, done.state),
        "used": done.state.used,
        "verified": steps.verified,
    }
    if diff:
        result["diff"] = {"before": done.before, "after": done.after}
    return result


if __name__ == "__main__":
    main()
