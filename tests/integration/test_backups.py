"""Backup, verification and restore with the real restic and the lab's S3, of a directory as volume; and rejected input."""

from __future__ import annotations

import os
import subprocess
import time
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

    def run_operation(
        self, operation: Callable[..., Outcome], *arguments: Any, run: Any = backups.run, **more: Any
    ) -> Outcome:
        job = replace(self.job, **more)
        with open_repository(job, run) as repository:
            return operation(job, repository, self.volumes, *arguments)

    def create(self, max_age: float = 0, safety: bool = False, **more: Any) -> Outcome:
        return self.run_operation(operations.back_up, KEEP, 20, max_age, safety, **more)

    def verify(self, chosen: str = "latest", days: float = 0, **more: Any) -> Outcome:
        return self.run_operation(operations.verify, chosen, days, **more)

    def restore(self, chosen: str = "latest", confirm: str = "acme", **more: Any) -> Outcome:
        return self.run_operation(operations.restore, chosen, confirm, **more)


@pytest.fixture
def site(tmp_path: Path, lab: LabHandle) -> Site:
    backups.bucket(lab.env)
    return Site(tmp_path, lab.env)


def test_a_backup_is_created_verified_and_restored(site: Site) -> None:
    listed = str(site.here.parent / "before")
    manifest.write(str(site.here), Header("acme", 7, 107000, 2e9, 1), listed)
    created = site.create()
    assert created.changed
    assert (created.values["entries"], created.values["bytes"]) == (4, 10**7 + 4)
    verified = site.verify()
    assert verified.values["verified"] == [created.backup.name]
    assert verified.backup.verified > 0
    (site.here / "directory" / "file").write_text("overwritten")
    (site.here / "new").write_text("new")
    restored = site.restore()
    assert restored.backup.name == created.backup.name
    assert restored.values["age"] == "0 minutes"
    assert manifest.compare(str(site.here), listed).differences == []
    assert site.volumes.events[-5:] == ["remove_leftovers", "remount_read_only", "mark_verified", "exchange", "finish"]
    assert site.run_operation(lambda job, repository, _volumes: operations.check(job, repository, 100)).backups


def test_backup_and_verification_run_only_when_due(site: Site) -> None:
    assert site.create(check=True).changed
    assert site.create(check=True).backups == []
    first = site.create(max_age=1)
    assert not site.create(max_age=1).changed
    assert site.verify(days=1).changed
    again = site.verify(days=1)
    assert not again.changed
    assert again.backups[0].name == first.backup.name
    second = site.create()
    assert site.verify("unverified").values["verified"] == [second.backup.name]
    assert site.verify("unverified").changed is False


def test_a_restore_to_another_tenant_changes_the_owners(site: Site, tmp_path: Path) -> None:
    site.create()
    other = backups.job(tmp_path, site.url, "copy", 9, source="acme", **site.keys)
    volumes = Directories(other, tmp_path / "srv" / "copy")
    with open_repository(other, backups.run) as repository:
        with pytest.raises(StorageError, match="set confirm to copy"):
            operations.restore(other, repository, volumes, "latest", "acme")
        operations.restore(other, repository, volumes, "latest", "copy")
    assert (volumes.here / "directory" / "file").read_text() == "kept"
    assert os.stat(volumes.here / "directory" / "file").st_uid == 109005
    assert os.stat(site.here / "directory" / "file").st_uid == 107005


@pytest.mark.parametrize("ahead", [3 * 3600, 30 * 86400])
def test_a_backup_dated_in_the_future_neither_prevents_a_backup_nor_hides_it(
    site: Site, monkeypatch: pytest.MonkeyPatch, ahead: int
) -> None:
    real = time.time
    with monkeypatch.context() as clock:
        clock.setattr(time, "time", lambda: real() + ahead)
        first = site.create()
    (site.here / "directory" / "file").write_text("newer")
    second = site.create()
    assert second.changed
    assert second.backup.name != first.backup.name
    assert f"backup {first.backup.name} at " in second.warnings[0]
    assert second.backup.name in {one.name for one in second.backups}
    (site.here / "directory" / "file").write_text("a mistake")
    assert site.create(safety=True).changed
    restored = site.restore()
    assert restored.backup.name == second.backup.name
    assert restored.values["age"].endswith(" in the future")
    assert (site.here / "directory" / "file").read_text() == "newer"


def test_a_repeated_restore_uses_the_same_backup(site: Site) -> None:
    first = site.create()
    (site.here / "directory" / "file").write_text("a mistake")
    site.create(safety=True)
    assert site.restore().backup.name == first.backup.name
    assert (site.here / "directory" / "file").read_text() == "kept"


def test_a_damaged_backup_is_detected_and_never_replaces_the_volume(site: Site) -> None:
    site.create()

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


def test_a_backup_of_a_killed_run_does_not_count_as_complete(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def dies(*_call: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Repository, "mark_complete", dies)
        with pytest.raises(KeyboardInterrupt):
            site.create()
    with pytest.raises(StorageError, match="there is no backup of acme to verify"):
        site.verify()
    assert len(site.create().backups) == 1


def test_a_second_run_waits_and_is_rejected(site: Site) -> None:
    # The lock is held as long as a program runs that the first run has started.
    with open_repository(site.job, backups.run) as repository:
        process = subprocess.Popen(["sleep", "30"], pass_fds=repository._locks)
    try:
        with pytest.raises(StorageError, match="another run uses the backups of acme"):
            site.create(wait=0.1)
    finally:
        process.kill()
        process.wait()
    assert site.create().changed


@pytest.mark.parametrize("operation", ["verify", "restore"])
def test_verify_and_restore_without_a_backup_are_rejected(site: Site, operation: str) -> None:
    with pytest.raises(StorageError, match="there is no backup of acme"):
        getattr(site, operation)()


def test_a_restore_to_a_volume_that_is_too_small_is_rejected(site: Site) -> None:
    site.create()
    site.volumes.size = 1000
    with pytest.raises(StorageError, match="grow the volume first"):
        site.restore()


def test_check_mode_restores_nothing(site: Site) -> None:
    site.create()
    assert site.restore(check=True).changed
    assert site.volumes.events[-1] == "validate_exchange"


def test_an_unknown_retention_policy_is_rejected(site: Site) -> None:
    site.create()
    with pytest.raises(StorageError, match="dayly is not a policy"):
        site.run_operation(operations.back_up, {"dayly": 7}, 20, 0, False)


def test_the_representation_of_a_job_contains_no_secret() -> None:
    assert "secret" not in repr(Job("acme", 7, 107000, "acme", backups.job(Path("/"), "u").location))


def test_a_wrong_access_key_is_reported_in_one_sentence(site: Site) -> None:
    wrong = replace(site.job.location, access_key="somebody")
    with pytest.raises(
        StorageError,
        match=r"^access_key: the object storage does not know the key; if it was rotated, give the new key",
    ):
        site.create(location=wrong)
