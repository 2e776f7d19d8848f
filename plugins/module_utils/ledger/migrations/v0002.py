# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""0002: what a customer shall have apart from how far that is, moves between nodes, and who runs an operation."""

from __future__ import annotations

from typing import Any

try:
    import sqlalchemy as sa
except ImportError:  # reported by ``store.connect``
    sa = None


def upgrade(op: Any) -> None:
    """Add the columns, and fill them from what the states say."""
    for table, columns in _columns().items():
        for column in columns:
            op.add_column(table, column)
    op.execute("UPDATE tenants SET wish = 'poweroff' WHERE state IN ('suspending', 'suspended')")
    op.execute("UPDATE tenants SET wish = 'gone' WHERE state IN ('deleting', 'deleted')")
    # Whoever has been served has what was bought.
    op.execute("UPDATE tenants SET settled = generation WHERE state IN ('active', 'suspended', 'deleted')")
    op.execute("UPDATE tenants SET activated = last_active WHERE state NOT IN ('queued', 'provisioning', 'error')")
    op.execute("UPDATE events SET acted = seen")
    op.execute("UPDATE volumes SET promised_gib = size_gib")


def _columns() -> dict[str, list[Any]]:
    return {
        "tenants": [
            sa.Column("wish", sa.String(16), nullable=False, server_default="active"),
            sa.Column("pin", sa.String(64), nullable=False, server_default=""),
            sa.Column("stack", sa.String(32), nullable=False, server_default=""),
            sa.Column("generation", sa.Integer, nullable=False, server_default="1"),
            sa.Column("settled", sa.Integer, nullable=False, server_default="0"),
            sa.Column("activated", sa.BigInteger),
        ],
        "placements": [
            sa.Column("leaving", sa.String(64), nullable=False, server_default=""),
            sa.Column("leaving_cpu_milli", sa.Integer, nullable=False, server_default="0"),
            sa.Column("leaving_memory_bytes", sa.BigInteger, nullable=False, server_default="0"),
        ],
        "volumes": [sa.Column("promised_gib", sa.Integer, nullable=False, server_default="0")],
        "events": [sa.Column("acted", sa.BigInteger)],
        "operations": [sa.Column("holder", sa.String(128), nullable=False, server_default="")],
    }
