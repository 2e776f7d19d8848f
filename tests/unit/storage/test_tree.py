"""Two copies have the same checksum exactly if no relevant attribute differs."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.tree import checksum, entries


@pytest.fixture
def trees(tmp_path: Path) -> tuple[Path, Path]:
    one = tmp_path / "one"
    (one / "directory").mkdir(parents=True)
    (one / "directory" / "file").write_text("text")
    (one / "again").write_text("text")
    (one / "link").symlink_to("directory/file")
    two = tmp_path / "two"
    shutil.copytree(one, two, symlinks=True)
    os.utime(two / "link", ns=(0, os.lstat(one / "link").st_mtime_ns), follow_symlinks=False)
    return one, two


def test_copies_have_equal_checksums(trees: tuple[Path, Path]) -> None:
    one, two = trees
    assert checksum(str(one)) == checksum(str(two))
    assert checksum(str(one))[1] == 5


def _same_size(tree: Path) -> None:
    file = tree / "directory" / "file"
    times = os.stat(file)
    file.write_text("tEXt")
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))


def _hard_link(tree: Path) -> None:
    times = os.stat(tree)
    (tree / "again").unlink()
    (tree / "again").hardlink_to(tree / "directory" / "file")
    os.utime(tree, ns=(times.st_atime_ns, times.st_mtime_ns))


@pytest.mark.parametrize(
    "change",
    [
        _same_size,
        _hard_link,
        lambda tree: (tree / "again").unlink(),
        lambda tree: (tree / "again").chmod(0o600),
        lambda tree: os.utime(tree / "again", (1, 1)),
        lambda tree: (tree / "new").mkdir(),
    ],
)
def test_each_difference_changes_the_checksum(trees: tuple[Path, Path], change: Callable[[Path], None]) -> None:
    one, two = trees
    change(two)
    assert checksum(str(one))[0] != checksum(str(two))[0]


def test_an_access_list_counts_once_even_if_the_file_system_shows_it_twice(
    trees: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = {"system.posix_acl_access": b"list", "trusted.SGI_ACL_FILE": b"list in the format of XFS"}
    monkeypatch.setattr("os.listxattr", lambda _path, follow_symlinks: list(shown))
    monkeypatch.setattr("os.getxattr", lambda _path, name, follow_symlinks: shown[name])
    for entry, _status in entries(str(trees[0])):
        assert set(entry.attributes) == {"system.posix_acl_access"}
