# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Current state of a tenant's volume, read from LVM, the kernel and systemd's directory."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field

from ansible_collections.sovereign.vdc.plugins.module_utils.errors import StorageError
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.identity import ADVICE, Claim, is_same, touches
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.lvm import OWNED, Group, Volume
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.node import Node, read_text
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.volume.spec import (
    IDENTITY,
    NUMBER,
    TENANT,
    Spec,
    unit_name,
)

UNITS = "/etc/systemd/system"
WANTS = f"{UNITS}/multi-user.target.wants"


@dataclass
class State:
    """What the node has of the tenant.

    ``mounts`` maps mount points to logical volumes of the pool, ``units`` maps mount points to the text of their
    systemd units. ``filesystem`` and ``used`` are size and usage of the mounted volume in bytes. ``exports`` is the
    text of the exports file, ``exported`` says whether the kernel's table agrees with it.
    """

    group: Group
    mounts: dict[str, str] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    exports: str = ""
    exported: bool = False
    filesystem: int = 0
    used: int = 0
    directories: dict[str, tuple[int, int]] = field(default_factory=dict)


def read(node: Node, spec: Spec) -> State:
    """Return the current state."""
    group, _disks = node.read_pool(spec.pool)
    state = State(group, mounts=read_mounts(spec), exports=read_text(spec.exports_file), exported=_is_exported(spec))
    for path in (spec.path, *map(spec.snapshot_path, _snapshot_names(spec, group))):
        name = unit_name(path)
        if (text := read_text(f"{UNITS}/{name}")) and os.path.islink(f"{WANTS}/{name}"):
            state.units[path] = text
    if state.mounts.get(spec.path) == spec.name:
        state.filesystem = _filesystem_size(node, spec.path)
        state.used = used_bytes(spec.path)
        for directory in spec.directories:
            if os.path.isdir(f"{spec.path}/{directory}"):
                status = os.stat(f"{spec.path}/{directory}")
                state.directories[directory] = (status.st_uid, status.st_mode & 0o7777)
    return state


def find_owned(spec: Spec, group: Group) -> list[Volume]:
    """Return all logical volumes with the tenant's names.

    Raises ``StorageError`` if one lacks the tenant's tags, and if another volume has the tenant's number or identity.
    """
    own = {v.name for v in group.volumes.values() if v.name == spec.name or v.name.startswith(f"{spec.name}.")}
    found = [volume for volume in group.volumes.values() if volume.name in own]
    for volume in found:
        if not spec.owner_tags <= volume.tags:
            missing = ", ".join(sorted(spec.owner_tags - volume.tags))
            raise StorageError(
                f"tenant: volume {volume.name} in pool {spec.pool} does not belong to {spec.tenant} with the number "
                f"{spec.number}: it lacks the tags {missing}; give the number that the ledger has, or rename that volume"
            )
    for volume in group.volumes.values():
        claim = claim_of(volume)
        if claim and (volume.name in own or touches(claim, spec.owner)) and not is_same(claim, spec.owner):
            raise StorageError(
                f"tenant: {claim}, not to {spec.tenant!r} (number {spec.number}, identity {spec.identity or 'unknown'}); "
                f"{ADVICE.format(kind=claim.kind)}"
            )
    return found


def claim_of(volume: Volume) -> Claim | None:
    """Return whose a logical volume says that it is; ``None`` for one that is not ours or names no tenant."""
    tenant, number = volume.tagged(TENANT), volume.tagged(NUMBER)
    if OWNED not in volume.tags or not tenant or not number.isdecimal():
        return None
    return Claim("logical volume", volume.name, tenant, int(number), volume.tagged(IDENTITY))


def read_mounts(spec: Spec) -> dict[str, str]:
    """Return the mount points of the tenant's logical volumes, and which volume is mounted on each; empty for a mount
    of another device on the tenant's mount point."""
    mapped = f"/dev/mapper/{_mapper_name(spec.pool)}-"
    mounts = {}
    for line in read_text("/proc/self/mountinfo").splitlines():
        left, _dash, right = line.partition(" - ")
        path, source = left.split()[4].replace("\\040", " "), right.split()[1]
        name = source.removeprefix(mapped).replace("--", "-") if source.startswith(mapped) else ""
        owned = name == spec.name or name.startswith(f"{spec.name}.")
        if owned or path == spec.path:
            mounts[path] = name
    return mounts


def used_bytes(path: str) -> int:
    """Return how many bytes of the file system at ``path`` are used."""
    status = os.statvfs(path)
    return (status.f_blocks - status.f_bfree) * status.f_frsize


def _snapshot_names(spec: Spec, group: Group) -> list[str]:
    prefix = spec.snapshot_prefix
    return sorted(
        {name.removeprefix(prefix) for name in group.volumes if name.startswith(prefix)} | set(spec.snapshots)
    )


def _filesystem_size(node: Node, path: str) -> int:
    output = node.run("xfs_info", path)
    match = re.search(r"^data.*bsize=(\d+)\s+blocks=(\d+)", output, re.MULTILINE)
    if not match:
        raise StorageError(f"xfs_info reports no size of {path}; run xfs_info {path} on the node and check its output")
    return int(match[1]) * int(match[2])


def _is_exported(spec: Spec) -> bool:
    """Whether the kernel exports the volume to the tenant's address with the tenant's user id."""
    for line in read_text("/var/lib/nfs/etab").splitlines():
        path, _tab, client = line.partition("\t")
        if path == spec.path:
            return client.startswith(f"{spec.client}(") and f"anonuid={spec.uid}," in client
    return False


def _mapper_name(name: str) -> str:
    """Return a name as the device mapper writes it."""
    return name.replace("-", "--")
