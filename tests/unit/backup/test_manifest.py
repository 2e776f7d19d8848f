"""A manifest finds every difference between two trees, and rereads only files that changed."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.backup import manifest
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.manifest import Header, ManifestError

HEADER = Header("acme", 7, 107000, 2e9, 1024**3)  # created long after the files were written


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    tree = tmp_path / "tree"
    (tree / "a" / "b").mkdir(parents=True)
    (tree / "a" / "b" / "file").write_text("text")
    (tree / "a.b").write_text("sorts between a and a/b as text, and after both as a path")
    (tree / "a" / "same").hardlink_to(tree / "a" / "b" / "file")
    (tree / "link").symlink_to("nowhere")
    os.mkfifo(tree / "pipe")
    Path(os.fsdecode(bytes(tree) + b"/\xff\n name")).write_bytes(b"\0" * 100)
    return tree


def copied(tree: Path) -> Path:
    copy = tree.with_name("copy")
    subprocess.run(["cp", "--archive", tree, copy], check=True)
    return copy


def test_a_copy_has_no_differences(tree: Path) -> None:
    listed = str(tree.with_name("list"))
    footer = manifest.write(str(tree), HEADER, listed)
    assert (footer.entries, footer.bytes, footer.bytes_added) == (9, 4 + 57 + 100, 4 + 57 + 100)
    assert manifest.read_header(listed) == HEADER
    assert manifest.read_footer(listed) == footer
    comparison = manifest.compare(str(copied(tree)), listed)
    assert (comparison.entries, comparison.bytes, comparison.different) == (9, 161, 0)
    assert os.stat(listed).st_mode & 0o777 == 0o600


def _same_size(tree: Path) -> None:
    times = os.stat(tree / "a.b")
    (tree / "a.b").write_text((tree / "a.b").read_text().upper())
    os.utime(tree / "a.b", ns=(times.st_atime_ns, times.st_mtime_ns))


def _no_hard_link(tree: Path) -> None:
    times = os.stat(tree / "a")
    shutil.copy2(tree / "a" / "same", tree / "a" / "other")
    (tree / "a" / "other").rename(tree / "a" / "same")
    os.utime(tree / "a", ns=(times.st_atime_ns, times.st_mtime_ns))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_same_size, "a.b has another content"),
        (_no_hard_link, "a/same has another kind and content"),
        (lambda tree: (tree / "pipe").unlink(), "pipe is missing"),
        (lambda tree: (tree / "new").mkdir(), "new was not backed up"),
        (lambda tree: (tree / "a" / "b").chmod(0o711), "a/b has another mode"),
        (lambda tree: os.utime(tree / "a", (1, 1)), "a has another mtime"),
        (lambda tree: os.setxattr(tree / "a.b", "user.note", b"x"), "a.b has another attributes"),
        (lambda tree: os.chown(tree / "link", 5, 0, follow_symlinks=False), "link has another uid"),
    ],
)
def test_each_difference_is_found_and_named(tree: Path, change: Callable[[Path], None], message: str) -> None:
    if "uid" in message and os.geteuid():
        pytest.skip("only root changes owners")
    listed, copy = str(tree.with_name("list")), copied(tree)
    manifest.write(str(tree), HEADER, listed)
    change(copy)
    assert message in manifest.compare(str(copy), listed).differences


def test_all_missing_entries_are_counted_and_the_first_are_named(tree: Path) -> None:
    listed, copy = str(tree.with_name("list")), copied(tree)
    manifest.write(str(tree), HEADER, listed)
    shutil.rmtree(copy / "a")
    comparison = manifest.compare(str(copy), listed)
    assert comparison.different == 5  # four, and the time of the directory above
    assert len(comparison.differences) == manifest.MAX_DIFFERENCES


def test_only_changed_files_are_read_again(tree: Path) -> None:
    listed = str(tree.with_name("list"))
    first = manifest.write(str(tree), HEADER, listed)
    whole = Path(listed).read_text()
    again = manifest.write(str(tree), HEADER, listed, previous=listed)
    assert again.bytes_added == 0
    assert again.bytes == first.bytes
    assert Path(listed).read_text().replace('"bytes_added": 0', f'"bytes_added": {first.bytes_added}') == whole
    (tree / "a.b").write_text("new")
    (tree / "a" / "a new one").write_text("new, too")
    assert manifest.write(str(tree), HEADER, listed, previous=listed).bytes_added == len("new") + len("new, too")


def test_a_file_that_changed_just_before_the_manifest_is_read_again(tree: Path) -> None:
    listed = str(tree.with_name("list"))
    now = os.stat(tree / "a.b").st_ctime
    manifest.write(str(tree), Header("acme", 7, 107000, now + 1, 1024**3), listed)
    assert manifest.write(str(tree), HEADER, listed, previous=listed).bytes_added == 161


def test_sockets_are_ignored(tree: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(tree / "socket"))
        listed = str(tree.with_name("list"))
        assert manifest.write(str(tree), HEADER, listed).entries == 9
        assert manifest.compare(str(tree), listed).different == 0


@pytest.mark.parametrize("cut", [2, 40, 400])
def test_a_truncated_manifest_is_rejected_and_not_used_as_previous(tree: Path, cut: int) -> None:
    listed = tree.with_name("list")
    manifest.write(str(tree), HEADER, str(listed))
    listed.write_bytes(listed.read_bytes()[:-cut])
    with pytest.raises(ManifestError):
        manifest.read_footer(str(listed))
    assert manifest.write(str(tree), HEADER, str(tree.with_name("new")), previous=str(listed)).bytes_added == 161
