"""The backup modules as Ansible runs them: what needs no LVM, and invalid options."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.backup import operations
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.job import DIRECTORY, open_repository
from support import backups
from support.lab import LabHandle

pytestmark = [
    backups.needs_restic,
    pytest.mark.skipif(os.geteuid() != 0, reason="the modules run as root"),
]


@pytest.fixture
def options(lab: LabHandle) -> dict[str, Any]:
    """Options of a tenant that only this test uses, with a bucket in the lab."""
    backups.bucket(lab.env)
    return {
        "tenant": "test-of-modules",
        "number": 7,
        "repository": f"s3:{lab.env['VDC_S3_ENDPOINT']}/backups/test-of-modules",
        "password": "pass-word",
        "access_key": lab.env["S3_ACCESS_KEY"],
        "secret_key": lab.env["S3_SECRET_KEY"],
        "wait": 1,
    }


@pytest.fixture(autouse=True)
def remove_directory() -> Iterator[None]:
    """Remove the directory that the modules keep for each tenant on their node, which is this machine."""
    yield
    shutil.rmtree(f"{DIRECTORY}/test-of-modules", ignore_errors=True)


def test_list_and_check_of_an_empty_and_a_filled_repository(
    run_module: Any, options: dict[str, Any], tmp_path: Path
) -> None:
    none = run_module("tenant_backup", operation="list", **options)
    assert (none["failed"], none["changed"], none["backups"], none["backup"]) == (False, False, [], None)
    keys = {key: options[key] for key in ("password", "access_key", "secret_key")}
    job = backups.job(tmp_path, options["repository"], **keys)
    directories = backups.Directories(job, tmp_path / "srv")
    with open_repository(job, backups.run) as repository:
        operations.back_up(job, repository, directories, {"daily": 7}, 20, 0, False)
    listed = run_module("tenant_backup", operation="list", **options)
    assert (listed["changed"], len(listed["backups"]), listed["backup"]["age"]) == (False, 1, "0 minutes")
    assert not run_module("tenant_backup", operation="check", read_percent=100, **options)["failed"]
    assert "pass-word" not in str(listed)


def test_a_node_without_restic_is_an_error(
    run_module: Any, options: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    for module in ("tenant_backup", "tenant_restore"):
        done = run_module(module, **options)
        assert done["failed"]
        assert "restic is not installed on this node; install the package restic" in done["msg"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"tenant": "Acme"}, "tenant: 'Acme' is not a tenant's name; use 1 to 32 lower-case letters"),
        ({"tenant": "../etc"}, "is not a tenant's name"),
        ({"number": 0}, "number: 0 is too low"),
        ({"snapshot_percent": 0}, "snapshot_percent: 0 is out of range; give 1 to 100"),
        ({"operation": "check", "read_percent": 101}, "read_percent: 101 is out of range; give 0 to 100"),
        ({"operation": "check"}, "there is no backup of test-of-modules"),
    ],
)
def test_invalid_options_are_rejected(
    run_module: Any, options: dict[str, Any], given: dict[str, Any], message: str
) -> None:
    done = run_module("tenant_backup", **{**options, **given})
    assert done["failed"]
    assert message in done["msg"]
