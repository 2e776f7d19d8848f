"""The module tenant_backup_purge against the lab's S3."""

from __future__ import annotations

from collections.abc import Callable
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


def left(bucket: Any, tenant: str) -> list[str]:
    return [version.object_key for version in bucket.object_versions.filter(Prefix=f"{tenant}/")]


def test_all_of_one_tenant_goes_and_nothing_of_another(run_module: Run, options: dict[str, Any], bucket: Any) -> None:
    foreseen = run_module("tenant_backup_purge", _check=True, **options)
    assert (foreseen["changed"], foreseen["api_calls"]["writes"]) == (True, 0)
    assert len(left(bucket, "acme")) == len(PARTS)
    done = run_module("tenant_backup_purge", **options)
    assert (done["changed"], done["removed"], done["diff"]) == (True, len(PARTS), foreseen["diff"])
    assert left(bucket, "acme") == []
    assert len(left(bucket, "acme-2")) == len(PARTS)
    again = run_module("tenant_backup_purge", **options)
    assert (again["changed"], again["removed"], again["api_calls"]["writes"]) == (False, 0, 0)


def test_it_goes_page_by_page_with_all_versions(
    run_module: Run, options: dict[str, Any], bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(objects, "PAGE", 2)
    bucket.Versioning().enable()
    bucket.put_object(Key="acme/index/1", Body=b"newer")
    bucket.Object("acme/snapshots/1").delete()
    assert run_module("tenant_backup_purge", **options)["removed"] == len(PARTS) + 2
    assert left(bucket, "acme") == []


def test_what_was_interrupted_is_no_repository_and_is_taken_up(
    run_module: Run, options: dict[str, Any], bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    remove = objects.Bucket.remove

    def broken(self: objects.Bucket, item: objects.Stored) -> None:
        if item.key.startswith("acme/data"):
            raise CloudError("lost")
        remove(self, item)

    with monkeypatch.context() as patch:
        patch.setattr(objects.Bucket, "remove", broken)
        failed = run_module("tenant_backup_purge", **options)
    assert (failed["failed"], failed["changed"], failed["msg"]) == (True, True, "lost")
    assert left(bucket, "acme") == ["acme/data/00/0001", "acme/data/00/0002"]
    assert run_module("tenant_backup_purge", **options)["removed"] == 2


def test_a_deletion_that_does_nothing_ends(
    run_module: Run, options: dict[str, Any], bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(objects.Bucket, "remove", lambda *_call: None)
    assert "acme/config is there again" in run_module("tenant_backup_purge", **options)["msg"]


def test_nothing_goes_while_somebody_restores(run_module: Run, options: dict[str, Any], bucket: Any) -> None:
    bucket.put_object(Key="acme/locks/1", Body=b"lock")
    assert "a run works with the backups of 'acme'" in run_module("tenant_backup_purge", **options)["msg"]
    assert len(left(bucket, "acme")) == len(PARTS) + 1


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"confirm": ""}, "confirm: this deletes all backups of 'acme'"),
        ({"confirm": "acme-2"}, "confirm: this deletes all backups of 'acme'"),
        ({"tenant": "", "confirm": ""}, "tenant: '' will not do"),
        ({"endpoint": "sos.example"}, "endpoint: 'sos.example' must be a URL"),
        ({"access_key": "somebody"}, "The access key is not this lab's"),
        ({"api_retries": -1}, "api_retries: -1 must be 0 or more"),
    ],
)
def test_bad_input_is_a_sentence(
    run_module: Run, options: dict[str, Any], bucket: Any, wrong: dict[str, Any], says: str
) -> None:
    failed = run_module("tenant_backup_purge", **{**options, **wrong})
    assert failed["failed"]
    assert says in failed["msg"]
    assert len(left(bucket, "acme")) == len(PARTS)


def test_what_is_no_object_storage_is_not_taken_for_an_empty_one(
    run_module: Run, options: dict[str, Any], lab: LabHandle
) -> None:
    elsewhere = run_module("tenant_backup_purge", **{**options, "endpoint": lab.env["HCLOUD_ENDPOINT"]})
    assert elsewhere["failed"]


def test_a_bucket_that_does_not_exist_holds_nothing(run_module: Run, options: dict[str, Any], lab: LabHandle) -> None:
    assert not run_module("tenant_backup_purge", **{**options, "bucket": "nobodys"})["changed"]
