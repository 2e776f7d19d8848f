"""A directory with exactly the given files, on the file system of this machine."""

from __future__ import annotations

import os

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.node import file_tree
from ansible_collections.sovereign.vdc.plugins.modules.file_tree import run

ME = {"owner": os.getuid(), "group": os.getgid()}


@pytest.fixture(autouse=True)
def own(monkeypatch):
    """Use the user who runs the tests instead of root."""
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


def test_the_directory_contains_exactly_the_given_files(tmp_path):
    first = params(tmp_path, [{"path": "a.conf", "content": "1"}, {"path": "agent/x/b.py", "content": "2"}])
    assert run(first, check=False)["written"] == [".", "a.conf", "agent", "agent/x", "agent/x/b.py"]
    assert not run(first, check=False)["changed"]
    second = params(tmp_path, [{"path": "a.conf", "content": "1"}])
    done = run(second, check=False)
    assert (done["written"], done["removed"]) == ([], ["agent", "agent/x", "agent/x/b.py"])
    assert [path.name for path in (tmp_path / "acme").iterdir()] == ["a.conf"]
    assert oct((tmp_path / "acme/a.conf").stat().st_mode)[-3:] == "400"


def test_check_mode_predicts_the_result_and_writes_nothing(tmp_path):
    data = [{"path": str(tmp_path / "volume"), "mode": "0711", **ME}]
    options = params(tmp_path, [{"path": "a.conf", "content": "secret"}], directories=data)
    prediction = run(options, check=True)
    assert list(tmp_path.iterdir()) == []
    done = run(options, check=False)
    assert prediction == done
    assert "secret" not in str(done)
    assert oct((tmp_path / "volume").stat().st_mode)[-3:] == "711"
    assert not run(options, check=False)["changed"]


def test_absent_removes_the_directory_and_keeps_data_directories(tmp_path):
    data = [{"path": str(tmp_path / "volume"), "mode": "0700", **ME}]
    run(params(tmp_path, [{"path": "a", "content": ""}], directories=data), check=False)
    removed = params(tmp_path, [], directories=data, state="absent")
    assert run(removed, check=False)["removed"] == [".", "a"]
    assert not run(removed, check=False)["changed"]
    assert [path.name for path in tmp_path.iterdir()] == ["volume"]


@pytest.mark.parametrize("path", ["/etc/passwd", "../b", "."])
def test_a_path_outside_the_directory_is_rejected(tmp_path, path):
    with pytest.raises(file_tree.TreeError, match="is not below the directory"):
        run(params(tmp_path, [{"path": path, "content": ""}]), check=False)


def test_a_link_in_the_directory_is_rejected(tmp_path):
    (tmp_path / "acme").mkdir()
    (tmp_path / "acme/link").symlink_to("/etc/passwd")
    with pytest.raises(file_tree.TreeError, match="neither a file nor a directory"):
        run(params(tmp_path, []), check=False)


def test_a_mount_that_squashes_root_is_rejected_with_advice(tmp_path, monkeypatch):
    def deny(*_):
        raise PermissionError

    monkeypatch.setattr(file_tree.os, "chown", deny)
    options = params(
        tmp_path, [], directories=[{"path": str(tmp_path / "volume"), "mode": "0700", "owner": 1, "group": 1}]
    )
    with pytest.raises(file_tree.TreeError, match="create it on the server"):
        run(options, check=False)
    assert not (tmp_path / "volume").exists()
