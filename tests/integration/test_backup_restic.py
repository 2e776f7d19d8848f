"""The real restic with a repository in a directory: backups, tags, policies and locks."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from pathlib import Path

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.restic import (
    LOCK_LIFETIME,
    SAFETY,
    Location,
    Repository,
    ResticError,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.policy import clocks
from support import backups

pytestmark = backups.needs_restic
CREATED = 1_900_000_000.0


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    repository = Repository(Location(str(tmp_path / "repo"), "secret", cache=str(tmp_path / "cache")), backups.run)
    assert repository.backups() is None
    repository.create()
    return repository


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "source" / "data").mkdir(parents=True)
    (tmp_path / "source" / "data" / "file").write_text("text")
    return tmp_path / "source"


def test_a_backup_keeps_its_name_when_its_tags_change(repository: Repository, source: Path, tmp_path: Path) -> None:
    assert repository.backups() == []
    made = repository.backup(str(source), ["data"], "acme", CREATED)
    (started,) = repository.backups()
    assert (started.complete, started.created, started.verified) == (False, CREATED, 0)
    assert started.id.startswith(made)
    repository.mark_complete(made)
    (complete,) = repository.backups()
    assert (complete.complete, complete.name, complete.created) == (True, started.name, CREATED)
    assert complete.id != started.id
    for when in (5, 6):
        repository.mark_verified(repository.backups()[0].id, when)
    (verified,) = repository.backups()
    assert (verified.complete, verified.verified, verified.name) == (True, 6, started.name)
    repository.restore(verified.id, str(tmp_path / "out"))
    assert (tmp_path / "out" / "data" / "file").read_text() == "text"
    repository.check(100)


def test_a_single_path_is_restored(repository: Repository, source: Path, tmp_path: Path) -> None:
    (source / "manifest").write_text("list")
    (source / "data" / "manifest").write_text("the tenant's own")
    made = repository.backup(str(source), ["data", "manifest"], "acme", CREATED)
    repository.restore(made, str(tmp_path / "out"), only="manifest")
    assert (tmp_path / "out" / "manifest").read_text() == "list"
    assert not (tmp_path / "out" / "data" / "manifest").exists()


def test_a_policy_removes_backups_and_counts_safety_backups_separately(repository: Repository, source: Path) -> None:
    for day in range(4):
        repository.backup(str(source), ["data"], "acme", CREATED + day * 86400)
    parent = repository.backups()[-1].id
    repository.backup(str(source), ["data"], f"acme{SAFETY}", CREATED + 3 * 86400 + 60, parent)
    repository.apply_policy(["--keep-daily", "2"])
    left = repository.backups()
    assert [backup.created - CREATED for backup in left] == [2 * 86400, 3 * 86400, 3 * 86400 + 60]
    assert [backup.safety for backup in left] == [False, False, True]
    repository.forget([left[0].id])
    assert len(repository.backups()) == 2


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_backup_that_could_not_read_a_file_is_removed(repository: Repository, source: Path) -> None:
    (source / "data" / "file").chmod(0)
    with pytest.raises(ResticError):
        repository.backup(str(source), ["data"], "acme", CREATED)
    assert repository.backups() == []


def test_a_wrong_password_is_an_error(repository: Repository, tmp_path: Path) -> None:
    wrong = Repository(Location(repository.location.url, "wrong", cache=str(tmp_path / "cache")), backups.run)
    with pytest.raises(ResticError, match="password: it does not open the repository"):
        wrong.backups()


# -- locks


def leave_stale_lock(repository: Repository) -> None:
    """Kill a restic that has a lock: a backup that waits for its input."""
    with repository._secrets() as (environment, handles):
        words = ["restic", "--quiet", "backup", "--stdin"]
        with subprocess.Popen(
            words, env={**os.environ, **environment}, pass_fds=handles, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
        ) as process:
            end = time.monotonic() + 20
            while not locks(repository):
                assert time.monotonic() < end
                time.sleep(0.1)
            process.kill()


def locks(repository: Repository) -> list[Path]:
    return list(Path(repository.location.url, "locks").iterdir())


def test_the_lock_of_a_killed_run_is_removed(repository: Repository) -> None:
    leave_stale_lock(repository)
    assert len(locks(repository)) == 1
    repository.remove_stale_locks()
    assert locks(repository) == []


def test_the_lock_of_another_node_is_kept_until_it_expires(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave_stale_lock(repository)
    host = socket.gethostname()
    monkeypatch.setattr(socket, "gethostname", lambda: "another")
    with pytest.raises(ResticError, match=f"is in use by another node \\({host}, since "):
        repository.remove_stale_locks()
    assert len(locks(repository)) == 1
    later = time.time() + LOCK_LIFETIME + clocks.MAX_SKEW + 1
    monkeypatch.setattr(time, "time", lambda: later)
    repository.remove_stale_locks()
    assert locks(repository) == []
