"""The directory with exactly these files, on the file system of this machine."""

from __future__ import annotations

import os

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.node import file_tree
from ansible_collections.sovereign.vdc.plugins.modules.file_tree import work

ME = {"owner": os.getuid(), "group": os.getgid()}


@pytest.fixture(autouse=True)
def own(monkeypatch):
    """Files that would be root's are this user's, whoever runs the tests."""
    real = os.chown
    monkeypatch.setattr(file_tree.os, "chown", lambda path, *_: real(path, os.getuid(), os.getgid()))
    monkeypatch.setattr(
        file_tree, "Entry", lambda mode, owner, group, *rest: REAL(mode, os.getuid(), os.getgid(), *rest)
    )


REAL = file_tree.Entry


def params(tmp_path, files, **more):
    files = [{"mode": "0400", **ME, **file} for file in files]
    return {
        "path": str(tmp_path / "acme"),
        "mode": "0711",
        "files": files,
        "directories": [],
        "state": "present",
        **more,
    }


def test_the_folder_holds_what_was_wished_and_nothing_else(tmp_path):
    first = params(tmp_path, [{"path": "a.conf", "content": "1"}, {"path": "agent/x/b.py", "content": "2"}])
    assert work(first, check=False)["written"] == [".", "a.conf", "agent", "agent/x", "agent/x/b.py"]
    assert not work(first, check=False)["changed"]
    second = params(tmp_path, [{"path": "a.conf", "content": "1"}])
    done = work(second, check=False)
    assert (done["written"], done["removed"]) == ([], ["agent", "agent/x", "agent/x/b.py"])
    assert [path.name for path in (tmp_path / "acme").iterdir()] == ["a.conf"]
    assert oct((tmp_path / "acme/a.conf").stat().st_mode)[-3:] == "400"


def test_check_mode_tells_the_same_and_writes_nothing(tmp_path):
    data = [{"path": str(tmp_path / "volume"), "mode": "0711", **ME}]
    wish = params(tmp_path, [{"path": "a.conf", "content": "secret"}], directories=data)
    told = work(wish, check=True)
    assert list(tmp_path.iterdir()) == []
    done = work(wish, check=False)
    assert told == done
    assert "secret" not in str(done)
    assert oct((tmp_path / "volume").stat().st_mode)[-3:] == "711"
    assert not work(wish, check=False)["changed"]


def test_a_folder_goes_and_its_data_stays(tmp_path):
    data = [{"path": str(tmp_path / "volume"), "mode": "0700", **ME}]
    work(params(tmp_path, [{"path": "a", "content": ""}], directories=data), check=False)
    gone = params(tmp_path, [], directories=data, state="absent")
    assert work(gone, check=False)["removed"] == [".", "a"]
    assert not work(gone, check=False)["changed"]
    assert [path.name for path in tmp_path.iterdir()] == ["volume"]


@pytest.mark.parametrize("path", ["/etc/passwd", "../b", "."])
def test_a_path_elsewhere_is_refused(tmp_path, path):
    with pytest.raises(file_tree.TreeError, match="below the directory"):
        work(params(tmp_path, [{"path": path, "content": ""}]), check=False)


def test_what_is_neither_file_nor_folder_is_left_alone(tmp_path):
    (tmp_path / "acme").mkdir()
    (tmp_path / "acme/link").symlink_to("/etc/passwd")
    with pytest.raises(file_tree.TreeError, match="neither file nor directory"):
        work(params(tmp_path, []), check=False)


def test_a_mount_that_squashes_root_is_told_of(tmp_path, monkeypatch):
    def refuse(*_):
        raise PermissionError

    monkeypatch.setattr(file_tree.os, "chown", refuse)
    wish = params(
        tmp_path, [], directories=[{"path": str(tmp_path / "volume"), "mode": "0700", "owner": 1, "group": 1}]
    )
    with pytest.raises(file_tree.TreeError, match="where its file system is"):
        work(wish, check=False)
    assert not (tmp_path / "volume").exists()
