#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
module: tenant_volume
short_description: A tenant's volume on a storage node, with its export
version_added: 0.1.0
author:
  - The sovereign.vdc founders (@sovereign-vdc)
description:
  - Makes a logical volume with XFS in the pool, mounts it now and at every boot, and exports it over NFS to the tenant's address alone.
  - Grows it while it is written to; shrinks it by copying to a smaller one; takes snapshots; removes it.
  - Runs on the storage node as root. The state is derived from LVM, the mounts and the exports each time, so a run may
    be interrupted and repeated at every point.
  - The logical volume C(t-<tenant>) is tagged with C(managed-by=sovereign.vdc), the tenant's name and its number.
    Nothing without these three tags is ever changed or removed.
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
    description: The tenant's number in the ledger. A volume with the same name and another number is refused.
    type: int
    required: true
  state:
    description:
      - V(present) - the volume shall be there, and open to the tenant.
      - V(closed) - if there is one, nobody shall reach it any more, because the data was copied to another storage node. Its
        data stays. V(present) is refused from then on.
      - V(absent) - it shall not be there.
    type: str
    choices: [present, closed, absent]
    default: present
  size_gib:
    description: Size in GiB. Needed for O(state=present).
    type: int
  client:
    description: The one address that may mount the volume. Needed for O(state=present).
    type: str
  uid:
    description: User and group id that the tenant's root becomes here. By default 100000 and 1000 for each O(number).
    type: int
  pool:
    description: The volume group.
    type: str
    default: vdc_pool
  mount_root:
    description: The directory that tenants' volumes are mounted below.
    type: path
    default: /srv/vdc
  directories:
    description: Directories that shall be there on the volume, each with its owner. Directories that are not named stay as they are.
    type: list
    elements: dict
    default: []
    suboptions:
      path:
        description: The path below the volume's root, without C(..).
        type: str
        required: true
      uid:
        description: Its owner, user and group. By default O(uid).
        type: int
      mode:
        description: Its permissions.
        type: str
        default: "0700"
  shrink:
    description:
      - What may be done when O(size_gib) is less than the volume has. The tenant's data never has less than one whole copy.
      - V(refuse) nothing.
      - V(prepare) makes a smaller volume and copies while the tenant writes.
      - V(switch) ends the export, copies what has changed since, compares checksums of all files, exchanges the two and
        exports again. The tenant's stack must stand still and have unmounted.
      - V(finish) removes what was kept, the old volume or the copy of a shrink that was given up.
    type: str
    choices: [refuse, prepare, switch, finish]
    default: refuse
  snapshots:
    description:
      - Snapshots, mounted read-only below C(<mount_root>/.snapshots/<tenant>) on the storage node. Those not named stay as they are.
      - While there are any, the volume neither grows nor shrinks.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Letters, digits, hyphens and underscores.
        type: str
        required: true
      state:
        description: Whether it shall be there.
        type: str
        choices: [present, absent]
        default: present
  snapshot_percent:
    description: Room of a new snapshot, in percent of O(size_gib), for what is overwritten while it is kept.
    type: int
    default: 20
  confirm:
    description: For O(state=absent) must repeat O(tenant). All data of the tenant is lost.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: A volume of 10 GiB, or one that is grown to it
  sovereign.vdc.tenant_volume:
    tenant: acme
    number: 7
    size_gib: 10
    client: 10.99.64.7

- name: A snapshot
  sovereign.vdc.tenant_volume:
    tenant: acme
    number: 7
    size_gib: 10
    client: 10.99.64.7
    snapshots: [{name: nightly}]

- name: Remove it with all data
  sovereign.vdc.tenant_volume:
    tenant: acme
    number: 7
    state: absent
    confirm: acme
"""

RETURN = r"""
volume:
  description: The volume as it is now.
  returned: success
  type: dict
  sample:
    tenant: acme
    size_gib: 10.0
    closed: false
    mounted: true
    export: /srv/vdc/acme 10.99.64.7(rw,sync,mp,no_subtree_check,root_squash,anonuid=107000,anongid=107000,sec=sys)
    directories: {}
    snapshots: [nightly]
    copy_gib: null
    old_kept: false
used:
  description: Bytes that it holds.
  returned: success
  type: int
verified:
  description: After a switch, how many entries the compared copies have, and their common checksum.
  returned: success
  type: str
"""

import ipaddress
import re
from collections.abc import Callable

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.lvm import GIB, StorageError
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.node import Node
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.tenant import TenantVolume
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.volume import (
    Seen,
    Wish,
    foreseen,
    next_absent,
    next_closed,
    next_step,
    refuse,
    refuse_absent,
    refuse_closed,
    view,
)

STATES = ["present", "absent"]


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "tenant": {"type": "str", "required": True},
            "number": {"type": "int", "required": True},
            "state": {"type": "str", "choices": ["present", "closed", "absent"], "default": "present"},
            "size_gib": {"type": "int"},
            "client": {"type": "str"},
            "uid": {"type": "int"},
            "pool": {"type": "str", "default": "vdc_pool"},
            "mount_root": {"type": "path", "default": "/srv/vdc"},
            "directories": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {
                    "path": {"type": "str", "required": True},
                    "uid": {"type": "int"},
                    "mode": {"type": "str", "default": "0700"},
                },
            },
            "shrink": {"type": "str", "choices": ["refuse", "prepare", "switch", "finish"], "default": "refuse"},
            "snapshots": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {
                    "name": {"type": "str", "required": True},
                    "state": {"type": "str", "choices": STATES, "default": "present"},
                },
            },
            "snapshot_percent": {"type": "int", "default": 20},
            "confirm": {"type": "str", "default": ""},
        },
        required_if=[("state", "present", ("size_gib", "client"))],
        supports_check_mode=True,
    )
    try:
        wish = _wish(module.params)
        worker = TenantVolume(Node(module), wish)
        work = {"present": _present, "closed": _closed, "absent": _absent}[module.params["state"]]
        changed, before, after, seen = work(module, worker, wish)
    except StorageError as error:
        module.fail_json(msg=str(error))
    result = {"changed": changed, "volume": view(wish, seen), "used": seen.used, "verified": worker.verified}
    if module._diff:
        result["diff"] = {"before": before, "after": after}
    module.exit_json(**result)


def _wish(params: dict) -> Wish:
    if not re.fullmatch(r"[a-z]([a-z0-9-]{0,30}[a-z0-9])?", params["tenant"]):
        raise StorageError(
            f"tenant: {params['tenant']!r} will not do: 1 to 32 lower-case letters, digits and hyphens, beginning with "
            f"a letter and not ending with a hyphen"
        )
    if params["number"] < 1:
        raise StorageError(f"number: {params['number']} must be 1 or more")
    uid = params["uid"] or 100000 + 1000 * params["number"]
    directories = {".": (uid, 0o711)}
    for directory in params["directories"]:
        if ".." in directory["path"].split("/") or directory["path"].startswith("/"):
            raise StorageError(
                f"directories: {directory['path']} must be a path below the volume, without a leading / and .."
            )
        if not re.fullmatch(r"0?[0-7]{3}", directory["mode"]):
            raise StorageError(
                f"directories: mode {directory['mode']} of {directory['path']} must be octal, such as 0700"
            )
        directories[directory["path"].rstrip("/")] = (directory["uid"] or uid, int(directory["mode"], 8))
    for snapshot in params["snapshots"]:
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,40}", snapshot["name"]):
            raise StorageError(
                f"snapshots: name {snapshot['name']!r} must be 1 to 40 letters, digits, hyphens, underscores"
            )
    if not 1 <= params["snapshot_percent"] <= 100:
        raise StorageError(f"snapshot_percent: {params['snapshot_percent']} must be between 1 and 100")
    return Wish(
        tenant=params["tenant"],
        number=params["number"],
        size=(params["size_gib"] or 0) * GIB,
        pool=params["pool"],
        root=params["mount_root"].rstrip("/"),
        client=_address(params["client"]) if params["client"] else "",
        uid=uid,
        shrink=params["shrink"],
        snapshots={snapshot["name"]: snapshot["state"] for snapshot in params["snapshots"]},
        snapshot_percent=params["snapshot_percent"],
        directories=directories,
    )


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise StorageError(f"client: {text!r} is no address; give the tenant's own address in the tunnel") from None


def _present(module: AnsibleModule, worker: TenantVolume, wish: Wish) -> tuple[bool, dict, dict, Seen]:
    seen = worker.read()
    refuse(wish, seen)
    before, after = view(wish, seen), foreseen(wish, seen)
    changed, ahead = False, wish.shrink == "prepare" and before["size_gib"] is not None
    step = next_step(wish, seen)
    if module.check_mode:
        return bool(step), before, after, seen
    while step:
        worker.do(step)
        changed, seen = True, worker.read()
        step = next_step(wish, seen)
    if ahead and wish.new in seen.group.volumes:
        changed = worker.copy_ahead() or changed
    return changed, before, after, seen


def _absent(module: AnsibleModule, worker: TenantVolume, wish: Wish) -> tuple[bool, dict, dict, Seen]:
    seen = worker.read()
    refuse_absent(wish, seen, module.params["confirm"])
    before = view(wish, seen)
    changed, seen = _all(module, worker, wish, seen, next_absent)
    return changed, before, {"tenant": wish.tenant, "size_gib": None}, seen


def _closed(module: AnsibleModule, worker: TenantVolume, wish: Wish) -> tuple[bool, dict, dict, Seen]:
    seen = worker.read()
    refuse_closed(wish, seen)
    before = view(wish, seen)
    after = before
    if before["size_gib"] is not None:
        after = {**before, "closed": True, "mounted": False, "export": None, "directories": {}}
    changed, seen = _all(module, worker, wish, seen, next_closed)
    return changed, before, after, seen


def _all(
    module: AnsibleModule,
    worker: TenantVolume,
    wish: Wish,
    seen: Seen,
    following: Callable[[Wish, Seen], tuple[str, ...]],
) -> tuple[bool, Seen]:
    """Do the steps, unless nothing may be changed; whether there are any, and what is seen after them."""
    step, changed = following(wish, seen), False
    while step and not module.check_mode:
        worker.do(step)
        changed, seen = True, worker.read()
        step = following(wish, seen)
    return changed or bool(step), seen


if __name__ == "__main__":
    main()
