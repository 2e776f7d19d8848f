# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Current state of a node's NFS server."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from ansible_collections.sovereign.vdc.plugins.module_utils.storage.nfs.spec import TABLE, UNITS, Spec, files, links
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.node import Node


@dataclass
class State:
    """``files`` and ``links`` are contents and targets by path, of those that exist. ``active``: started now and at
    boot. ``versions`` is the kernel's list, ``ports`` are those that any program listens on, ``firewall`` is the table in force."""

    files: dict[str, str] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    active: bool = False
    versions: str = ""
    ports: list[int] = field(default_factory=list)
    firewall: str = ""


def read(node: Node, spec: Spec) -> State:
    """Return the current state."""
    state = State()
    for path in files(spec):
        if os.path.isfile(path):
            state.files[path] = Path(path).read_text(encoding="utf-8")
    for path in links():
        if os.path.islink(path):
            state.links[path] = os.readlink(path)
    # Only its existence counts, because the link's target differs between distributions.
    enabled = os.path.islink(f"{UNITS}/multi-user.target.wants/nfs-server.service")
    running = node.run("systemctl", "is-active", "nfs-server.service", accept=(0, 3, 4)).strip() == "active"
    state.active = enabled and running
    versions = Path("/proc/fs/nfsd/versions")
    state.versions = versions.read_text(encoding="utf-8").strip() if running and versions.exists() else ""
    listening = node.run("ss", "--no-header", "--listening", "--tcp", "--udp", "--numeric").splitlines()
    state.ports = sorted({int(line.split()[4].rpartition(":")[2]) for line in listening})
    state.firewall = node.run("nft", "list", "table", "inet", TABLE, accept=(0, 1))
    return state
