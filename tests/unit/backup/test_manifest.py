"""A manifest tells two trees apart exactly when something that counts differs, and reads no more than it must."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.backup import manifest
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.manifest import Head, ManifestError

HEAD = Head("acme", 7, 107000, 2e9, 1024**3)  # taken long after the files were written


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


def test_a_copy_is_the_same(tree: Path) -> None:
    listed = str(tree.with_name("list"))
    foot = manifest.write(str(tree), HEAD, listed)
    assert (foot.entries, foot.bytes, foot.read) == (9, 4 + 57 + 100, 4 + 57 + 100)
    assert manifest.head_of(listed) == HEAD
    assert manifest.foot_of(listed) == foot
    verdict = manifest.compare(str(copied(tree)), listed)
    assert (verdict.entries, verdict.bytes, verdict.different) == (9, 161, 0)
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
    ("change", "said"),
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
def test_whatever_counts_is_found_and_named(tree: Path, change: Callable[[Path], None], said: str) -> None:
    if "uid" in said and os.geteuid():
        pytest.skip("only root gives files away")
    listed, copy = str(tree.with_name("list")), copied(tree)
    manifest.write(str(tree), HEAD, listed)
    change(copy)
    assert said in manifest.compare(str(copy), listed).differences


def test_a_lost_folder_is_counted_and_its_first_entries_are_named(tree: Path) -> None:
    listed, copy = str(tree.with_name("list")), copied(tree)
    manifest.write(str(tree), HEAD, listed)
    shutil.rmtree(copy / "a")
    verdict = manifest.compare(str(copy), listed)
    assert verdict.different == 5  # four, and the time of the directory above
    assert len(verdict.differences) == manifest.SHOWN


def test_only_what_changed_is_read_again(tree: Path) -> None:
    listed = str(tree.with_name("list"))
    first = manifest.write(str(tree), HEAD, listed)
    whole = Path(listed).read_text()
    again = manifest.write(str(tree), HEAD, listed, before=listed)
    assert again.read == 0
    assert again.bytes == first.bytes
    assert Path(listed).read_text().replace('"read": 0', f'"read": {first.read}') == whole
    (tree / "a.b").write_text("new")
    (tree / "a" / "a new one").write_text("new, too")
    assert manifest.write(str(tree), HEAD, listed, before=listed).read == len("new") + len("new, too")


def test_what_changed_just_before_the_list_is_read_again(tree: Path) -> None:
    listed = str(tree.with_name("list"))
    now = os.stat(tree / "a.b").st_ctime
    manifest.write(str(tree), Head("acme", 7, 107000, now + 1, 1024**3), listed)
    assert manifest.write(str(tree), HEAD, listed, before=listed).read == 161


def test_sockets_are_left_out(tree: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(tree / "socket"))
        listed = str(tree.with_name("list"))
        assert manifest.write(str(tree), HEAD, listed).entries == 9
        assert manifest.compare(str(tree), listed).different == 0


@pytest.mark.parametrize("cut", [2, 40, 400])
def test_a_list_that_was_cut_is_refused(tree: Path, cut: int) -> None:
    listed = tree.with_name("list")
    manifest.write(str(tree), HEAD, str(listed))
    listed.write_bytes(listed.read_bytes()[:-cut])
    with pytest.raises(ManifestError):
        manifest.foot_of(str(listed))
    # As the list before, it is worth nothing.
    assert manifest.write(str(tree), HEAD, str(tree.with_name("new")), before=str(listed)).read == 161
