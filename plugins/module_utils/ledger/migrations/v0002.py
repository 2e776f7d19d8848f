# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""0002: secrets. A released migration never changes; a change of the schema is a new migration."""

from __future__ import annotations

from typing import Any

try:
    import sqlalchemy as sa
except ImportError:  # reported by ``store.connect``
    sa = None


def upgrade(op: Any) -> None:
    """Create the tables of secrets and of the keys that encrypt them."""
    op.create_table(
        "secrets",
        sa.Column("name", sa.String(255), primary_key=True),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("changed", sa.BigInteger, nullable=False),
        sa.Column("key_id", sa.String(16), nullable=False, server_default=""),
        sa.Column("ciphertext", sa.Text, nullable=False, server_default=""),
    )
    op.create_table(
        "secret_keys",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("salt", sa.String(32), nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
    )
