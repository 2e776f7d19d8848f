#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
module: storage_nfs
short_description: Configure the NFS server of a storage node to serve through the tunnel only
version_added: 0.1.0
author:
  - The sovereign.vdc founders (@sovereign-vdc)
description:
  - Configures the node's NFS server to speak version 4.2 over TCP only, masks rpcbind and statd, and starts the server.
  - A separate firewall table drops NFS from every interface except the loopback and the tunnel's. The NFS server does not start
    without that table.
  - Runs on the storage node as root. Exports are managed by M(sovereign.vdc.tenant_volume).
  - Fails when the server listens on another port, or speaks another version, after it was configured.
requirements:
  - nfs-kernel-server and nftables on the node, and a kernel with nfsd
  - python >= 3.10 on the node
extends_documentation_fragment:
  - sovereign.vdc.attributes
options:
  interface:
    description: The interface that NFS is served on.
    type: str
    default: vdc0
  threads:
    description: Number of server threads.
    type: int
    default: 16
  lease:
    description:
      - Seconds after which a client that does not answer loses its locks.
      - A restarted server waits as long for clients to reclaim their locks.
    type: int
    default: 45
"""

EXAMPLES = r"""
- name: Configure NFS to serve through the tunnel only
  sovereign.vdc.storage_nfs:
    interface: vdc0

- name: Change the number of threads
  sovereign.vdc.storage_nfs:
    interface: vdc0
    threads: 32
"""

RETURN = r"""
faults:
  description:
    - What the server does that it must not do.
    - Empty except in check mode, because the module fails otherwise.
  returned: success
  type: list
  elements: str
ports:
  description: The ports that programs listen on.
  returned: success
  type: list
  elements: int
versions:
  description: The protocol versions that the kernel enables (+) and disables (-).
  returned: success
  type: str
  sample: -3 +4 -4.0 -4.1 +4.2
"""

from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.errors import StorageError
from ansible_collections.sovereign.vdc.plugins.module_utils.module import Module
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.nfs import execute, result
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.nfs.spec import Spec, firewall_rule
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.nfs.state import read
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.node import Node


def main() -> None:
    """Run the module."""
    module = Module(
        argument_spec={
            "interface": {"type": "str", "default": "vdc0"},
            "threads": {"type": "int", "default": 16},
            "lease": {"type": "int", "default": 45},
        },
    )
    with module.failures():
        module.exit_json(**run(module.params, Node(module), module.check_mode, module._diff))


def run(params: dict[str, Any], node: Node, check: bool, diff: bool) -> dict[str, Any]:
    """Configure and start the server unless ``check``; return the module's result. Raises ``StorageError``."""
    spec = Spec(params["interface"], params["threads"], params["lease"])
    spec.validate()
    state = read(node, spec)
    before, after = result.view(state), result.predicted(spec)
    changed = before != after or firewall_rule(spec) not in state.firewall
    if changed and not check:
        execute.apply(node, spec, state)
        state = read(node, spec)
    faults = result.find_faults(spec, state)
    if faults and not check:
        raise StorageError(f"{'; '.join(faults)}; check systemctl status nfs-server vdc-nfs-guard on the node")
    done = {"changed": changed, "faults": faults, "ports": state.ports, "versions": state.versions}
    if diff:
        done["diff"] = {"before": before, "after": after}
    return done


if __name__ == "__main__":
    main()
