# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a database's failure means for the ledger, in one sentence each. Judged by codes, because texts are translated."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError

try:
    import sqlalchemy as sa

    DATABASE_ERRORS: tuple[type[Exception], ...] = (sqlite3.Error, sa.exc.DBAPIError)
except ImportError:  # ``store`` reports it
    DATABASE_ERRORS = (sqlite3.Error,)

# SQLite's primary result codes, from its documentation.
SQLITE = {
    3: "its file must not be read or written by this user; correct the owner and the mode of the file and its directory",
    5: "another program has it locked; run this again when that has finished",
    6: "another program has it locked; run this again when that has finished",
    8: "its file is read-only for this user; correct the owner and the mode of the file and its directory",
    10: "its disk failed to read or write; check the disk",
    11: "its file is damaged; restore it from a backup",
    13: "its disk is full; make room",
    14: "its file cannot be opened; correct the owner and the mode of the file and its directory",
    23: "its file must not be read or written by this user; correct the owner and the mode of the file and its directory",
    26: "its file is not a SQLite database; correct the URL, or restore the ledger from a backup",
}
# PostgreSQL's SQLSTATE codes; the two letters are those of a class.
POSTGRESQL = {
    "28": "the server refused the login; check the user in the URL and the password in PGPASSFILE",
    "3D": "the server has no such database; create it, or correct the URL",
    "42501": "the user may not read or write the tables; grant it the rights, or correct the URL",
    "53": "the server is out of connections, memory or disk; run this again later",
    "55P03": "another program has it locked; run this again when that has finished",
    "57": "the server is being started or stopped; run this again later",
    "25006": "the server is a standby that takes no writes; correct the URL",
    "08": "the connection to the server was lost; run this again",
}


@contextmanager
def errors() -> Iterator[None]:
    """Raise ``ValidationError`` for a database that cannot be used now. A failed statement is a fault of the code, and raised
    unchanged."""
    try:
        yield
    except DATABASE_ERRORS as error:
        cause = meaning(getattr(error, "orig", None) or error)
        if not cause:
            raise
        raise ValidationError(f"ledger_url: the ledger cannot be used, because {cause}") from None


def meaning(error: BaseException) -> str:
    """Return why the database cannot be used, and what to do; empty for a failed statement."""
    if isinstance(error, sqlite3.Error):
        return SQLITE.get((getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF, "")
    state = getattr(error, "sqlstate", None)
    if state:
        return POSTGRESQL.get(state) or POSTGRESQL.get(state[:2], "")
    if isinstance(error, DATABASE_ERRORS) or type(error).__name__ == "OperationalError":
        # libpq gives no code while it connects. The text names host and user, never the password.
        reason = str(error).strip().splitlines()[:1] or ["no reason given"]
        return (
            f"the server cannot be reached or refuses the login ({reason[0].strip()}); check the URL, the password in PGPASSFILE and "
            f"the server"
        )
    return ""
