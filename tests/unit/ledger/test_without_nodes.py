"""Marks of runs that left out the tasks on nodes."""

from __future__ import annotations

from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import activity, migrations, schema, store, tenants
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.operations import journal

NOW = 1_000
OLD_TENANT = (
    "INSERT INTO tenants (name, tier, state, created, last_active) VALUES ('acme', 'casual', 'active', 1, 1)",
    "INSERT INTO operations (tenant, kind, parameters, state, started, touched, finished) "
    "VALUES ('acme', 'backup', '{}', 'done', 5, 6, 6)",
)


def test_what_an_older_ledger_recorded_has_no_mark(empty_url: str) -> None:
    ledger = store.connect(empty_url)
    with ledger.writing() as connection:
        migrations.upgrade(connection, only={"0001"})
        for statement in OLD_TENANT:
            connection.exec_driver_sql(statement)
        migrations.upgrade(connection)
        assert tenants.get(connection, "acme").without_nodes is False
        assert activity.last_backups(connection, NOW) == {"acme": 6}
    ledger.close()


def test_a_marked_backup_is_no_backup(empty_url: str) -> None:
    ledger = store.connect(empty_url)
    with ledger.writing() as connection:
        migrations.upgrade(connection)
        for finished, without_nodes in ((10, False), (20, True)):
            number = journal.start(connection, 1, "acme", activity.BACKUP, {}, "run")
            journal.finish(connection, finished, number, journal.DONE, without_nodes=without_nodes)
        assert activity.last_backups(connection, NOW) == {"acme": 10}
        assert activity.last_done(connection, activity.BACKUP, NOW, without_nodes=True) == {"acme": 20}
        marks = connection.execute(schema.OPERATIONS.select().order_by(schema.OPERATIONS.c.id)).all()
        assert [row.without_nodes for row in marks] == [False, True]
    ledger.close()
