"""A PostgreSQL server on its own socket, for ledgers that several controllers share."""

from __future__ import annotations

import os
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import store

# Commits in memory do not wait for a disk.
MEMORY = Path("/dev/shm")
OPTIONS = ("listen_addresses=''", "fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off")


def programs() -> Path | None:
    """The directory of PostgreSQL's newest programs, or None if it is not installed."""
    return max(Path("/usr/lib/postgresql").glob("*/bin"), default=None)


@contextmanager
def postgres_server(directory: Path) -> Iterator[str]:
    """Run a server in ``directory``; the URL has ``{name}`` for the database."""
    home = directory / "postgresql"
    home.mkdir()
    as_user: list[str] = []
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        directory.chmod(0o755)
        shutil.chown(home, "postgres")
        as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]

    def run(program: str, *arguments: str) -> None:
        command = [*as_user, f"{programs()}/{program}", *arguments]
        subprocess.run(command, check=True, capture_output=True, cwd=home, timeout=60)

    run("initdb", "-D", str(home / "data"), "-A", "trust", "-U", "ledger", "--no-sync")
    options = " ".join(f"-c {option}" for option in (*OPTIONS, f"unix_socket_directories={home}"))
    run("pg_ctl", "-D", str(home / "data"), "-w", "-l", str(home / "log"), "-o", options, "start")
    try:
        yield f"postgresql+psycopg://ledger@/{{name}}?host={home}"
    finally:
        run("pg_ctl", "-D", str(home / "data"), "-m", "immediate", "stop")


def create_database(server: str) -> str:
    """Create an empty PostgreSQL database; returns its URL."""
    name = f"t{uuid.uuid4().hex[:10]}"
    engine = store.sa.create_engine(server.format(name="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    return server.format(name=name)
