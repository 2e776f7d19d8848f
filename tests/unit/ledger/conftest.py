"""The ledger on both databases: a SQLite file, and a PostgreSQL server that runs for the session."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import migrations, store
from support.postgres import create_database
from support.tenants import clear_ledger

DATABASES = ("sqlite", "postgresql")


@pytest.fixture(params=DATABASES)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a new database without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/ledger.db"
    return create_database(request.getfixturevalue("postgres"))


@pytest.fixture(scope="session", params=DATABASES)
def database(request: pytest.FixtureRequest, database_directory: Path) -> Iterator[tuple[str, store.Ledger]]:
    """The URL of a database with the current schema, shared by the session, and an open ledger on it."""
    if request.param == "sqlite":
        url = f"sqlite:///{database_directory}/ledger.db"
    else:
        url = create_database(request.getfixturevalue("postgres"))
    opened = store.connect(url)
    with opened.writing() as connection:
        migrations.upgrade(connection)
    yield url, opened
    opened.close()


@pytest.fixture
def url(database: tuple[str, store.Ledger]) -> str:
    """The URL of a ledger with the current schema and without rows."""
    clear_ledger(database[1])
    return database[0]


@pytest.fixture
def ledger(url: str, database: tuple[str, store.Ledger]) -> store.Ledger:
    """An open ledger with the current schema and without rows."""
    return database[1]
