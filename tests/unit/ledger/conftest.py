"""The ledger on both databases: a SQLite file, and a PostgreSQL server made for the session."""

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


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL server on a socket of its own, as the user that Debian has for it."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not found:
        pytest.skip("PostgreSQL is not installed (make test installs it)")
    home = Path(tempfile.mkdtemp(prefix="vdc-pg-"))
    as_user: list[str] = []
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        shutil.chown(home, "postgres")
        as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]

    def run(program: str, *arguments: str) -> None:
        command = [*as_user, str(found[-1] / program), *arguments]
        subprocess.run(command, check=True, capture_output=True, cwd=home, timeout=60)

    run("initdb", "-D", str(home / "data"), "-A", "trust", "-U", "ledger", "--no-sync")
    options = f"-c listen_addresses='' -c unix_socket_directories={home} -c fsync=off"
    run("pg_ctl", "-D", str(home / "data"), "-w", "-l", str(home / "log"), "-o", options, "start")
    yield f"postgresql+psycopg://ledger@/{{name}}?host={home}"
    run("pg_ctl", "-D", str(home / "data"), "-m", "immediate", "stop")
    shutil.rmtree(home)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/ledger.db"
    template = request.getfixturevalue("postgres")
    name = f"t{uuid.uuid4().hex[:10]}"
    server = store.sa.create_engine(template.format(name="postgres"), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    server.dispose()
    return template.format(name=name)


@pytest.fixture
def ledger(url: str) -> Iterator[store.Ledger]:
    """An empty ledger with today's schema."""
    made = store.connect(url)
    with made.writing() as connection:
        migrations.upgrade(connection)
    yield made
    made.close()
