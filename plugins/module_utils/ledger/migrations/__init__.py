# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The ledger's schema, version by version, applied through Alembic.

Alembic's own runner reads migrations from a folder; a module's code travels inside a zip file.
So the versions are plain modules listed here, and Alembic does the rest: its operations write
the tables, its table ``alembic_version`` holds the version.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.migrations import v0001, v0002, v0003

try:
    from alembic.operations import Operations
    from alembic.runtime.migration import MigrationContext

    IMPORT_ERROR = None
except ImportError:
    IMPORT_ERROR = traceback.format_exc()

REVISIONS: tuple[tuple[str, Callable[[Any], None]], ...] = (
    ("0001", v0001.upgrade),
    ("0002", v0002.upgrade),
    ("0003", v0003.upgrade),
)
NEWEST = REVISIONS[-1][0]


def current(connection: Any) -> str:
    """The version that the database has; empty for a new one."""
    return MigrationContext.configure(connection).get_current_revision() or ""


def pending(connection: Any) -> list[str]:
    """The versions that are still to be applied, oldest first."""
    have = current(connection)
    return [revision[0] for revision in REVISIONS if revision[0] > have]


def upgrade(connection: Any, until: str = NEWEST) -> list[str]:
    """Apply what is pending, up to version ``until``, within the caller's transaction; the versions applied."""
    context = MigrationContext.configure(connection)
    context._ensure_version_table()
    todo = [name for name in pending(connection) if name <= until]
    for name, apply in REVISIONS:
        if name in todo:
            have = current(connection)
            apply(Operations(context))
            table = context._version
            if have:
                connection.execute(table.update().values(version_num=name))
            else:
                connection.execute(table.insert().values(version_num=name))
    return todo
