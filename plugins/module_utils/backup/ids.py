# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Move a tree's owners, groups and access lists from one tenant's range of user ids to another's."""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass

from ansible_collections.sovereign.vdc.plugins.module_utils.storage import tree
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.tree import Entry

RANGE = 1000  # user ids of each tenant
ACLS = ("system.posix_acl_access", "system.posix_acl_default")
# The kernel's format of an access list: a version, then a tag, permissions and an id for each entry.
ACL_HEAD, ACL_ENTRY = struct.Struct("<I"), struct.Struct("<HHI")
ACL_NAMED = (0x02, 0x08)  # tags of a named user and a named group; other tags have no id


@dataclass(frozen=True)
class Shift:
    """Maps ids in the range that starts at ``old`` to the range that starts at ``new``; ids outside it stay."""

    old: int
    new: int

    def id(self, number: int) -> int:
        """Return the new value of a user or group id."""
        return number - self.old + self.new if self.old <= number < self.old + RANGE else number

    def entry(self, entry: Entry) -> Entry:
        """Return an entry of a manifest with its new owner, group and access lists."""
        attributes = {
            name: self.acl(bytes.fromhex(value)).hex() if name in ACLS else value
            for name, value in entry.attributes.items()
        }
        return entry._replace(uid=self.id(entry.uid), gid=self.id(entry.gid), attributes=attributes)

    def acl(self, raw: bytes) -> bytes:
        """Return an access list with its new ids."""
        parts = [raw[: ACL_HEAD.size]]
        for tag, permissions, number in ACL_ENTRY.iter_unpack(raw[ACL_HEAD.size :]):
            parts.append(ACL_ENTRY.pack(tag, permissions, self.id(number) if tag in ACL_NAMED else number))
        return b"".join(parts)

    def apply(self, root: str) -> None:
        """Change owners, groups and access lists of the whole tree at ``root``.

        May be interrupted and repeated, because the two ranges do not overlap.
        """
        if self.old == self.new:
            return
        for entry, _status in tree.entries(root, digest=lambda *_file: ""):
            desired, path = self.entry(entry), os.path.join(root, entry.path)
            if (desired.uid, desired.gid) != (entry.uid, entry.gid):
                os.chown(path, desired.uid, desired.gid, follow_symlinks=False)
                # The kernel clears the setuid and setgid bits and the capabilities of a file that gets another owner.
                if entry.kind in (tree.FILE, tree.HARD_LINK):
                    os.chmod(path, entry.mode)
                    if "security.capability" in entry.attributes:
                        raw = bytes.fromhex(entry.attributes["security.capability"])
                        os.setxattr(path, "security.capability", raw)
            for name, value in desired.attributes.items():
                if entry.attributes[name] != value:
                    os.setxattr(path, name, bytes.fromhex(value))
