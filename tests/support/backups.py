"""Backups without LVM: a directory as the tenant's volume, and restic run as the modules run it."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.job import Job
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.restic import Location
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.volumes import Frozen

needs_restic = pytest.mark.skipif(
    shutil.which("restic") is None, reason="restic is not installed: tools/packages restic"
)


def run(words: list[str], environment: dict[str, str], cwd: str, handles: list[int]) -> tuple[int, str, str]:
    """Run a command as the modules do."""
    done = subprocess.run(
        words, env={**os.environ, **environment}, cwd=cwd, pass_fds=handles, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout, done.stderr


def bucket(env: dict[str, str], name: str = "backups") -> Any:
    """Create the bucket in the lab unless it exists: newer restic waits a minute for one that does not exist."""
    keys = {"aws_access_key_id": env["S3_ACCESS_KEY"], "aws_secret_access_key": env["S3_SECRET_KEY"]}
    store = boto3.resource("s3", endpoint_url=env["S3_ENDPOINT"], region_name="us-east-1", **keys)
    return store.create_bucket(Bucket=name)


def job(directory: Path, url: str, tenant: str = "acme", number: int = 7, **more: object) -> Job:
    """Return a job; ``more`` are fields of ``Job`` and ``Location``."""
    keys = {key: more.pop(key) for key in ("password", "access_key", "secret_key") if key in more}
    location = Location(url=url, **{"password": "secret", "cache": str(directory / "cache"), **keys})
    fields = {"source": tenant, "wait": 2.0, "directory": str(directory / "node"), **more}
    return Job(tenant=tenant, number=number, first_uid=100000 + 1000 * number, location=location, **fields)


class Directories:
    """Has the methods of ``Volumes``; the directory ``here`` is the tenant's volume, ``events`` lists the calls."""

    def __init__(self, job: Job, here: Path, size: int = 1024**3) -> None:
        self.here, self.size, self.events, self.arriving = here, size, [], False
        here.mkdir(parents=True, exist_ok=True)
        self._data, self._restored = Path(job.tenant_directory, "data"), Path(job.tenant_directory, "restore", "data")

    def remove_leftovers(self) -> None:
        self.events.append("remove_leftovers")

    @contextmanager
    def frozen(self, percent: int) -> Iterator[Frozen]:
        self.events.append("freeze")
        shutil.rmtree(self._data, ignore_errors=True)
        subprocess.run(["cp", "--archive", self.here, self._data], check=True)
        try:
            yield Frozen(str(self._data), time.time(), self.size)
        finally:
            shutil.rmtree(self._data)
            self.events.append("thaw")

    @contextmanager
    def scratch(self, needed: int) -> Iterator[str]:
        self._restored.mkdir(parents=True)
        try:
            yield str(self._restored)
        finally:
            shutil.rmtree(self._restored)

    def remount_read_only(self, path: str) -> None:
        self.events.append("remount_read_only")

    def interrupted(self) -> str:
        return ""

    @contextmanager
    def restored(self, backup: str) -> Iterator[str]:
        kept = self.here.with_suffix(".restored")
        kept.mkdir(exist_ok=True)
        self._restored.parent.mkdir(parents=True, exist_ok=True)
        kept.rename(self._restored)
        try:
            yield str(self._restored)
        finally:
            self._restored.rename(kept)

    def mark_verified(self) -> None:
        self.events.append("mark_verified")

    def validate_exchange(self) -> None:
        self.events.append("validate_exchange")

    def exchange(self) -> None:
        self.events.append("exchange")
        shutil.rmtree(self.here)
        self.here.with_suffix(".restored").rename(self.here)

    def finish(self, backup: str) -> None:
        self.events.append("finish")
