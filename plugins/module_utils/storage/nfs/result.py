# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The NFS server's state for diffs, and what the running server does against its spec. Pure."""

from __future__ import annotations

from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.storage.nfs.spec import (
    NFS_PORT,
    OLD_PORTS,
    Spec,
    files,
    firewall_rule,
    links,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.nfs.state import State


def view(state: State) -> dict[str, Any]:
    """Return the current state for a diff."""
    return {
        "files": state.files,
        "links": state.links,
        "active": state.active,
        "firewall": bool(state.firewall),
    }


def predicted(spec: Spec) -> dict[str, Any]:
    """Return what ``view`` shows once the desired state is reached."""
    return {"files": files(spec), "links": links(), "active": True, "firewall": True}


def find_faults(spec: Spec, state: State) -> list[str]:
    """Return what the running server does that it must not do, each as one clause of a message."""
    faults = []
    if not state.active or NFS_PORT not in state.ports:
        faults.append(f"the NFS server does not listen on port {NFS_PORT}, or is not started at boot")
    enabled = {version for version in state.versions.split() if version.startswith("+")} - {"+4", "+4.2"}
    if enabled:
        faults.append(f"the NFS server speaks other versions than 4.2: {', '.join(sorted(enabled))}")
    old = sorted(set(state.ports) & set(OLD_PORTS))
    if old:
        faults.append(f"a program listens on port {', '.join(map(str, old))}, which NFS 4.2 does not need")
    if firewall_rule(spec) not in state.firewall:
        faults.append(f"the firewall table does not limit NFS to the interface {spec.interface}")
    return faults
