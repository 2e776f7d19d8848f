"""Tenants written straight into a ledger, in any state, for tests that are not about how they came there."""

from __future__ import annotations

from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import migrations, schema, store


def new_ledger(url: str) -> None:
    """Make the ledger at ``url``, with today's tables."""
    ledger = store.connect(url)
    with ledger.writing() as connection:
        migrations.upgrade(connection)
    ledger.close()


def put_tenant(url: str, name: str, **facts: Any) -> None:
    """Have tenant ``name`` with ``facts`` (columns of the ledger's table); an active one of tier casual
    with a volume that signed up at moment 0, as far as ``facts`` say nothing else."""
    usual = {
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
            made = connection.execute(table.insert().values(name=name, **{**usual, **facts}))
            (number,) = made.inserted_primary_key
            volume = {"tenant": number, "storage_node": "lab-storage-1", "size_gib": 10, "first_uid": 1000 * number}
            connection.execute(schema.VOLUMES.insert().values(**volume, since=0))
    ledger.close()
