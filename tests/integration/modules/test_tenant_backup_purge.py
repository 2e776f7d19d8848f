"""The module tenant_backup_purge against the lab's S3."""

from __future__ import annotations

import time
from collections.abc import Callable
from email.utils import formatdate
from typing import Any

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.backup import objects
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import CloudError
from support import backups
from support.lab import LabHandle

Run = Callable[..., dict[str, Any]]
PARTS = ("config", "keys/1", "data/00/0001", "data/00/0002", "index/1", "snapshots/1")


@pytest.fixture
def bucket(lab: LabHandle) -> Any:
    bucket = backups.bucket(lab.env)
    for tenant in ("acme", "acme-2"):
        for part in PARTS:
            bucket.put_object(Key=f"{tenant}/{part}", Body=b"data")
    return bucket


@pytest.fixture
def options(lab: LabHandle) -> dict[str, Any]:
    keys = {"access_key": lab.env["S3_ACCESS_KEY"], "secret_key": lab.env["S3_SECRET_KEY"]}
    return {"tenant": "acme", "confirm": "acme", "endpoint": lab.env["S3_ENDPOINT"], "bucket": "backups", **keys}


def remaining(bucket: Any, tenant: str) -> list[str]:
    return [version.object_key for version in bucket.object_versions.filter(Prefix=f"{tenant}/")]


def test_all_objects_of_one_tenant_are_deleted_and_none_of_another(
    run_module: Run, options: dict[str, Any], bucket: Any
) -> None:
    predicted = run_module("tenant_backup_purge", _check=True, **options)
    assert (predicted["changed"], predicted["api_calls"]["writes"]) == (True, 0)
    assert len(remaining(bucket, "acme")) == len(PARTS)
    done = run_module("tenant_backup_purge", **options)
    assert (done["changed"], done["removed"], done["diff"]) == (True, len(PARTS), predicted["diff"])
    assert remaining(bucket, "acme") == []
    assert len(remaining(bucket, "acme-2")) == len(PARTS)
    again = run_module("tenant_backup_purge", **options)
    assert (again["changed"], again["removed"], again["api_calls"]["writes"]) == (False, 0, 0)


def test_all_versions_are_deleted_page_by_page(
    run_module: Run, options: dict[str, Any], bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(objects, "PAGE", 2)
    bucket.Versioning().enable()
    bucket.put_object(Key="acme/index/1", Body=b"newer")
    bucket.Object("acme/snapshots/1").delete()
    assert run_module("tenant_backup_purge", **options)["removed"] == len(PARTS) + 2
    assert remaining(bucket, "acme") == []


def test_an_interrupted_purge_leaves_no_repository_and_is_resumed(
    run_module: Run, options: dict[str, Any], bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    remove = objects.Bucket.remove

    def broken(self: objects.Bucket, version: objects.ObjectVersion) -> None:
        if version.key.startswith("acme/data"):
            raise CloudError("lost")
        remove(self, version)

    with monkeypatch.context() as patch:
        patch.setattr(objects.Bucket, "remove", broken)
        failed = run_module("tenant_backup_purge", **options)
    assert (failed["failed"], failed["changed"], failed["msg"]) == (True, True, "lost")
    assert remaining(bucket, "acme") == ["acme/data/00/0001", "acme/data/00/0002"]
    assert run_module("tenant_backup_purge", **options)["removed"] == 2


def test_a_deletion_without_effect_is_an_error(
    run_module: Run, options: dict[str, Any], bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(objects.Bucket, "remove", lambda *_call: None)
    assert "acme/config still exists after it was deleted" in run_module("tenant_backup_purge", **options)["msg"]


def test_nothing_is_deleted_while_the_repository_is_locked(
    run_module: Run, options: dict[str, Any], bucket: Any
) -> None:
    bucket.put_object(Key="acme/locks/1", Body=b"lock")
    assert "the backups of 'acme' are in use" in run_module("tenant_backup_purge", **options)["msg"]
    assert len(remaining(bucket, "acme")) == len(PARTS) + 1


@pytest.mark.parametrize("skew", [-86400, 86400])
def test_nothing_is_deleted_while_the_clocks_differ(
    run_module: Run, options: dict[str, Any], bucket: Any, monkeypatch: pytest.MonkeyPatch, skew: int
) -> None:
    there = formatdate(time.time() + skew, usegmt=True)
    date = objects._date
    monkeypatch.setattr(objects, "_date", lambda _header: date(there))
    failed = run_module("tenant_backup_purge", **options)
    assert "endpoint: the clock of the object storage shows " in failed["msg"]
    assert "correct the clock that is wrong" in failed["msg"]
    assert len(remaining(bucket, "acme")) == len(PARTS)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"confirm": ""}, "does not confirm that all backups of 'acme' are deleted"),
        ({"confirm": "acme-2"}, "does not confirm that all backups of 'acme' are deleted"),
        ({"tenant": "", "confirm": ""}, "tenant: '' is not a tenant's name"),
        ({"endpoint": "sos.example"}, "endpoint: 'sos.example' is not a URL"),
        (
            {"access_key": "somebody"},
            "access_key: the object storage does not know the key; if it was rotated, give the new key and its secret",
        ),
        ({"api_retries": -1}, "api_retries: -1 must be 0 or more"),
    ],
)
def test_invalid_options_are_rejected(
    run_module: Run, options: dict[str, Any], bucket: Any, wrong: dict[str, Any], message: str
) -> None:
    failed = run_module("tenant_backup_purge", **{**options, **wrong})
    assert failed["failed"]
    assert message in failed["msg"]
    assert len(remaining(bucket, "acme")) == len(PARTS)


def test_an_endpoint_without_s3_is_not_treated_as_empty(
    run_module: Run, options: dict[str, Any], lab: LabHandle
) -> None:
    done = run_module("tenant_backup_purge", **{**options, "endpoint": lab.env["HCLOUD_ENDPOINT"]})
    assert done["failed"]


def test_a_missing_bucket_counts_as_empty(run_module: Run, options: dict[str, Any], lab: LabHandle) -> None:
    assert not run_module("tenant_backup_purge", **{**options, "bucket": "nobodys"})["changed"]
