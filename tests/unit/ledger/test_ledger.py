"""The ledger, on SQLite and on PostgreSQL."""

from __future__ import annotations

import multiprocessing
import stat

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.errors import Refused
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import (
    capacity,
    journal,
    locks,
    migrations,
    schema,
    store,
    tenants,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.placement import Node

GIB = 1 << 30
SLOTS = {"casual": capacity.Slot(cpu=1000, memory=2 * GIB), "pro": capacity.Slot(2000, 4 * GIB, priority=1)}
FIVE_NODES = [Node(f"n{i}", 4000, 8 * GIB) for i in range(5)]
NODES = [Node("n1", 2000, 4 * GIB), Node("n2", 2000, 4 * GIB)]


def test_the_migrations_lead_to_the_schema(url):
    ledger = store.connect(url)
    with ledger.writing() as connection:
        assert migrations.upgrade(connection) == [name for name, _upgrade in migrations.REVISIONS]
    with ledger.writing() as connection:
        assert migrations.upgrade(connection) == []
        assert compare_metadata(MigrationContext.configure(connection), schema.METADATA) == []
    ledger.close()


def test_a_ledger_without_its_tables_is_not_opened(url):
    store.connect(url).close()
    with pytest.raises(Refused, match="lacks 0001, .*; run the playbook"):
        store.open_ledger(url)


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ("nonsense", "no database URL"),
        ("sqlite:///relative.db", "absolute path"),
        ("sqlite:////no/such/folder/l.db", "does not exist"),
        ("mysql://x/y", "not supported"),
    ],
)
def test_a_bad_url_is_named(bad, says):
    with pytest.raises(Refused, match=says):
        store.open_ledger(bad)


def test_a_new_file_is_its_owners_alone(tmp_path):
    store.connect(f"sqlite:///{tmp_path}/ledger.db").close()
    assert stat.S_IMODE((tmp_path / "ledger.db").stat().st_mode) == 0o600


def test_a_failed_transaction_leaves_nothing(ledger):
    def interrupted() -> None:
        with ledger.writing() as connection:
            tenants.sign_up(connection, 1, "acme", "casual")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        interrupted()
    with ledger.reading() as connection:
        assert tenants.find(connection, "acme") is None


def test_the_same_sign_up_twice_is_one(ledger):
    with ledger.writing() as connection:
        first, new = tenants.sign_up(connection, 1, "acme", "casual", owner_mail="a@example.org")
        again, renewed = tenants.sign_up(connection, 2, "acme", "casual", owner_mail="a@example.org")
    assert (new, renewed, first) == (True, False, again)


@pytest.mark.parametrize("name", ["", "Acme", "1st", "a_b", "end-", "x" * 33])
def test_a_name_that_cannot_be_used_is_refused(ledger, name):
    with ledger.writing() as connection, pytest.raises(Refused, match="name:"):
        tenants.sign_up(connection, 1, name, "casual")


def test_a_taken_name_is_refused(ledger):
    with ledger.writing() as connection:
        tenants.sign_up(connection, 1, "acme", "casual")
        with pytest.raises(Refused, match="tier: tenant 'acme' exists with 'casual', not 'pro'"):
            tenants.sign_up(connection, 1, "acme", "pro")


def test_an_illegal_move_is_refused(ledger):
    with ledger.writing() as connection:
        tenants.sign_up(connection, 1, "acme", "casual")
        with pytest.raises(Refused, match="queued and cannot become active"):
            tenants.move(connection, 2, "acme", "active")


def test_places_are_given_in_order_and_freed_ones_taken_by_the_first_in_line(ledger):
    with ledger.writing() as connection:
        for moment, name in enumerate(("a", "b", "c", "d", "e", "f")):
            tenants.sign_up(connection, moment, name, "casual")
        decisions = capacity.place_waiting(connection, 10, NODES, SLOTS)
        placed = [d.tenant for d in decisions if d.node]
        assert placed == ["a", "b", "c", "d"]
        assert [(d.tenant, d.queue) for d in decisions if not d.node] == [("e", 1), ("f", 2)]
        capacity.free(connection, tenants.get(connection, "b"))
        [e, f] = capacity.place_waiting(connection, 11, NODES, SLOTS)
        assert (e.tenant, bool(e.node), f.tenant, f.queue) == ("e", True, "f", 1)
        assert tenants.get(connection, "e").state == "provisioning"
        assert capacity.node_of(connection, tenants.get(connection, "e")) == e.node


def test_a_lock_is_held_by_one_until_it_expires(ledger):
    with ledger.writing() as connection:
        assert locks.take(connection, 100, "acme", "run 1", 60) == ""
        assert locks.take(connection, 110, "acme", "run 2", 60) == "run 1"
        assert locks.take(connection, 110, "acme", "run 1", 60) == ""
        assert locks.take(connection, 171, "acme", "run 2", 60) == ""
        assert not locks.release(connection, "acme", "run 1")
        assert locks.release(connection, "acme", "run 2")


def test_an_event_acts_once_however_often_it_is_delivered(ledger):
    with ledger.writing() as connection:
        started = [journal.begin(connection, n, "acme", "create", {"tier": "pro"}, "event-7") for n in range(5)]
    assert [new for _, new in started] == [True, False, False, False, False]
    assert len({operation["id"] for operation, _ in started}) == 1


def test_an_operation_that_died_is_taken_up_and_a_finished_one_is_not(ledger):
    with ledger.writing() as connection:
        first, _ = journal.begin(connection, 1, "acme", "create", {})
        journal.step(connection, 2, first["id"], "volume")
        again, new = journal.begin(connection, 3, "acme", "create", {})
        assert (again["id"], again["step"], new) == (first["id"], "volume", False)
        journal.finish(connection, 4, first["id"], journal.DONE)
        second, new = journal.begin(connection, 5, "acme", "create", {})
        assert new
        assert [o["id"] for o in journal.operations(connection, "acme")] == [second["id"], first["id"]]
        assert [o["id"] for o in journal.operations(connection, state=journal.DONE)] == [first["id"]]


def sign_up_alone(url: str, number: int) -> None:
    """What one of many controllers does at the same time."""
    ledger = store.open_ledger(url)
    with ledger.writing() as connection:
        journal.begin(connection, number, "all", "sweep", {}, "the-same-event")
        tenants.sign_up(connection, number, f"t{number:02}", "casual")
        capacity.place_waiting(connection, 100, FIVE_NODES, SLOTS)
    ledger.close()


def test_25_processes_for_20_places(ledger, url):
    forking = multiprocessing.get_context("fork")
    runs = [forking.Process(target=sign_up_alone, args=(url, number)) for number in range(25)]
    for run in runs:
        run.start()
    for run in runs:
        run.join(timeout=120)
    assert [run.exitcode for run in runs] == [0] * 25
    with ledger.reading() as connection:
        state = {tenant.name: tenant.state for tenant in tenants.all_tenants(connection)}
        used = capacity.occupied(connection, FIVE_NODES)
        assert len(journal.operations(connection)) == 1
    assert sorted(state.values()) == ["provisioning"] * 20 + ["queued"] * 5
    assert all((node.cpu_used, node.memory_used, node.tenants) == (4000, 8 * GIB, 4) for node in used)
