# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""0005: the storage node that a tenant's data shall move to, and the one that it is still to leave."""

from __future__ import annotations

from typing import Any

try:
    import sqlalchemy as sa
except ImportError:  # reported by ``store.connect``
    sa = None


def upgrade(op: Any) -> None:
    """Widen ``volumes``."""
    op.add_column("volumes", sa.Column("pin", sa.String(64), nullable=False, server_default=""))
    op.add_column("volumes", sa.Column("leaving", sa.String(64), nullable=False, server_default=""))
    op.add_column("volumes", sa.Column("leaving_gib", sa.Integer, nullable=False, server_default="0"))
