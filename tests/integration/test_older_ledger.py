"""An older copy of the ledger: no new tenant gets the number or the name of one that exists, and nobody's server is touched."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from support.lab import LabHandle
from support.modules import run_module
from support.playbooks import play
from support.saved_states import SavedStates

CLOUD = ("-e", "vdc_without_nodes=true")


@pytest.fixture
def site(lab: LabHandle, tmp_path: Path, saved_states: SavedStates) -> Path:
    """A platform on which acme signed up, then beta, each with a server of its own; ``older.db`` does not know beta."""

    def build() -> None:
        done = play("platform", tmp_path, *CLOUD, "-e", "storage_nodes_pool_disk_gib=500")
        assert done.ok, done.output
        sign_up(tmp_path, "acme")
        shutil.copy(tmp_path / "ledger.db", tmp_path / "older.db")
        sign_up(tmp_path, "beta")

    saved_states.provide("older ledger", lab, tmp_path, build)
    shutil.copy(tmp_path / "ledger.db", tmp_path / "newest.db")
    replace_ledger(tmp_path, "older.db")
    return tmp_path


def replace_ledger(site: Path, copy: str = "") -> None:
    """Replace the ledger by a copy of its file; without one, lose it."""
    for suffix in ("", "-wal", "-shm"):
        (site / f"ledger.db{suffix}").unlink(missing_ok=True)
    if copy:
        shutil.copy(site / copy, site / "ledger.db")


def sign_up(site: Path, name: str) -> None:
    done = play("tenant_create", site, "-e", f"tenant={name}", "-e", "tier=pro", *CLOUD)
    assert done.ok, done.output


def servers(lab: LabHandle) -> dict[str, dict[str, Any]]:
    """The tenants' servers by name, with what identifies them."""
    found = lab.state()["hetzner"]["servers"]
    return {one["name"]: {"id": one["id"], "labels": one["labels"]} for one in found if "tenant" in one["labels"]}


def test_a_new_tenant_gets_a_free_number_and_the_unknown_server_stays(lab: LabHandle, site: Path) -> None:
    before = servers(lab)
    assert before.keys() == {"lab-tenant-1", "lab-tenant-2"}
    sign_up(site, "gamma")
    after = servers(lab)
    assert after.keys() == {"lab-tenant-1", "lab-tenant-2", "lab-tenant-3"}
    assert {name: after[name] for name in before} == before
    assert after["lab-tenant-3"]["labels"]["tenant"] == "gamma"


def test_the_name_of_an_unknown_tenant_is_not_given_again(lab: LabHandle, site: Path) -> None:
    before = servers(lab)
    lab.clear_trace()
    rejected = play("tenant_create", site, "-e", "tenant=beta", "-e", "tier=pro", *CLOUD)
    assert not rejected.ok
    assert "the server 'lab-tenant-2' belongs to tenant 'beta' (number 2" in rejected.error
    assert "ledger_restore" in rejected.error
    assert lab.writes() == 0
    assert servers(lab) == before


def test_a_tenant_with_the_number_of_an_unknown_one_is_refused(lab: LabHandle, site: Path) -> None:
    """As an inventory that did not show the server when the tenant signed up would leave it."""
    before = servers(lab)
    lab.clear_trace()
    given = ("-e", "tenant=gamma", "-e", "tier=pro", *CLOUD)
    rejected = play("tenant_create", site, *given, "-e", '{"tenant_lifecycle_claims": []}')
    assert not rejected.ok
    assert "server 'lab-tenant-2' belongs to tenant 'beta'" in rejected.output
    assert servers(lab) == before
    rejected = play("reconcile", site, *CLOUD)
    assert not rejected.ok
    assert "the server 'lab-tenant-2' belongs to tenant 'beta' (number 2" in rejected.error
    assert servers(lab) == before
    assert lab.writes() == 0


def test_a_copy_is_restored_and_the_differences_are_reported(lab: LabHandle, site: Path) -> None:
    """The drill of docs/ledger.md: back up, sign up more, restore the older copy, sign up again; then the newest copy."""
    before = servers(lab)
    lab.clear_trace()
    assert play("ledger_backup", site, "--check").changed == 1
    first = play("ledger_backup", site)
    assert first.ok, first.output
    older = copies(site)
    assert play("ledger_backup", site).changed == 0
    assert (copies(site), stored(lab)) == (older, older)
    replace_ledger(site, "newest.db")
    time.sleep(1)  # a copy is named by the second
    assert play("ledger_backup", site).changed == 1
    assert len(copies(site)) == 2

    given = ("-e", f"copy={older[0]}", *CLOUD)
    rejected = play("ledger_restore", site, *given)
    assert "confirm: '' does not confirm that the ledger, which is not empty, is replaced" in rejected.error
    confirmed = (*given, "-e", "confirm=lab")
    assert play("ledger_restore", site, *confirmed, "--check").ok
    assert tenants(site) == {"acme", "beta"}
    restored = play("ledger_restore", site, *confirmed)
    assert restored.ok, restored.output
    assert "the server 'lab-tenant-2' belongs to tenant 'beta' (number 2" in restored.output
    assert tenants(site) == {"acme"}
    assert play("ledger_restore", site, *confirmed).changed == 0
    assert (
        "'lab-tenant-2' belongs to tenant 'beta'"
        in play("tenant_create", site, "-e", "tenant=beta", "-e", "tier=pro", *CLOUD).error
    )

    # A throw-away controller: no file is left, and the newest copy comes from object storage.
    replace_ledger(site)
    shutil.rmtree(site / "ledger-copies")
    restored = play("ledger_restore", site, *CLOUD)
    assert restored.ok, restored.output
    assert "The ledger agrees with what exists." in restored.output
    assert tenants(site) == {"acme", "beta"}
    assert servers(lab) == before
    assert play("reconcile", site, *CLOUD).changed == 0
    assert lab.writes() == 0


def test_a_lost_ledger_is_rebuilt_and_reconcile_changes_nothing(lab: LabHandle, site: Path) -> None:
    before = servers(lab)
    replace_ledger(site)
    lab.clear_trace()
    rebuilt = play("ledger_rebuild", site, *CLOUD)
    assert rebuilt.ok, rebuilt.output
    assert (
        "beta (number 2, pro) is active; unknown: owner_email, service_id, paid_until, created, volume (assumed: 50 GiB"
        in rebuilt.output
    )
    assert tenants(site) == {"acme", "beta"}
    assert play("ledger_rebuild", site, *CLOUD).changed == 0
    reconciled = play("reconcile", site, *CLOUD)
    assert reconciled.ok, reconciled.output
    assert reconciled.changed == 0
    assert servers(lab) == before
    assert lab.writes() == 0
    sign_up(site, "gamma")
    assert servers(lab)["lab-tenant-3"]["labels"]["tenant"] == "gamma"


def test_check_mode_shows_the_plan_of_a_rebuild(lab: LabHandle, site: Path) -> None:
    planned = play("ledger_rebuild", site, *CLOUD, "--check", "--diff")  # the older ledger lacks beta
    assert planned.ok, planned.output
    assert "beta (number 2, pro) is active" in planned.output
    assert "acme (number" not in planned.output
    assert tenants(site) == {"acme"}


def copies(site: Path) -> list[str]:
    return sorted(path.name for path in (site / "ledger-copies").iterdir())


def stored(lab: LabHandle) -> list[str]:
    """The copies in the lab's object storage."""
    found = run_module(
        "ledger_backup_info",
        fleet="lab",
        endpoint=lab.env["S3_ENDPOINT"],
        bucket="vdc-backups",
        access_key=lab.env["S3_ACCESS_KEY"],
        secret_key=lab.env["S3_SECRET_KEY"],
    )
    return [copy["name"] for copy in found["copies"]]


def tenants(site: Path) -> set[str]:
    found = run_module("tenant_info", ledger_url=f"sqlite:///{site}/ledger.db")
    return {tenant["name"] for tenant in found["tenants"]}
