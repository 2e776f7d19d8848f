"""The sweeps as operators run them, against a lab without machines: what they do in ledger, clouds and mailboxes."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from support.beginnings import Beginnings
from support.lab import LabHandle
from support.modules import run_module
from support.playbooks import Outcome, made, play
from support.tenants import put_tenant

# What goes over SSH is left out.
CLOUD = ("--skip-tags", "nodes")
DAY = 86_400


@pytest.fixture
def site(lab: LabHandle, tmp_path: Path, beginnings: Beginnings):
    """Run a verb on a platform of its own; ``site.url`` is its ledger."""

    def run(name: str, *more: str, **variables: object) -> Outcome:
        given = [part for key, value in variables.items() for part in ("-e", f"{key}={value}")]
        return play(name, tmp_path, *(more or CLOUD), *given, seconds=100, VDC_LEDGER_URL=run.url)

    run.url = f"sqlite:///{tmp_path}/ledger.db"

    def build() -> None:
        built = run("platform", "--tags", "cloud", storage_nodes_pool_disk_gib=200)
        assert built.ok, built.said

    beginnings.begin("platform", lab, tmp_path, build)
    return run


def state(url: str) -> dict[str, tuple[str, str]]:
    """State and wish of each tenant."""
    return {t["name"]: (t["state"], t["desired_state"]) for t in run_module("tenant_info", ledger_url=url)["tenants"]}


def test_a_subscription_runs_out_and_is_renewed(lab: LabHandle, site) -> None:
    created = site("tenant_create", tenant="big", tier="pro", owner_email="owner@big.example")
    assert created.ok, created.said
    assert made(lab.state())["hetzner servers"] == {"lab-compute-1": 1, "lab-tenant-1": 1}
    told = ["Your virtual data center big is ready"]

    def ends_in(days: float) -> None:
        put_tenant(site.url, "big", paid_until=int(time.time() + days * DAY))

    ends_in(5.5)
    foreseen = site("subscriptions", *CLOUD, "--check")
    assert (foreseen.ok, foreseen.changed, len(lab.mails())) == (True, 1, 1), foreseen.said
    for days, subject in (
        (5.5, "big is paid for 6 more days"),
        (1.5, "big is paid for 2 more days"),
        (0.5, "big stops tomorrow unless it is renewed"),
        (-0.01, "big has been stopped"),
    ):
        ends_in(days)
        swept = site("subscriptions")
        assert swept.ok, swept.said
        told.append(subject)
        assert [mail["subject"] for mail in lab.mails()] == told
    assert "Its last backup was made on 20" in lab.mails()[3]["text"]
    assert state(site.url) == {"big": ("suspended", "release")}
    assert made(lab.state())["hetzner servers"] == {"lab-compute-1": 1}
    again = site("subscriptions")
    assert (again.ok, again.changed, len(lab.mails())) == (True, 0, 5), again.said

    ends_in(30)
    resumed = site("tenant_resume", tenant="big")
    assert resumed.ok, resumed.said
    assert state(site.url) == {"big": ("active", "active")}
    assert lab.mails()[-1]["subject"] == "big is running again"


def test_who_is_not_used_sleeps_until_the_next_login(lab: LabHandle, site) -> None:
    created = site("tenant_create", tenant="acme", tier="casual")
    assert created.ok, created.said
    put_tenant(site.url, "acme", last_active=int(time.time()) - 25 * 3600)
    foreseen = site("tenant_idle_suspend", *CLOUD, "--check")
    assert foreseen.ok, foreseen.said
    assert foreseen.changed
    assert state(site.url) == {"acme": ("active", "active")}
    stopped = site("tenant_idle_suspend")
    assert stopped.ok, stopped.said
    assert state(site.url) == {"acme": ("suspended", "poweroff")}
    woken = site("tenant_idle_resume", tenant="acme")
    assert woken.ok, woken.said
    assert state(site.url) == {"acme": ("active", "active")}
    again = site("tenant_idle_suspend")
    assert (again.ok, again.changed) == (True, 0), again.said

    suspended = site("tenant_suspend", tenant="acme")
    assert suspended.ok, suspended.said
    refused = site("tenant_idle_resume", tenant="acme")
    assert refused.complaint.startswith("tenants: 'acme' is not suspended for being idle, it is suspended"), (
        refused.said
    )
    assert state(site.url) == {"acme": ("suspended", "poweroff")}
