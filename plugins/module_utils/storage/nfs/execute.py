# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Write the NFS server's configuration and start it behind its firewall."""

from __future__ import annotations

from ansible_collections.sovereign.vdc.plugins.module_utils.storage.nfs.spec import (
    FIREWALL_FILE,
    MASKED_UNITS,
    SETTINGS_FILE,
    Spec,
    files,
    links,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.nfs.state import State
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.node import Node


def apply(node: Node, spec: Spec, state: State) -> None:
    """Bring the node from ``state`` to ``spec``. A running server is restarted only when its settings change."""
    for path, text in files(spec).items():
        if state.files.get(path) != text:
            node.write(path, text)
    for path, target in links().items():
        if state.links.get(path) != target:
            node.link(path, target)
    node.run("systemctl", "stop", *MASKED_UNITS[:3], accept=(0, 5))
    # This reloads systemd as well.
    node.run("systemctl", "enable", "nfs-server.service")
    node.run("nft", "-f", FIREWALL_FILE)
    unchanged = state.active and state.files.get(SETTINGS_FILE) == files(spec)[SETTINGS_FILE]
    node.run("systemctl", "start" if unchanged else "restart", "nfs-server.service")
