# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Desired state of a storage node's pool. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Device:
    """A block device of the node.

    ``path`` is the path that the operator gave (by id), ``node`` the path that LVM reports; empty when the node has
    no such device. ``size`` is in bytes. ``signature`` is what ``wipefs`` finds on the device (``LVM2_member``, a
    file system, a partition table); empty when the device is blank or missing.
    """

    path: str
    node: str
    size: int = 0
    signature: str = ""

    @property
    def exists(self) -> bool:
        """Whether the node has the device."""
        return bool(self.node)


@dataclass
class Spec:
    """Disks that the pool ``name`` must have (``present``) and must not have (``retired``).

    With ``reclaim``, a retirement of a disk in ``present`` is canceled.
    """

    name: str
    present: list[Device] = field(default_factory=list)
    retired: list[Device] = field(default_factory=list)
    reclaim: bool = False
