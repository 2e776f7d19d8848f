# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""0001: the baseline. A released migration never changes; a change of the schema is a new migration."""

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
        sa.Column("owner_email", sa.String(254), nullable=False, server_default=""),
        sa.Column("location", sa.String(32), nullable=False, server_default=""),
        sa.Column("service_id", sa.String(64), unique=True),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("last_active", sa.BigInteger, nullable=False),
        sa.Column("paid_until", sa.BigInteger),
        sa.Column("queued_since", sa.BigInteger),
        sa.Column("reason", sa.Text, nullable=False, server_default=""),
        sa.Column("desired_state", sa.String(16), nullable=False, server_default="active"),
        sa.Column("target_node", sa.String(64), nullable=False, server_default=""),
        sa.Column("stack", sa.String(32), nullable=False, server_default=""),
        sa.Column("generation", sa.Integer, nullable=False, server_default="1"),
        sa.Column("converged_generation", sa.Integer, nullable=False, server_default="0"),
        sa.Column("activated", sa.BigInteger),
    )
    op.create_table(
        "placements",
        sa.Column("tenant", serial, sa.ForeignKey("tenants.id"), primary_key=True),
        sa.Column("node", sa.String(64), nullable=False, index=True),
        sa.Column("cpu_milli", sa.Integer, nullable=False),
        sa.Column("memory_bytes", sa.BigInteger, nullable=False),
        sa.Column("dedicated", sa.Boolean, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("source_node", sa.String(64), nullable=False, server_default=""),
        sa.Column("source_cpu_milli", sa.Integer, nullable=False, server_default="0"),
        sa.Column("source_memory_bytes", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("location", sa.String(32), nullable=False, server_default=""),
        sa.Column("source_location", sa.String(32), nullable=False, server_default=""),
        sa.Column("remote_range", sa.Integer, nullable=False, server_default="0"),
    )
    op.create_table(
        "volumes",
        sa.Column("tenant", serial, sa.ForeignKey("tenants.id"), primary_key=True),
        sa.Column("storage_node", sa.String(64), nullable=False),
        sa.Column("size_gib", sa.Integer, nullable=False),
        sa.Column("first_uid", sa.Integer, nullable=False, unique=True),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("reserved_gib", sa.Integer, nullable=False, server_default="0"),
        sa.Column("target_node", sa.String(64), nullable=False, server_default=""),
        sa.Column("source_node", sa.String(64), nullable=False, server_default=""),
        sa.Column("source_gib", sa.Integer, nullable=False, server_default="0"),
    )
    op.create_table(
        "operations",
        sa.Column("id", serial, primary_key=True, autoincrement=True),
        sa.Column("tenant", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("parameters", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("message", sa.Text, nullable=False, server_default=""),
        sa.Column("started", sa.BigInteger, nullable=False),
        sa.Column("touched", sa.BigInteger, nullable=False),
        sa.Column("finished", sa.BigInteger),
        sa.Column("holder", sa.String(128), nullable=False, server_default=""),
    )
    op.create_index("operations_by_tenant", "operations", ["tenant", "state"])
    op.create_table(
        "events",
        sa.Column("id", sa.String(128), primary_key=True),
        sa.Column("received", sa.BigInteger, nullable=False),
        sa.Column("operation", serial, sa.ForeignKey("operations.id")),
        sa.Column("acted", sa.BigInteger),
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
        sa.Column("recorded", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("claimed_until", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("text", sa.Text, nullable=False, server_default=""),
        sa.Column("error", sa.Text, nullable=False, server_default=""),
        sa.UniqueConstraint("tenant", "kind", "period"),
    )
    op.create_table(
        "credentials_tokens",
        sa.Column("id", serial, primary_key=True, autoincrement=True),
        sa.Column("tenant", serial, sa.ForeignKey("tenants.id"), nullable=False, index=True),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("issued", sa.BigInteger, nullable=False),
        sa.Column("expires", sa.BigInteger, nullable=False),
        sa.Column("redeemed", sa.BigInteger),
    )
    op.create_table(
        "deletions",
        sa.Column("tenant", serial, sa.ForeignKey("tenants.id"), primary_key=True),
        sa.Column("decided", sa.BigInteger, nullable=False),
        sa.Column("backups_until", sa.BigInteger, nullable=False),
        sa.Column("backups_purged", sa.BigInteger),
        sa.Column("volume_gib", sa.Integer, nullable=False),
    )
    op.create_table(
        "idle_suspensions",
        sa.Column("tenant", serial, sa.ForeignKey("tenants.id"), primary_key=True),
        sa.Column("since", sa.BigInteger, nullable=False),
    )
