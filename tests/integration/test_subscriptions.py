"""The sweeps of subscriptions and idle tenants against a lab without machines: ledger, clouds and mails."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import schema, store
from support.lab import LabHandle
from support.modules import run_module
from support.playbooks import Outcome, extra_vars, play, resource_counts
from support.saved_states import SavedStates
from support.tenants import put_tenant

# Tasks on nodes are left out.
CLOUD = ("-e", "vdc_without_nodes=true")
DAY = 86_400


@pytest.fixture
def site(lab: LabHandle, tmp_path: Path, saved_states: SavedStates):
    """Run a playbook on a platform; ``site.url`` is its ledger."""

    def run(name: str, *more: str, **variables: object) -> Outcome:
        given = extra_vars(variables)
        return play(name, tmp_path, *(more or CLOUD), *given, seconds=100, VDC_LEDGER_URL=run.url)

    run.url = f"sqlite:///{tmp_path}/ledger.db"

    def build() -> None:
        built = run("platform", *CLOUD, storage_nodes_pool_disk_gib=200)
        assert built.ok, built.output

    saved_states.provide("platform", lab, tmp_path, build)
    return run


def state(url: str) -> dict[str, tuple[str, str]]:
    """Return current and desired state of each tenant."""
    return {t["name"]: (t["state"], t["desired_state"]) for t in run_module("tenant_info", ledger_url=url)["tenants"]}


def prove_backups(url: str) -> None:
    """Clear the mark of backups that were made without nodes, which do not count as backups."""
    ledger = store.connect(url)
    with ledger.writing() as connection:
        connection.execute(schema.OPERATIONS.update().values(without_nodes=False))
    ledger.close()


def test_an_expired_tenant_is_warned_released_and_resumed(lab: LabHandle, site) -> None:
    created = site("tenant_create", tenant="big", tier="pro", owner_email="owner@big.example")
    assert created.ok, created.output
    assert resource_counts(lab.state())["hetzner servers"] == {"lab-compute-1": 1, "lab-tenant-1": 1}
    subjects = ["Your virtual data center big is ready"]

    def ends_in(days: float) -> None:
        put_tenant(site.url, "big", paid_until=int(time.time() + days * DAY))

    ends_in(5.5)
    predicted = site("subscriptions", *CLOUD, "--check")
    assert (predicted.ok, predicted.changed, len(lab.mails())) == (True, 1, 1), predicted.output
    for days, subject in (
        (5.5, "big is paid for 6 more days"),
        (1.5, "big is paid for 2 more days"),
        (0.5, "big stops tomorrow unless it is renewed"),
        (-0.01, "big has been stopped"),
    ):
        prove_backups(site.url)
        ends_in(days)
        swept = site("subscriptions")
        assert swept.ok, swept.output
        subjects.append(subject)
        assert [mail["subject"] for mail in lab.mails()] == subjects
    assert "Its last backup was made on 20" in lab.mails()[3]["text"]
    assert state(site.url) == {"big": ("suspended", "release")}
    assert resource_counts(lab.state())["hetzner servers"] == {"lab-compute-1": 1}
    again = site("subscriptions")
    assert (again.ok, again.changed, len(lab.mails())) == (True, 0, 5), again.output

    ends_in(30)
    resumed = site("tenant_resume", tenant="big")
    assert resumed.ok, resumed.output
    assert state(site.url) == {"big": ("active", "active")}
    assert lab.mails()[-1]["subject"] == "big is running again"


def test_an_idle_tenant_is_suspended_until_its_next_use(lab: LabHandle, site) -> None:
    created = site("tenant_create", tenant="acme", tier="casual")
    assert created.ok, created.output
    put_tenant(site.url, "acme", last_active=int(time.time()) - 25 * 3600)
    predicted = site("tenant_idle_suspend", *CLOUD, "--check")
    assert predicted.ok, predicted.output
    assert predicted.changed
    assert state(site.url) == {"acme": ("active", "active")}
    stopped = site("tenant_idle_suspend")
    assert stopped.ok, stopped.output
    assert state(site.url) == {"acme": ("suspended", "poweroff")}
    resumed = site("tenant_idle_resume", tenant="acme")
    assert resumed.ok, resumed.output
    assert state(site.url) == {"acme": ("active", "active")}
    again = site("tenant_idle_suspend")
    assert (again.ok, again.changed) == (True, 0), again.output

    suspended = site("tenant_suspend", tenant="acme")
    assert suspended.ok, suspended.output
    rejected = site("tenant_idle_resume", tenant="acme")
    assert rejected.error.startswith("tenants: 'acme' is not suspended for being idle, it is suspended"), (
        rejected.output
    )
    assert state(site.url) == {"acme": ("suspended", "poweroff")}
