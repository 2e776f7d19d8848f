# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""0004: the location that a place is in, beside the one that the tenant shall be in (``tenants.location``)."""

from __future__ import annotations

from typing import Any

try:
    import sqlalchemy as sa
except ImportError:  # reported by ``store.connect``
    sa = None


def upgrade(op: Any) -> None:
    """Widen ``placements``."""
    op.add_column("placements", sa.Column("location", sa.String(32), nullable=False, server_default=""))
    op.add_column("placements", sa.Column("leaving_location", sa.String(32), nullable=False, server_default=""))
    op.add_column("placements", sa.Column("abroad", sa.Integer, nullable=False, server_default="0"))
