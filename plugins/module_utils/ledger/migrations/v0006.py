# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""0006: until when the backups of tenants who leave are kept, and when they were deleted."""

from __future__ import annotations

from typing import Any

try:
    import sqlalchemy as sa
except ImportError:  # reported by ``store.connect``
    sa = None


def upgrade(op: Any) -> None:
    """Create ``departures``. Of tenants who left before, the backups stay until somebody asks for their deletion."""
    serial = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "departures",
        sa.Column("tenant", serial, sa.ForeignKey("tenants.id"), primary_key=True),
        sa.Column("decided", sa.BigInteger, nullable=False),
        sa.Column("backups_until", sa.BigInteger, nullable=False),
        sa.Column("backups_purged", sa.BigInteger),
        sa.Column("volume_gib", sa.Integer, nullable=False),
    )
