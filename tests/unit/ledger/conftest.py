"""The ledger on both databases: a SQLite file, and a PostgreSQL server that runs for the session."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import migrations, store
from support.tenants import clear_ledger

DATABASES = ("sqlite", "postgresql")
# Commits in memory do not wait for a disk.
MEMORY = Path("/dev/shm")
OPTIONS = ("listen_addresses=''", "fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off")


@pytest.fixture(scope="session")
def directory() -> Iterator[Path]:
    """A directory for databases, in memory where the machine has such a file system."""
    made = Path(tempfile.mkdtemp(prefix="vdc-db-", dir=MEMORY if MEMORY.is_dir() else None))
    yield made
    shutil.rmtree(made)


@pytest.fixture(scope="session")
def postgres(directory: Path) -> Iterator[str]:
    """The URL of a PostgreSQL server on its own socket, with ``{name}`` for the database."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not programs:
        pytest.skip("PostgreSQL is not installed (make test installs it)")
    home = directory / "postgresql"
    home.mkdir()
    as_user: list[str] = []
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        directory.chmod(0o755)
        shutil.chown(home, "postgres")
        as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]

    def run(program: str, *arguments: str) -> None:
        command = [*as_user, str(programs[-1] / program), *arguments]
        subprocess.run(command, check=True, capture_output=True, cwd=home, timeout=60)

    run("initdb", "-D", str(home / "data"), "-A", "trust", "-U", "ledger", "--no-sync")
    options = " ".join(f"-c {option}" for option in (*OPTIONS, f"unix_socket_directories={home}"))
    run("pg_ctl", "-D", str(home / "data"), "-w", "-l", str(home / "log"), "-o", options, "start")
    yield f"postgresql+psycopg://ledger@/{{name}}?host={home}"
    run("pg_ctl", "-D", str(home / "data"), "-m", "immediate", "stop")


def create_database(server: str) -> str:
    """Create an empty PostgreSQL database; returns its URL."""
    name = f"t{uuid.uuid4().hex[:10]}"
    engine = store.sa.create_engine(server.format(name="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    return server.format(name=name)


@pytest.fixture(params=DATABASES)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a new database without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/ledger.db"
    return create_database(request.getfixturevalue("postgres"))


@pytest.fixture(scope="session", params=DATABASES)
def database(request: pytest.FixtureRequest, directory: Path) -> Iterator[tuple[str, store.Ledger]]:
    """The URL of a database with the current schema, shared by the session, and an open ledger on it."""
    if request.param == "sqlite":
        url = f"sqlite:///{directory}/ledger.db"
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
