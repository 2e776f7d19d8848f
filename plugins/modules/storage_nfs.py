#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
module: storage_nfs
short_description: An NFS server that is reached through the tunnel alone
version_added: 0.1.0
author:
  - The sovereign.vdc founders (@sovereign-vdc)
description:
  - Sets the node's NFS server up to speak version 4.2 over TCP and nothing else; rpcbind and statd stay off.
  - A firewall table of its own drops NFS from every interface but the loopback and the tunnel's. NFS does not start
    without that table.
  - Runs on the storage node as root. What is exported, M(sovereign.vdc.tenant_volume) says.
  - Fails when the server in the end listens or speaks as it should not.
requirements:
  - nfs-kernel-server and nftables on the node, and a kernel that has nfsd
  - python >= 3.10 on the node
extends_documentation_fragment:
  - sovereign.vdc.attributes
options:
  interface:
    description: The interface that NFS is offered on.
    type: str
    default: vdc0
  threads:
    description: Threads of the server.
    type: int
    default: 16
  lease:
    description: Seconds after which a silent client loses its locks, and that a restarted server waits for clients to come back.
    type: int
    default: 45
"""

EXAMPLES = r"""
- name: NFS through the tunnel
  sovereign.vdc.storage_nfs:
    interface: vdc0
"""

RETURN = r"""
faults:
  description: What the server does that it should not. In check mode, where that is no failure.
  returned: success
  type: list
  elements: str
ports:
  description: The ports that the node listens on.
  returned: success
  type: list
  elements: int
versions:
  description: The versions that the server speaks.
  returned: success
  type: str
  sample: -3 +4 -4.0 -4.1 +4.2
"""

import os
import re
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sovereign.vdc.plugins.module_utils.storage import nfs
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.lvm import StorageError
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.node import Node


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "interface": {"type": "str", "default": "vdc0"},
            "threads": {"type": "int", "default": 16},
            "lease": {"type": "int", "default": 45},
        },
        supports_check_mode=True,
    )
    params = module.params
    wish = nfs.Wish(params["interface"], params["threads"], params["lease"])
    try:
        if not re.fullmatch(r"[A-Za-z0-9_.-]{1,15}", wish.interface):
            raise StorageError(f"interface: {wish.interface!r} is no name of an interface; give one such as vdc0")
        if wish.threads < 1 or not 10 <= wish.lease <= 3600:
            raise StorageError("threads must be 1 or more, and lease between 10 and 3600 seconds")
        node = Node(module)
        seen = _read(node)
        before, after = nfs.view(seen), nfs.foreseen(wish)
        changed = before != after or nfs.rule(wish) not in seen.guard
        if changed and not module.check_mode:
            _apply(node, wish, seen)
            seen = _read(node)
        faults = nfs.faults(wish, seen)
        if faults and not module.check_mode:
            raise StorageError(f"{'; '.join(faults)}: look into systemctl status nfs-server vdc-nfs-guard")
    except StorageError as error:
        module.fail_json(msg=str(error))
    result = {"changed": changed, "faults": faults, "ports": seen.ports, "versions": seen.versions}
    if module._diff:
        result["diff"] = {"before": before, "after": after}
    module.exit_json(**result)


def _read(node: Node) -> nfs.Seen:
    seen = nfs.Seen()
    for path in nfs.files(nfs.Wish("", 0, 0)):
        if os.path.isfile(path):
            seen.files[path] = Path(path).read_text(encoding="utf-8")
    for path in nfs.links():
        if os.path.islink(path):
            seen.links[path] = os.readlink(path)
    # Enabled by hand: a link like the others, but its target differs between systems.
    enabled = os.path.islink(f"{nfs.UNITS}/multi-user.target.wants/nfs-server.service")
    running = node.run("systemctl", "is-active", "nfs-server.service", accept=(0, 3, 4)).strip() == "active"
    seen.active = enabled and running
    versions = Path("/proc/fs/nfsd/versions")
    seen.versions = versions.read_text(encoding="utf-8").strip() if running and versions.exists() else ""
    listening = node.run("ss", "--no-header", "--listening", "--tcp", "--udp", "--numeric").splitlines()
    seen.ports = sorted({int(line.split()[4].rpartition(":")[2]) for line in listening})
    seen.guard = node.run("nft", "list", "table", "inet", nfs.TABLE, accept=(0, 1))
    return seen


def _apply(node: Node, wish: nfs.Wish, seen: nfs.Seen) -> None:
    for path, text in nfs.files(wish).items():
        if seen.files.get(path) != text:
            node.write(path, text)
    for path, target in nfs.links().items():
        if seen.links.get(path) != target:
            node.link(path, target)
    node.run("systemctl", "stop", *(Path(path).name for path in nfs.MASKED[:3]), accept=(0, 5))
    # Reloads systemd, too.
    node.run("systemctl", "enable", "nfs-server.service")
    node.run("nft", "-f", nfs.GUARD_FILE)
    # A server that runs and whose settings stay goes on without a pause.
    settings = "/etc/nfs.conf.d/vdc.conf"
    stays = seen.active and seen.files.get(settings) == nfs.files(wish)[settings]
    node.run("systemctl", "start" if stays else "restart", "nfs-server.service")


if __name__ == "__main__":
    main()
