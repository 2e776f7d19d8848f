"""A shift changes owners and access lists, and keeps the mode bits that the kernel clears when the owner changes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.backup import manifest
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.ids import ACL_ENTRY, ACL_HEAD, Shift
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.manifest import Header

SHIFT = Shift(107000, 109000)
# The list that `setfacl -m u:107001:rw,g:107002:r` gives a file with mode 0640, and a user of no tenant.
ENTRIES = [(0x01, 6, 2**32 - 1), (0x02, 6, 1000), (0x02, 6, 107001), (0x04, 4, 2**32 - 1)]
ENTRIES += [(0x08, 4, 107002), (0x10, 6, 2**32 - 1), (0x20, 0, 2**32 - 1)]
ACL = ACL_HEAD.pack(2) + b"".join(ACL_ENTRY.pack(*entry) for entry in ENTRIES)


@pytest.mark.parametrize(
    ("number", "becomes"), [(0, 0), (106999, 106999), (107000, 109000), (107999, 109999), (108000, 108000)]
)
def test_only_ids_of_the_range_are_changed(number: int, becomes: int) -> None:
    assert SHIFT.id(number) == becomes


def test_ids_in_access_lists_are_changed() -> None:
    moved = [entry[2] for entry in ACL_ENTRY.iter_unpack(SHIFT.acl(ACL)[4:])]
    assert moved == [2**32 - 1, 1000, 109001, 2**32 - 1, 109002, 2**32 - 1, 2**32 - 1]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root changes owners")
def test_an_interrupted_change_of_owners_is_completed_by_the_next(tmp_path: Path) -> None:
    tree, listed = tmp_path / "tree", str(tmp_path / "list")
    (tree / "directory").mkdir(parents=True)
    (tree / "directory" / "file").write_text("text")
    (tree / "directory" / "same").hardlink_to(tree / "directory" / "file")
    (tree / "roots").write_text("root's")
    (tree / "link").symlink_to("roots")
    for path in (tree, tree / "directory", tree / "directory" / "file"):
        os.chown(path, 107000, 107003)
    os.chown(tree / "link", 107999, 107999, follow_symlinks=False)
    os.chmod(tree / "directory" / "file", 0o6755)
    capability = bytes.fromhex("0100000200040000000000000000000000000000")
    os.setxattr(tree / "directory" / "file", "security.capability", capability)
    manifest.write(str(tree), Header("acme", 7, 107000, 2e9, 1024**3), listed)
    os.chown(tree / "directory", 109000, 109003)  # where an interrupted run ended
    for _run in range(2):
        SHIFT.apply(str(tree))
        assert manifest.compare(str(tree), listed, SHIFT.entry).differences == []
    file = os.stat(tree / "directory" / "same")
    assert (file.st_uid, file.st_gid, file.st_mode & 0o7777) == (109000, 109003, 0o6755)
    assert os.stat(tree / "roots").st_uid == 0
