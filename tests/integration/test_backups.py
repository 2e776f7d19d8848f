"""Whole lives of a backup, with the real restic and the lab's S3, of a volume that is a directory; and what is refused."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.backup import manifest, operations
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.job import Job, open_repository
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.manifest import Header
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.operations import Outcome
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.restic import Repository
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import StorageError
from support import backups
from support.backups import Directories
from support.lab import LabHandle

pytestmark = [
    backups.needs_restic,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root restores owners"),
]
KEEP = {"daily": 7}


class Site:
    """A tenant with a volume, and its repository in the lab."""

    def __init__(self, directory: Path, env: dict[str, str]) -> None:
        self.keys = {"access_key": env["S3_ACCESS_KEY"], "secret_key": env["S3_SECRET_KEY"]}
        self.url = f"s3:{env['VDC_S3_ENDPOINT']}/backups/acme"
        self.job = backups.job(directory, self.url, **self.keys)
        self.volumes = Directories(self.job, directory / "srv" / "acme")
        (self.here / "directory").mkdir()
        (self.here / "directory" / "file").write_text("kept")
        os.chown(self.here / "directory" / "file", 107005, 107005)
        (self.here / "hole").touch()
        os.truncate(self.here / "hole", 10**7)

    @property
    def here(self) -> Path:
        return self.volumes.here

    def do(self, deed: Callable[..., Outcome], *arguments: Any, run: Any = backups.run, **more: Any) -> Outcome:
        job = replace(self.job, **more)
        with open_repository(job, run) as repository:
            return deed(job, repository, self.volumes, *arguments)

    def take(self, max_age: float = 0, safety: bool = False, **more: Any) -> Outcome:
        return self.do(operations.back_up, KEEP, 20, max_age, safety, **more)

    def verify(self, chosen: str = "latest", days: float = 0, **more: Any) -> Outcome:
        return self.do(operations.verify, chosen, days, **more)

    def restore(self, chosen: str = "latest", confirm: str = "acme", **more: Any) -> Outcome:
        return self.do(operations.restore, chosen, confirm, **more)


@pytest.fixture
def site(tmp_path: Path, lab: LabHandle) -> Site:
    backups.bucket(lab.env)
    return Site(tmp_path, lab.env)


def test_a_backup_is_taken_verified_and_restored(site: Site) -> None:
    listed = str(site.here.parent / "before")
    manifest.write(str(site.here), Header("acme", 7, 107000, 2e9, 1), listed)
    taken = site.take()
    assert taken.changed
    assert (taken.values["entries"], taken.values["bytes"]) == (4, 10**7 + 4)
    verified = site.verify()
    assert verified.values["verified"] == [taken.backup.name]
    assert verified.backup.verified > 0
    (site.here / "directory" / "file").write_text("overwritten")
    (site.here / "new").write_text("new")
    restored = site.restore()
    assert restored.backup.name == taken.backup.name
    assert restored.values["age"] == "0 minutes"
    assert manifest.compare(str(site.here), listed).differences == []
    assert site.volumes.events[-5:] == ["remove_leftovers", "remount_read_only", "mark_verified", "exchange", "finish"]
    assert site.do(lambda job, repository, _volumes: operations.check(job, repository, 100)).backups


def test_nothing_is_done_before_it_is_due(site: Site) -> None:
    assert site.take(check=True).changed
    assert site.take(check=True).backups == []
    first = site.take(max_age=1)
    assert not site.take(max_age=1).changed
    assert site.verify(days=1).changed
    again = site.verify(days=1)
    assert not again.changed
    assert again.backups[0].name == first.backup.name
    second = site.take()
    assert site.verify("unverified").values["verified"] == [second.backup.name]
    assert site.verify("unverified").changed is False


def test_as_another_tenant_the_owners_move(site: Site, tmp_path: Path) -> None:
    site.take()
    other = backups.job(tmp_path, site.url, "copy", 9, source="acme", **site.keys)
    volumes = Directories(other, tmp_path / "srv" / "copy")
    with open_repository(other, backups.run) as repository:
        with pytest.raises(StorageError, match="set confirm to copy"):
            operations.restore(other, repository, volumes, "latest", "acme")
        operations.restore(other, repository, volumes, "latest", "copy")
    assert (volumes.here / "directory" / "file").read_text() == "kept"
    assert os.stat(volumes.here / "directory" / "file").st_uid == 109005
    assert os.stat(site.here / "directory" / "file").st_uid == 107005


def test_a_restore_that_is_run_again_means_the_same_backup(site: Site) -> None:
    first = site.take()
    (site.here / "directory" / "file").write_text("a mistake")
    site.take(safety=True)
    assert site.restore().backup.name == first.backup.name
    assert (site.here / "directory" / "file").read_text() == "kept"


def test_a_damaged_backup_is_found_and_never_exchanged(site: Site) -> None:
    site.take()

    def damaging(words: list[str], *more: Any) -> tuple[int, str, str]:
        done = backups.run(words, *more)
        if "restore" in words and "--include" not in words:
            Path(site.job.tenant_directory, "restore", "data", "directory", "file").write_text("KEPT")
        return done

    with pytest.raises(StorageError, match="differs from what was backed up in 1 places"):
        site.verify(run=damaging)
    with pytest.raises(StorageError, match="the tenant's volume was not replaced"):
        site.restore(run=damaging)
    assert "exchange" not in site.volumes.events
    assert site.verify(days=1).backups[0].verified > 0  # still due


def test_a_run_that_died_before_all_was_known_to_be_there_leaves_nothing(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_call: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Repository, "mark_complete", dies)
        with pytest.raises(KeyboardInterrupt):
            site.take()
    with pytest.raises(StorageError, match="there is no backup of acme to verify"):
        site.verify()
    assert len(site.take().backups) == 1


def test_a_second_run_waits_and_is_refused(site: Site) -> None:
    # The lock lives as long as a program that the first run has started.
    with open_repository(site.job, backups.run) as repository:
        left = subprocess.Popen(["sleep", "30"], pass_fds=repository._locks)
    try:
        with pytest.raises(StorageError, match="another run uses the backups of acme"):
            site.take(wait=0.1)
    finally:
        left.kill()
        left.wait()
    assert site.take().changed


@pytest.mark.parametrize("deed", ["verify", "restore"])
def test_without_backups_there_is_a_sentence(site: Site, deed: str) -> None:
    with pytest.raises(StorageError, match="there is no backup of acme"):
        getattr(site, deed)()


def test_a_volume_that_is_too_small_is_refused(site: Site) -> None:
    site.take()
    site.volumes.size = 1000
    with pytest.raises(StorageError, match="grow the volume first"):
        site.restore()


def test_check_mode_restores_nothing(site: Site) -> None:
    site.take()
    assert site.restore(check=True).changed
    assert site.volumes.events[-1] == "validate_exchange"


def test_a_typo_keeps_everything(site: Site) -> None:
    site.take()
    with pytest.raises(StorageError, match="dayly is not a policy"):
        site.do(operations.back_up, {"dayly": 7}, 20, 0, False)


def test_jobs_show_no_secret() -> None:
    assert "secret" not in repr(Job("acme", 7, 107000, "acme", backups.job(Path("/"), "u").location))


def test_a_wrong_key_is_told_in_a_sentence(site: Site) -> None:
    wrong = replace(site.job.location, access_key="somebody")
    with pytest.raises(StorageError, match=r"restic on s3:http.*/backups/acme failed"):
        site.take(location=wrong)
