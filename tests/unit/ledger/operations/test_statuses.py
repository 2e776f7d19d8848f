"""What a start of operations reports for each tenant."""

from __future__ import annotations

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import store
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.operations.statuses import statuses
from support.controller import Controller


def by_tenant(started: dict) -> dict[str, str]:
    return {item["tenant"]: item["status"] for item in started["statuses"]}


def test_each_tenant_has_one_status_and_a_sentence() -> None:
    waiting = [
        {"tenant": "c", "position": 2, "lacks": "compute", "location": "hel1"},
        {"tenant": "d", "position": 3, "lacks": "storage", "location": ""},
    ]
    busy = [{"tenant": "b", "holder": "run 7 on host x"}]
    assert statuses(["d", "c", "b", "a", "e", "a"], [{"tenant": "a"}, {"tenant": "d"}], waiting, busy) == [
        {"tenant": "a", "status": "started", "message": "a has an operation"},
        {"tenant": "b", "status": "busy", "message": "b is locked by run 7 on host x"},
        {"tenant": "c", "status": "queued", "message": "c waits at position 2 of the queue: no room in hel1 (compute)"},
        {"tenant": "d", "status": "queued", "message": "d waits at position 3 of the queue: no room (storage)"},
        {"tenant": "e", "status": "done", "message": "e needs no operation"},
    ]


@pytest.mark.parametrize("named", [False, True])
def test_the_status_of_tenants_from_sign_up_to_active(ledger: store.Ledger, named: bool) -> None:
    run = Controller(ledger)
    names = ("a", "b", "c", "d")
    for name in names:
        run.request(name, tier="casual")
    chosen = names if named else ()
    first = run.start(*chosen)
    assert by_tenant(first) == {"a": "started", "b": "started", "c": "started", "d": "queued"}
    other = Controller(ledger, holder="run 2")
    other.now = run.now
    assert by_tenant(other.start(*chosen)) == {"a": "busy", "b": "busy", "c": "busy", "d": "queued"}
    run.done(first)
    assert by_tenant(run.start()) == {"a": "done", "b": "done", "c": "done", "d": "queued"}


def test_a_suspended_tenant_needs_no_operation(ledger: store.Ledger) -> None:
    run = Controller(ledger)
    run.sign_up("acme")
    run.request("acme", desired_state="poweroff")
    run.run("acme")
    assert by_tenant(run.start("acme")) == {"acme": "done"}
