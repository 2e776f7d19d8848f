"""The module tenant_operation: what runs get, and how they end it."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest
import yaml
from support.kill import kill_tree
from support.ledger import SITE, Modules, assert_predicted
from support.playbooks import ANSIBLE


@pytest.fixture
def ledger(tmp_path) -> Modules:
    return Modules(f"sqlite:///{tmp_path}/ledger.db")


def test_operations_start_and_finish_as_predicted_in_check_mode(ledger):
    ledger.tenant("acme", tier="casual")
    before = ledger.info()
    predicted = ledger.start("acme", kind="create", _check=True)
    assert ledger.info() == before
    started = ledger.start("acme", kind="create")
    assert predicted == started
    assert started["changed"]
    assert started["diff"]["before"]["acme"]["state"] == "queued"
    assert started["diff"]["after"]["acme"]["node"] == "acme-compute-1"
    again = ledger.start("acme", kind="create")
    assert (again["changed"], again["operations"]) == (False, started["operations"])
    done = assert_predicted(ledger.run, "tenant_operation", state="done", operation_ids=[1])
    assert (done["changed"], done["ended"]) == (True, ["acme"])
    assert not ledger.finish(started)["changed"]
    renewed = ledger.start("acme", kind="create")
    assert (renewed["changed"], [item["due"] for item in renewed["operations"]]) == (False, [False])
    assert not ledger.finish(renewed)["changed"]


def test_a_failed_operation_records_its_reason_and_is_continued(ledger):
    ledger.tenant("acme", tier="pro")
    started = ledger.start("acme", kind="create")
    ledger.finish(started, "failed", reason="no server to be had")
    acme = ledger.info()["acme"]
    assert (acme["state"], acme["reason"]) == ("error", "no server to be had")
    ledger.finish(ledger.start())
    acme = ledger.info()["acme"]
    assert (acme["state"], acme["reason"], acme["node"]) == ("active", "", "acme-tenant-1")


def test_two_runs_never_get_the_same_tenant(ledger):
    ledger.tenant("acme", tier="casual")
    first = ledger.start(holder="run 1")
    second = ledger.start(holder="run 2")
    assert (second["operations"], second["busy"], second["changed"]) == (
        [],
        [{"tenant": "acme", "holder": "run 1"}],
        False,
    )
    ledger.finish(first, holder="run 1")
    assert [item["tenant"] for item in ledger.start("acme", holder="run 2")["operations"]] == ["acme"]


def test_the_default_holder_is_this_process(ledger):
    ledger.tenant("acme", tier="casual")
    ledger.start()
    [busy] = ledger.start(holder="another")["busy"]
    assert f":{os.getpid()}@" in busy["holder"]


def test_a_running_playbook_holds_its_locks_and_a_killed_one_does_not(ledger, tmp_path):
    ledger.tenant("acme", tier="casual")
    begins = {"state": "started", "kind": "create", "ledger_url": ledger.url, **SITE}
    tasks = [
        {"sovereign.vdc.tenant_operation": begins},
        {"ansible.builtin.command": f"touch {tmp_path}/started"},
        {"ansible.builtin.pause": {"seconds": 120}},
    ]
    play = {"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": tasks}
    play["vars"] = {"ansible_python_interpreter": sys.executable}
    (tmp_path / "play.yml").write_text(yaml.safe_dump([play]))
    run = subprocess.Popen(
        [ANSIBLE, "-i", "localhost,", tmp_path / "play.yml"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        ends = time.monotonic() + 90
        while not (tmp_path / "started").exists():
            assert run.poll() is None
            assert time.monotonic() < ends
            time.sleep(0.2)
        [busy] = ledger.start()["busy"]
        assert f":{run.pid}@" in busy["holder"]
    finally:
        kill_tree(run)
    started = ledger.start()
    assert ([item["kind"] for item in started["operations"]], started["busy"]) == (["create"], [])


def test_an_event_starts_operations_once(ledger):
    for _time in range(5):
        ledger.tenant("acme", tier="casual", event="order-1")
        started = ledger.start("acme", kind="create", event="order-1")
        ledger.finish(started)
    assert (started["operations"], started["duplicate_event"], started["changed"]) == ([], True, False)
    ledger.tenant("acme", desired_state="poweroff", event="unpaid-1")
    assert [item["state"] for item in ledger.start("acme", kind="suspend", event="unpaid-1")["operations"]] == [
        "suspending"
    ]


def test_an_event_recorded_before_its_run_died_starts_operations(ledger):
    ledger.tenant("acme", tier="casual", event="order-1")
    assert ledger.tenant("acme", tier="casual", event="order-1")["duplicate_event"]
    assert [item["kind"] for item in ledger.start("acme", kind="create", event="order-1")["operations"]] == ["create"]


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ({"kind": None}, "state is started but all of the following are missing: kind"),
        ({"fleet": None}, "state is started but all of the following are missing: fleet"),
        ({"tenants": ["beta"]}, "tenants: there is no tenant 'beta' in the ledger; sign it up first"),
        ({"nodes": SITE["nodes"] * 2}, "nodes: 'acme-compute-1' is listed more than once"),
        ({"nodes": [{"name": "n", "cpus": -2, "memory_gib": 4}]}, "nodes: 'n' has -2 cores; use more than 0"),
        ({"storage_nodes": [{"name": "s", "size_gib": -1}]}, "storage_nodes: 's' has -1 GiB; use 0 or more"),
        ({"storage_share": 80}, "storage_share: 80 is not a share; use more than 0 and at most 1"),
        ({"lock_seconds": 0}, "lock_seconds: 0 is too short; use 1 or more"),
        ({"tiers": {}}, "tiers: 'casual', the tier of tenant 'acme', is not in the catalog"),
        ({"aliases": {"cx21": "cx99"}}, "aliases.cx21: 'cx99' is not in machines"),
        ({"holder": "x" * 200}, "holder: has 200 characters; use at most 128"),
        ({"event": "x" * 200}, "event: has 200 characters; use at most 128"),
    ],
)
def test_invalid_options_are_rejected_and_change_nothing(ledger, args, says):
    ledger.tenant("acme", tier="casual")
    before = ledger.info()
    given = {"state": "started", "kind": "create", **SITE, **args}
    rejected = ledger.run("tenant_operation", **{key: value for key, value in given.items() if value is not None})
    assert rejected["failed"]
    assert says in rejected["msg"]
    assert ledger.info() == before


def test_an_operation_that_cannot_be_finished_is_rejected(ledger):
    ledger.tenant("acme", tier="casual")
    started = ledger.start(holder="run 1", lock_seconds=1)
    assert (
        "operation_ids: there is no operation 7"
        in ledger.run("tenant_operation", state="done", operation_ids=[7])["msg"]
    )
    assert "was taken over by run 1; leave it to that run" in ledger.finish(started)["msg"]
    assert ledger.info()["acme"]["state"] == "provisioning"
    ledger.finish(started, "failed", holder="run 1", reason="no luck")
    assert "is failed already" in ledger.finish(started, holder="run 1")["msg"]
