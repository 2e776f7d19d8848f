# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The ledger's schema, version by version, applied through Alembic.

Alembic's own runner reads migrations from a directory, but Ansible sends a module's code in a zip file. So the
versions are plain Python modules listed here. Alembic's operations change the tables, and its table
``alembic_version`` has a row for each applied version, so that a version that was merged late from another branch is
applied as well.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Collection
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.migrations import v0001, v0002, v0003, v0004

try:
    from alembic.operations import Operations
    from alembic.runtime.migration import MigrationContext

    IMPORT_ERROR = None
except ImportError:
    IMPORT_ERROR = traceback.format_exc()

TABLE = "alembic_version"
REVISIONS: tuple[tuple[str, Callable[[Any], None]], ...] = (
    ("0001", v0001.upgrade),
    ("0002", v0002.upgrade),
    ("0003", v0003.upgrade),
    ("0004", v0004.upgrade),
)


def applied(connection: Any) -> list[str]:
    """The versions that the database has, oldest first; raises ``ValidationError`` for an unknown one."""
    rows = sorted(MigrationContext.configure(connection).get_current_heads())
    known = [name for name, _apply in REVISIONS]
    newer = [row for row in rows if row not in known]
    if newer:
        raise ValidationError(
            f"ledger_url: the ledger has migration {', '.join(newer)}, which this release of sovereign.vdc does not know (its "
            f"newest is {known[-1]}); use the release that migrated the ledger, or a newer one"
        )
    return [name for name in known if name in rows]


def pending(connection: Any) -> list[str]:
    """The versions that have not been applied, oldest first."""
    have = applied(connection)
    return [name for name, _apply in REVISIONS if name not in have]


def upgrade(connection: Any, only: Collection[str] | None = None) -> list[str]:
    """Apply all pending versions, or those of ``only``, within the caller's transaction and return their names."""
    context = MigrationContext.configure(connection)
    context._ensure_version_table()
    todo = [name for name in pending(connection) if only is None or name in only]
    for name, apply in REVISIONS:
        if name in todo:
            apply(Operations(context))
            connection.execute(context._version.insert().values(version_num=name))
    return todo
