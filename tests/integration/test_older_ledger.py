"""An older copy of the ledger: no new tenant gets the number or the name of one that exists, and nobody's server is touched."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from support.lab import LabHandle
from support.playbooks import play
from support.saved_states import SavedStates

CLOUD = ("--skip-tags", "nodes")


@pytest.fixture
def site(lab: LabHandle, tmp_path: Path, saved_states: SavedStates) -> Path:
    """A platform on which acme signed up, then beta, each with a server of its own; ``older.db`` does not know beta."""

    def build() -> None:
        done = play("platform", tmp_path, "--tags", "cloud", "-e", "storage_nodes_pool_disk_gib=500")
        assert done.ok, done.output
        sign_up(tmp_path, "acme")
        shutil.copy(tmp_path / "ledger.db", tmp_path / "older.db")
        sign_up(tmp_path, "beta")

    saved_states.provide("older ledger", lab, tmp_path, build)
    for left in ("ledger.db-wal", "ledger.db-shm"):
        (tmp_path / left).unlink(missing_ok=True)
    shutil.copy(tmp_path / "older.db", tmp_path / "ledger.db")
    return tmp_path


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
