"""Backups without LVM: a tenant's volume that is a directory, and restic run as the modules run it."""

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
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.restic import Place
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.volumes import Frozen
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.work import Job

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
    """Make the bucket in the lab, if it is not there: newer restic waits a minute for one that is not there."""
    keys = {"aws_access_key_id": env["S3_ACCESS_KEY"], "aws_secret_access_key": env["S3_SECRET_KEY"]}
    store = boto3.resource("s3", endpoint_url=env["S3_ENDPOINT"], region_name="us-east-1", **keys)
    return store.create_bucket(Bucket=name)


def job(directory: Path, url: str, tenant: str = "acme", number: int = 7, **more: object) -> Job:
    """Whose backups are worked on; ``more`` are fields of ``Job`` and ``Place``."""
    keys = {key: more.pop(key) for key in ("password", "access_key", "secret_key") if key in more}
    place = Place(url=url, **{"password": "secret", "cache": str(directory / "cache"), **keys})
    wish = {"source": tenant, "wait": 2.0, "directory": str(directory / "node"), **more}
    return Job(tenant=tenant, number=number, first_uid=100000 + 1000 * number, place=place, **wish)


class Directories:
    """Has the methods of ``Volumes``. The tenant's volume is ``here``; ``events`` tells what was done in which order."""

    def __init__(self, job: Job, here: Path, size: int = 1024**3) -> None:
        self.here, self.size, self.events, self.arriving = here, size, [], False
        here.mkdir(parents=True, exist_ok=True)
        self._data, self._restored = Path(job.here, "data"), Path(job.here, "restore", "data")

    def tidy(self) -> None:
        self.events.append("tidy")

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

    def afresh(self, path: str) -> None:
        self.events.append("afresh")

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

    def prove(self) -> None:
        self.events.append("prove")

    def refuse_exchange(self) -> None:
        self.events.append("may exchange")

    def exchange(self) -> None:
        self.events.append("exchange")
        shutil.rmtree(self.here)
        self.here.with_suffix(".restored").rename(self.here)

    def finish(self, backup: str) -> None:
        self.events.append("finish")
