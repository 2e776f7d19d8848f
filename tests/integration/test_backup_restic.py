"""The real restic with a repository in a directory: what our words become, and that no secret gets out."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from pathlib import Path

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.restic import SAFETY, Place, Repository, ResticError
from support import backups

pytestmark = backups.needs_restic
TAKEN = 1_900_000_000.0


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(Place(str(tmp_path / "repo"), "secret", cache=str(tmp_path / "cache")), backups.run)
    assert made.backups() is None
    made.make()
    return made


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "source" / "data").mkdir(parents=True)
    (tmp_path / "source" / "data" / "file").write_text("text")
    return tmp_path / "source"


def test_a_backup_is_named_once_and_for_all(repository: Repository, source: Path, tmp_path: Path) -> None:
    assert repository.backups() == []
    made = repository.backup(str(source), ["data"], "acme", TAKEN)
    (begun,) = repository.backups()
    assert (begun.complete, begun.taken, begun.verified) == (False, TAKEN, 0)
    assert begun.id.startswith(made)
    repository.mark_complete(made)
    (complete,) = repository.backups()
    assert (complete.complete, complete.name, complete.taken) == (True, begun.name, TAKEN)
    assert complete.id != begun.id
    for when in (5, 6):
        repository.mark_verified(repository.backups()[0].id, when)
    (verified,) = repository.backups()
    assert (verified.complete, verified.verified, verified.name) == (True, 6, begun.name)
    repository.restore(verified.id, str(tmp_path / "out"))
    assert (tmp_path / "out" / "data" / "file").read_text() == "text"
    repository.check(100)


def test_one_path_alone_is_restored(repository: Repository, source: Path, tmp_path: Path) -> None:
    (source / "manifest").write_text("list")
    (source / "data" / "manifest").write_text("the tenant's own")
    made = repository.backup(str(source), ["data", "manifest"], "acme", TAKEN)
    repository.restore(made, str(tmp_path / "out"), only="manifest")
    assert (tmp_path / "out" / "manifest").read_text() == "list"
    assert not (tmp_path / "out" / "data" / "manifest").exists()


def test_a_policy_forgets(repository: Repository, source: Path) -> None:
    for day in range(4):
        repository.backup(str(source), ["data"], "acme", TAKEN + day * 86400)
    parent = repository.backups()[-1].id
    repository.backup(str(source), ["data"], f"acme{SAFETY}", TAKEN + 3 * 86400 + 60, parent)
    repository.keep(["--keep-daily", "2"])
    left = repository.backups()
    # What was taken before a restore takes no place of the others.
    assert [backup.taken - TAKEN for backup in left] == [2 * 86400, 3 * 86400, 3 * 86400 + 60]
    assert [backup.safety for backup in left] == [False, False, True]
    repository.forget([left[0].id])
    assert len(repository.backups()) == 2


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_what_could_not_be_read_is_no_backup(repository: Repository, source: Path) -> None:
    (source / "data" / "file").chmod(0)
    with pytest.raises(ResticError):
        repository.backup(str(source), ["data"], "acme", TAKEN)
    assert repository.backups() == []


def test_a_wrong_password_is_told(repository: Repository, tmp_path: Path) -> None:
    wrong = Repository(Place(repository.place.url, "wrong", cache=str(tmp_path / "cache")), backups.run)
    with pytest.raises(ResticError, match="opens with another password"):
        wrong.backups()


# -- locks


def left_lock(repository: Repository) -> None:
    """A lock as a restic that was killed leaves it: written by a backup that waits for its input."""
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
    return list(Path(repository.place.url, "locks").iterdir())


def test_a_dead_runs_lock_goes(repository: Repository) -> None:
    left_lock(repository)
    assert len(locks(repository)) == 1
    repository.free()
    assert locks(repository) == []


def test_another_nodes_lock_stays_until_it_expires(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    left_lock(repository)
    host = socket.gethostname()
    monkeypatch.setattr(socket, "gethostname", lambda: "another")
    with pytest.raises(ResticError, match=f"another node \\({host}\\) works on the repository"):
        repository.free()
    assert len(locks(repository)) == 1
    later = time.time() + 1801
    monkeypatch.setattr(time, "time", lambda: later)
    repository.free()
    assert locks(repository) == []
