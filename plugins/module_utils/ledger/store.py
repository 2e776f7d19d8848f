# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Open the ledger, and read and write it."""

from __future__ import annotations

import os
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.errors import LibraryMissing, ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import database_errors, migrations, tls
from ansible_collections.sovereign.vdc.plugins.module_utils.policy import clocks

try:
    import sqlalchemy as sa

    IMPORT_ERROR = None
except ImportError:
    IMPORT_ERROR = traceback.format_exc()

BUSY_SECONDS = 30
CONNECT_SECONDS = 10  # libpq's unit
MIGRATE = "run the playbook sovereign.vdc.ledger_migrate first"
# The advisory lock of all writers to the ledger; an arbitrary constant.
PG_LOCK = 0x5EDC


class Ledger:
    """One database. Writers are serialized: a transaction lasts milliseconds, and a decision such as the allocation
    of the last slot must see all earlier ones."""

    def __init__(self, engine: Any) -> None:
        self.engine = engine

    @contextmanager
    def reading(self) -> Iterator[Any]:
        """Open a connection for reading."""
        with self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Any]:
        """Open a transaction that excludes other writers; it is rolled back on any exception."""
        with self.engine.connect() as connection:
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            else:
                connection.begin()
                connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{BUSY_SECONDS}s'")
                connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": PG_LOCK})
            try:
                yield connection
            except BaseException:
                connection.exec_driver_sql("ROLLBACK") if connection.dialect.name == "sqlite" else connection.rollback()
                raise
            connection.exec_driver_sql("COMMIT") if connection.dialect.name == "sqlite" else connection.commit()

    def now(self, connection: Any) -> int:
        """The time for the ledger, in seconds since the epoch: the database's, so that all controllers agree on it.

        SQLite has no clock but this machine's. Raises ``ValidationError`` if this controller's clock differs from the
        database's, because then one of both is wrong, and so would be every lock, deadline and grace period.
        """
        here = time.time()
        if connection.dialect.name != "postgresql":
            return int(here)
        there = float(connection.execute(sa.text("SELECT extract(epoch FROM clock_timestamp())")).scalar_one())
        if clocks.differ(here, there):
            raise ValidationError(
                f"ledger_url: the clock of the ledger's database shows {clocks.shown(there)} and the clock of this controller "
                f"{clocks.shown(here)}; correct the clock that is wrong"
            )
        return int(there)

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def connect(url: str, create: bool = True, in_memory: bool = False) -> Ledger:
    """The ledger at ``url``, of any schema version; raises ``ValidationError`` and ``LibraryMissing``.

    A SQLite file that does not exist is created, readable by its owner alone (``create``), or replaced by a database
    in memory for check mode (``in_memory``), or rejected.
    """
    if IMPORT_ERROR or migrations.IMPORT_ERROR:
        raise LibraryMissing("sqlalchemy and alembic", IMPORT_ERROR or migrations.IMPORT_ERROR)
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError:
        raise ValidationError(
            "ledger_url: is not a database URL; use sqlite:////path/to/file or "
            "postgresql+psycopg://user@host/name?sslmode=verify-full"
        ) from None
    if parsed.drivername == "sqlite":
        return Ledger(_sqlite(parsed, create, in_memory))
    if parsed.get_backend_name() != "postgresql":
        raise ValidationError(f"ledger_url: {parsed.drivername} is not supported; use sqlite or postgresql+psycopg")
    tls.validate(parsed, os.environ)
    limits = {} if "connect_timeout" in parsed.query else {"connect_timeout": CONNECT_SECONDS}
    # Parameters of a statement can be secrets: they are not in its errors.
    return Ledger(sa.create_engine(parsed, pool_pre_ping=True, hide_parameters=True, connect_args=limits))


def open_ledger(url: str, check_mode: bool = False) -> Ledger:
    """As ``connect``, for users of the current schema: raises ``ValidationError`` if a migration is pending.

    ``check_mode`` makes no difference, because nothing is created here.
    """
    ledger = connect(url, create=False)
    with database_errors.errors(), ledger.reading() as connection:
        missing = migrations.pending(connection)
    if missing:
        raise ValidationError(f"ledger_url: the ledger needs migration {', '.join(missing)}; {MIGRATE}")
    return ledger


def create_ledger(url: str, check_mode: bool = False) -> Ledger:
    """As ``connect``; in check mode a file that does not exist is not created."""
    return connect(url, create=not check_mode, in_memory=check_mode)


def _sqlite(url: Any, create: bool, in_memory: bool) -> Any:
    path = Path(url.database or "")
    if not path.is_absolute():
        raise ValidationError(
            f"ledger_url: {url.database!r} is not an absolute path; use one, as in sqlite:////var/lib/sovereign-vdc/ledger.db"
        )
    if not path.exists():
        if in_memory:
            url = sa.make_url("sqlite://")
        elif not path.parent.is_dir():
            raise ValidationError(
                f"ledger_url: the directory {path.parent} does not exist; create it, readable by its owner alone"
            )
        elif create:
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
        else:
            raise ValidationError(f"ledger_url: there is no ledger {path}; {MIGRATE}")
    # Autocommit, because Ledger.writing begins its transactions itself (BEGIN IMMEDIATE).
    engine = sa.create_engine(
        url, isolation_level="AUTOCOMMIT", hide_parameters=True, connect_args={"timeout": BUSY_SECONDS}
    )

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")

    return engine
