"""Many controllers at once, each a process of its own, on SQLite and on PostgreSQL."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import store, tenants
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.locks import current_holder
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.operations import journal
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.placement import Pool
from support.controller import Controller, node

FORKING = multiprocessing.get_context("fork")


def at_once(count: int, function: Callable[..., Any], *given: Any) -> list[Any]:
    """Return the results of ``function(number, *given)`` in ``count`` processes that start at the same moment."""
    answers, gate = FORKING.Queue(), FORKING.Barrier(count)

    def one(number: int) -> None:
        gate.wait(60)
        try:
            answers.put((number, function(number, *given)))
        except BaseException as error:
            answers.put((number, repr(error)))

    processes = [FORKING.Process(target=one, args=(number,)) for number in range(count)]
    for process in processes:
        process.start()
    results = dict(answers.get(timeout=120) for _process in processes)
    for process in processes:
        process.join(timeout=60)
    return [results[number] for number in range(count)]


def controller(url: str, holder: str, nodes: int = 1) -> Controller:
    made = Controller(store.open_ledger(url), holder, nodes)
    # Seven nodes of two cores have slots for 21; the last has two.
    made.nodes[-1] = node(nodes, memory_gib=2) if nodes > 1 else made.nodes[-1]
    return made


def signs_up(number: int, url: str) -> dict[str, Any]:
    """Sign one customer up completely."""
    run = controller(url, f"run {number}", nodes=7)
    run.request(f"t{number:02}", tier="casual")
    started = run.start(f"t{number:02}", kind="create", event=f"order-{number}")
    run.done(started)
    run.ledger.close()
    return started


def test_25_concurrent_sign_ups_for_20_slots_place_20_and_queue_5(ledger, url):
    started = at_once(25, signs_up, url)
    assert all(isinstance(one, dict) for one in started), started
    after = controller(url, "after", nodes=7)
    seen = after.tenants()
    # Another run may have allocated a slot to the tenant before its own run started.
    assert sorted(facts["state"] for facts in seen.values()) == ["active"] * 20 + ["queued"] * 5
    assert sum(len(one["operations"]) for one in started) == 20
    on_node = [facts["node"] for facts in seen.values() if facts["node"]]
    assert sorted(on_node.count(name) for name in set(on_node)) == [2, 3, 3, 3, 3, 3, 3]
    with ledger.reading() as connection:
        waiting = tenants.all_tenants(connection, ("queued",))
    in_line = [tenant.name for tenant in sorted(waiting, key=lambda tenant: (tenant.queued_since, tenant.id))]
    assert [item["tenant"] for item in after.start()["waiting"]] == in_line
    leaver = next(name for name in seen if seen[name]["state"] == "active")
    after.request(leaver, desired_state="absent", confirm=leaver)
    after.run(leaver)
    assert [item["tenant"] for item in after.run()["operations"]] == in_line[:1]
    after.ledger.close()


def takes_all(number: int, url: str) -> list[str]:
    """Run all pending operations, as one of several runs."""
    run = controller(url, f"run {number}")
    started = run.start()
    run.ledger.close()
    return [item["tenant"] for item in started["operations"]]


def test_concurrent_runs_never_get_the_same_tenant(ledger, url):
    run = Controller(ledger)
    for number in range(30):
        run.request(f"t{number:02}", tier="pro")
    run.pools = [Pool("acme-storage-1", 10_000)]
    run.sign_up()
    for number in range(30):
        run.request(f"t{number:02}", desired_state="poweroff")
    started_again = at_once(8, takes_all, url)
    assert sorted(name for one in started_again for name in one) == [f"t{number:02}" for number in range(30)]


def hears(number: int, url: str) -> dict[str, Any]:
    """Deliver the same event once."""
    run = controller(url, f"run {number}")
    started = run.start("acme", kind="backup", event="order-7")
    run.done(started)
    run.ledger.close()
    return started


def test_an_event_delivered_five_times_concurrently_acts_once(ledger, url):
    Controller(ledger).sign_up("acme")
    heard = at_once(5, hears, url)
    assert sorted(len(one["operations"]) for one in heard) == [0, 0, 0, 0, 1], heard
    with ledger.reading() as connection:
        assert [o["state"] for o in journal.newest(connection, "acme") if o["kind"] == "backup"] == ["done"]


def killed_at(step: str, url: str, directory: Path) -> str:
    """Start a process and kill it at ``step``; return its holder."""

    def run_and_hang() -> None:
        me = current_holder()
        run = Controller(store.open_ledger(url), me)
        run.lock_seconds = 10_000
        (directory / "holder").write_text(me)
        if step == "inside":
            with run.ledger.writing() as connection:
                connection.exec_driver_sql("UPDATE tenants SET reason = 'half'")
                os.kill(os.getpid(), signal.SIGKILL)
        (directory / "started").write_text(json.dumps(run.start()))
        if step == "started":
            os.kill(os.getpid(), signal.SIGKILL)

    process = FORKING.Process(target=run_and_hang)
    process.start()
    process.join(timeout=60)
    assert process.exitcode == -signal.SIGKILL
    return (directory / "holder").read_text()


def test_the_lock_of_a_killed_run_is_free_at_once_on_the_same_machine(ledger, url, tmp_path):
    run = Controller(ledger, current_holder())
    run.request("acme", tier="casual")
    dead = killed_at("started", url, tmp_path)
    started = json.loads((tmp_path / "started").read_text())
    started_again = run.start()
    assert [item["id"] for item in started_again["operations"]] == [item["id"] for item in started["operations"]] == [1]
    run.done(started_again)
    was = Controller(ledger, dead)
    with pytest.raises(ValidationError, match="was taken over by"):
        was.done(started)


def test_a_run_killed_within_a_transaction_changes_nothing(ledger, url, tmp_path):
    run = Controller(ledger, current_holder())
    run.request("acme", tier="casual")
    killed_at("inside", url, tmp_path)
    assert run.tenant("acme")["reason"] == ""
    assert len(run.run()["operations"]) == 1


def test_the_lock_of_a_run_on_another_machine_holds_until_it_expires(ledger):
    there = Controller(ledger, "other-host:17@abc.def.4026531836.99")
    there.sign_up("acme")
    there.request("acme", desired_state="poweroff")
    there.start()
    here = Controller(ledger, current_holder())
    here.now = there.now + 50
    assert [item["holder"] for item in here.start()["busy"]] == [there.holder]
    here.now = there.now + 101
    assert [item["tenant"] for item in here.start()["operations"]] == ["acme"]
