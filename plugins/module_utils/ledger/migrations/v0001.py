# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""0001: the first tables. A migration stays as it is; what comes later is a new one."""

from __future__ import annotations

from typing import Any

try:
    import sqlalchemy as sa
except ImportError:  # reported by ``store.connect``
    sa = None


def upgrade(op: Any) -> None:
    """Create all tables."""
    # Autoincrement in SQLite works with its own INTEGER only.
    serial = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "tenants",
        sa.Column("id", serial, primary_key=True, autoincrement=True),
        sa.Column("name", sa.String(32), nullable=False, unique=True),
        sa.Column("tier", sa.String(32), nullable=False),
        sa.Column("state", sa.String(16), nullable=False, index=True),
        sa.Column("owner_mail", sa.String(254), nullable=False, server_default=""),
        sa.Column("provider", sa.String(32), nullable=False, server_default=""),
        sa.Column("location", sa.String(32), nullable=False, server_default=""),
        sa.Column("service_id", sa.String(64), unique=True),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("last_active", sa.BigInteger, nullable=False),
        sa.Column("paid_until", sa.BigInteger),
        sa.Column("queued_since", sa.BigInteger),
        sa.Column("reason", sa.Text, nullable=False, server_default=""),
    )
    op.create_table(
        "placements",
        sa.Column("tenant", serial, sa.ForeignKey("tenants.id"), primary_key=True),
        sa.Column("node", sa.String(64), nullable=False, index=True),
        sa.Column("cpu_milli", sa.Integer, nullable=False),
        sa.Column("memory_bytes", sa.BigInteger, nullable=False),
        sa.Column("dedicated", sa.Boolean, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "bricks",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("storage_node", sa.String(64), nullable=False, index=True),
        sa.Column("size_gib", sa.Integer, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "volumes",
        sa.Column("tenant", serial, sa.ForeignKey("tenants.id"), primary_key=True),
        sa.Column("storage_node", sa.String(64), nullable=False),
        sa.Column("size_gib", sa.Integer, nullable=False),
        sa.Column("first_uid", sa.Integer, nullable=False, unique=True),
        sa.Column("since", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "operations",
        sa.Column("id", serial, primary_key=True, autoincrement=True),
        sa.Column("tenant", sa.String(32), nullable=False),
        sa.Column("verb", sa.String(32), nullable=False),
        sa.Column("parameters", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("step", sa.String(64), nullable=False, server_default=""),
        sa.Column("message", sa.Text, nullable=False, server_default=""),
        sa.Column("started", sa.BigInteger, nullable=False),
        sa.Column("touched", sa.BigInteger, nullable=False),
        sa.Column("finished", sa.BigInteger),
        sa.Index("operations_by_tenant", "tenant", "state"),
    )
    op.create_table(
        "events",
        sa.Column("id", sa.String(128), primary_key=True),
        sa.Column("seen", sa.BigInteger, nullable=False),
        sa.Column("operation", serial, sa.ForeignKey("operations.id")),
    )
    op.create_table(
        "scale_decisions",
        sa.Column("id", serial, primary_key=True, autoincrement=True),
        sa.Column("fleet", sa.String(64), nullable=False),
        sa.Column("decided", sa.BigInteger, nullable=False),
        sa.Column("before", sa.Integer, nullable=False),
        sa.Column("after", sa.Integer, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.create_table(
        "locks",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("holder", sa.String(128), nullable=False),
        sa.Column("expires", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "mails",
        sa.Column("id", serial, primary_key=True, autoincrement=True),
        sa.Column("tenant", serial, sa.ForeignKey("tenants.id"), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("period", sa.BigInteger, nullable=False),
        sa.Column("sent", sa.BigInteger),
        sa.UniqueConstraint("tenant", "kind", "period"),
    )
