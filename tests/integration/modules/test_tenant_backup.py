"""The modules of backups as Ansible runs them: what needs no LVM, and bad input."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.backup import work
from support import backups
from support.lab import LabHandle

pytestmark = [
    backups.needs_restic,
    pytest.mark.skipif(os.geteuid() != 0, reason="the modules run as root"),
]


@pytest.fixture
def options(lab: LabHandle) -> dict[str, Any]:
    """Options of a tenant with a name of the test's own, whose bucket is there."""
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
def no_traces() -> Iterator[None]:
    """The modules keep a directory for each tenant on their node, which is this machine."""
    yield
    shutil.rmtree(f"{work.DIRECTORY}/test-of-modules", ignore_errors=True)


def test_what_there_is_is_told_and_checked(run_module: Any, options: dict[str, Any], tmp_path: Path) -> None:
    none = run_module("tenant_backup", operation="list", **options)
    assert (none["failed"], none["changed"], none["backups"], none["backup"]) == (False, False, [], None)
    keys = {key: options[key] for key in ("password", "access_key", "secret_key")}
    job = backups.job(tmp_path, options["repository"], **keys)
    directories = backups.Directories(job, tmp_path / "srv")
    with work.opened(job, backups.run) as repository:
        work.take(job, repository, directories, {"daily": 7}, 20, 0, False)
    told = run_module("tenant_backup", operation="list", **options)
    assert (told["changed"], len(told["backups"]), told["backup"]["age"]) == (False, 1, "0 minutes")
    assert not run_module("tenant_backup", operation="check", read_percent=100, **options)["failed"]
    assert "pass-word" not in str(told)


def test_a_node_without_restic_is_told(
    run_module: Any, options: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    for module in ("tenant_backup", "tenant_restore"):
        done = run_module(module, **options)
        assert (done["failed"], done["msg"]) == (True, "there is no restic on this node: install the package restic")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"tenant": "Acme"}, "tenant: 'Acme' will not do: 1 to 32 lower-case letters"),
        ({"tenant": "../etc"}, "will not do"),
        ({"number": 0}, "number: 0 must be 1 or more"),
        ({"snapshot_percent": 0}, "snapshot_percent: 0 must be between 1 and 100"),
        ({"operation": "check", "read_percent": 101}, "read_percent: 101 must be between 0 and 100"),
        ({"operation": "check"}, "there is no backup of test-of-modules"),
    ],
)
def test_bad_input_is_one_sentence(run_module: Any, options: dict[str, Any], given: dict[str, Any], said: str) -> None:
    done = run_module("tenant_backup", **{**options, **given})
    assert done["failed"]
    assert said in done["msg"]
