# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One tenant's files as another's: their owners move from the first one's range of user ids to the other's."""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass

from ansible_collections.sovereign.vdc.plugins.module_utils.storage import copying
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.copying import Entry

RANGE = 1000  # user ids that a tenant has
ACLS = ("system.posix_acl_access", "system.posix_acl_default")
# The kernel's form of an access list: a version, and for each entry a tag, permissions and an id.
ACL_HEAD, ACL_ENTRY = struct.Struct("<I"), struct.Struct("<HHI")
ACL_NAMED = (0x02, 0x08)  # a user, a group; the other tags have no id


@dataclass(frozen=True)
class Shift:
    """From the range that begins at ``old`` to that at ``new``. What lies outside of it stays."""

    old: int
    new: int

    def id(self, number: int) -> int:
        """What becomes of a user or group id."""
        return number - self.old + self.new if self.old <= number < self.old + RANGE else number

    def entry(self, entry: Entry) -> Entry:
        """What becomes of an entry of a manifest."""
        attributes = {
            name: self.acl(bytes.fromhex(value)).hex() if name in ACLS else value
            for name, value in entry.attributes.items()
        }
        return entry._replace(uid=self.id(entry.uid), gid=self.id(entry.gid), attributes=attributes)

    def acl(self, raw: bytes) -> bytes:
        """What becomes of an access list."""
        parts = [raw[: ACL_HEAD.size]]
        for tag, permissions, number in ACL_ENTRY.iter_unpack(raw[ACL_HEAD.size :]):
            parts.append(ACL_ENTRY.pack(tag, permissions, self.id(number) if tag in ACL_NAMED else number))
        return b"".join(parts)

    def apply(self, root: str) -> None:
        """Give the whole tree at ``root`` to the new owners. May be interrupted and repeated, since the two ranges
        have nothing in common."""
        if self.old == self.new:
            return
        for entry, _about in copying.entries(root, digest=lambda *_file: ""):
            wish, path = self.entry(entry), os.path.join(root, entry.path)
            if (wish.uid, wish.gid) != (entry.uid, entry.gid):
                os.chown(path, wish.uid, wish.gid, follow_symlinks=False)
                # Which the kernel takes away from what changes hands.
                if entry.kind in (copying.FILE, copying.SAME):
                    os.chmod(path, entry.mode)
                    if "security.capability" in entry.attributes:
                        raw = bytes.fromhex(entry.attributes["security.capability"])
                        os.setxattr(path, "security.capability", raw)
            for name, value in wish.attributes.items():
                if entry.attributes[name] != value:
                    os.setxattr(path, name, bytes.fromhex(value))
