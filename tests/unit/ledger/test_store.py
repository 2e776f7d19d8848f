"""The ledger, on SQLite and on PostgreSQL."""

from __future__ import annotations

import stat
import time

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import (
    locks,
    migrations,
    schema,
    store,
    tenants,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.policy import clocks


def test_migrations_produce_the_schema(empty_url):
    ledger = store.connect(empty_url)
    with ledger.writing() as connection:
        assert migrations.upgrade(connection) == [name for name, _upgrade in migrations.REVISIONS]
    with ledger.writing() as connection:
        assert migrations.upgrade(connection) == []
        assert compare_metadata(MigrationContext.configure(connection), schema.METADATA) == []
    ledger.close()


def test_a_ledger_with_a_pending_migration_is_rejected(empty_url):
    store.connect(empty_url).close()
    every = ", ".join(name for name, _apply in migrations.REVISIONS)
    with pytest.raises(ValidationError, match=rf"needs migration {every}; run the playbook"):
        store.open_ledger(empty_url)


def test_a_migration_that_was_merged_late_is_applied(empty_url, monkeypatch):
    def late(op):
        op.add_column("locks", store.sa.Column("why", store.sa.Text, nullable=False, server_default=""))

    ledger = store.connect(empty_url)
    with ledger.writing() as connection:
        migrations.upgrade(connection)
    monkeypatch.setattr(migrations, "REVISIONS", (*migrations.REVISIONS, ("0001b", late)))
    with pytest.raises(ValidationError, match="the ledger needs migration 0001b; run the playbook"):
        store.open_ledger(empty_url)
    with ledger.writing() as connection:
        assert migrations.upgrade(connection) == ["0001b"]
        connection.exec_driver_sql("SELECT why FROM locks")
        assert migrations.pending(connection) == []
    ledger.close()


def test_an_unknown_migration_is_rejected(empty_url, monkeypatch):
    ledger = store.connect(empty_url)
    with ledger.writing() as connection:
        migrations.upgrade(connection)
    ledger.close()
    every = ", ".join(name for name, _apply in migrations.REVISIONS)
    monkeypatch.setattr(migrations, "REVISIONS", (("0000", lambda op: None),))
    with pytest.raises(
        ValidationError, match=rf"the ledger has migration {every}, which this release of sovereign.vdc does not know"
    ):
        store.open_ledger(empty_url)


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ("nonsense", "is not a database URL"),
        ("sqlite:///relative.db", "not an absolute path"),
        ("sqlite:////no/such/directory/l.db", "does not exist"),
        ("mysql://x/y", "not supported"),
    ],
)
def test_an_invalid_url_is_rejected(bad, says):
    with pytest.raises(ValidationError, match=says):
        store.open_ledger(bad)


def test_a_new_file_is_readable_by_its_owner_only(tmp_path):
    store.connect(f"sqlite:///{tmp_path}/ledger.db").close()
    assert stat.S_IMODE((tmp_path / "ledger.db").stat().st_mode) == 0o600


def test_a_failed_transaction_is_rolled_back(ledger):
    def interrupted() -> None:
        with ledger.writing() as connection:
            tenants.create(connection, 1, "acme", "casual")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        interrupted()
    with ledger.reading() as connection:
        assert tenants.find(connection, "acme") is None


@pytest.mark.parametrize("name", ["", "Acme", "1st", "a_b", "end-", "x" * 33, "compute-1", "storage-12"])
def test_an_invalid_name_is_rejected(ledger, name):
    with ledger.writing() as connection, pytest.raises(ValidationError, match="name:"):
        tenants.create(connection, 1, name, "casual")


def test_an_illegal_transition_is_rejected(ledger):
    with ledger.writing() as connection:
        tenants.create(connection, 1, "acme", "casual")
        with pytest.raises(ValidationError, match="queued and cannot become active"):
            tenants.set_state(connection, 2, "acme", "active")


def test_a_lock_has_one_holder_until_it_expires(ledger):
    with ledger.writing() as connection:
        assert locks.acquire(connection, 100, "acme", "run 1", 60) == ""
        assert locks.acquire(connection, 110, "acme", "run 2", 60) == "run 1"
        assert locks.acquire(connection, 110, "acme", "run 1", 60) == ""
        assert locks.acquire(connection, 171, "acme", "run 2", 60) == ""
        assert not locks.release(connection, "acme", "run 1")
        assert locks.release(connection, "acme", "run 2")


@pytest.mark.parametrize("skew", [-3600, -200, 200, 3600])
def test_all_controllers_use_the_databases_clock_or_are_rejected(ledger, monkeypatch, skew):
    real = time.time()
    monkeypatch.setattr(time, "time", lambda: real + skew)
    with ledger.reading() as connection:
        if connection.dialect.name == "sqlite":
            assert ledger.now(connection) == int(real + skew)
        elif abs(skew) < 300:
            assert abs(ledger.now(connection) - real) < 100
        else:
            shown = clocks.shown(real + skew)
            with pytest.raises(ValidationError, match=rf"database shows .* clock of this controller {shown}; correct"):
                ledger.now(connection)
