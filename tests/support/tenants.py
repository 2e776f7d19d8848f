"""Ledgers for tests: created, cleared, and filled with tenants in any state without the operations to get there."""

from __future__ import annotations

from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import migrations, schema, store


def new_ledger(url: str) -> None:
    """Create the ledger at ``url`` with the current schema."""
    ledger = store.connect(url)
    with ledger.writing() as connection:
        migrations.upgrade(connection)
    ledger.close()


def clear_ledger(ledger: store.Ledger) -> None:
    """Delete all rows of the ledger; ids begin at 1 again."""
    tables = schema.METADATA.sorted_tables
    with ledger.writing() as connection:
        if connection.dialect.name == "postgresql":
            names = ", ".join(table.name for table in tables)
            connection.exec_driver_sql(f"TRUNCATE {names} RESTART IDENTITY")
        else:
            for table in reversed(tables):
                connection.execute(table.delete())


def put_tenant(url: str, name: str, **facts: Any) -> None:
    """Insert or update tenant ``name`` with ``facts``, columns of the table tenants.

    The defaults for a new tenant are an active one of tier casual with a volume that signed up at time 0.
    """
    defaults = {
        "tier": "casual",
        "state": "active",
        "owner_email": f"owner@{name}.example",
        "created": 0,
        "last_active": 0,
    }
    ledger = store.connect(url)
    with ledger.writing() as connection:
        table = schema.TENANTS
        if connection.execute(table.update().where(table.c.name == name).values(name=name, **facts)).rowcount == 0:
            made = connection.execute(table.insert().values(name=name, **{**defaults, **facts}))
            (number,) = made.inserted_primary_key
            volume = {"tenant": number, "storage_node": "lab-storage-1", "size_gib": 10, "first_uid": 1000 * number}
            connection.execute(schema.VOLUMES.insert().values(**volume, since=0))
    ledger.close()
