# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""0004: marks of runs that left out the tasks on nodes."""

from __future__ import annotations

from typing import Any

try:
    import sqlalchemy as sa
except ImportError:  # reported by ``store.connect``
    sa = None


def upgrade(op: Any) -> None:
    """Add the marks; what was recorded before has none."""
    for table in ("tenants", "operations"):
        op.add_column(table, sa.Column("without_nodes", sa.Boolean, nullable=False, server_default=sa.false()))
