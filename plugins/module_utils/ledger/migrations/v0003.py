# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""0003: what a mail's sending needs to survive a crash, the hand-over of credentials, and who sleeps."""

from __future__ import annotations

from typing import Any

try:
    import sqlalchemy as sa
except ImportError:  # reported by ``store.connect``
    sa = None


def upgrade(op: Any) -> None:
    """Widen ``mails``; create ``handovers`` and ``sleeps``."""
    serial = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.add_column("mails", sa.Column("noted", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("mails", sa.Column("held_until", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("mails", sa.Column("text", sa.Text, nullable=False, server_default=""))
    op.add_column("mails", sa.Column("error", sa.Text, nullable=False, server_default=""))
    op.create_table(
        "handovers",
        sa.Column("id", serial, primary_key=True, autoincrement=True),
        sa.Column("tenant", serial, sa.ForeignKey("tenants.id"), nullable=False, index=True),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("offered", sa.BigInteger, nullable=False),
        sa.Column("expires", sa.BigInteger, nullable=False),
        sa.Column("taken", sa.BigInteger),
    )
    op.create_table(
        "sleeps",
        sa.Column("tenant", serial, sa.ForeignKey("tenants.id"), primary_key=True),
        sa.Column("since", sa.BigInteger, nullable=False),
    )
