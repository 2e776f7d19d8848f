# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""0003: the identity of each tenant, and its ports on the nodes that it uses.

The identity of a tenant that exists is derived from its row, so that an older copy of the ledger that is migrated later
gives the same tenant the same identity. Tenants that exist keep their ports.
"""

from __future__ import annotations

import hashlib
from typing import Any

try:
    import sqlalchemy as sa
except ImportError:  # reported by ``store.connect``
    sa = None

FIRST_PORT, PORTS, BLOCKS = 20_000, 10, 1000


def upgrade(op: Any) -> None:
    """Add the columns and the table, and fill them for the tenants that exist."""
    serial = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.add_column("tenants", sa.Column("identity", sa.String(32)))
    op.add_column("tenants", sa.Column("first_port", sa.Integer))
    op.create_table(
        "ports",
        sa.Column("node", sa.String(64), primary_key=True),
        sa.Column("first_port", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("tenant", serial, sa.ForeignKey("tenants.id"), nullable=False),
        sa.UniqueConstraint("tenant", "node"),
    )
    connection = op.get_bind()
    _fill(connection)
    op.create_index("tenants_by_identity", "tenants", ["identity"], unique=True)


def _fill(connection: Any) -> None:
    columns = [sa.column(name) for name in ("id", "name", "created", "identity", "first_port")]
    tenants = sa.table("tenants", *columns)
    placements = sa.table("placements", *[sa.column(name) for name in ("tenant", "node", "source_node")])
    ports = sa.table("ports", *[sa.column(name) for name in ("node", "first_port", "tenant")])
    used: dict[str, set[int]] = {}
    for tenant in connection.execute(sa.select(tenants).order_by(tenants.c.id)).all():
        first = FIRST_PORT + PORTS * (tenant.id % BLOCKS)
        at = connection.execute(sa.select(placements).where(placements.c.tenant == tenant.id)).one_or_none()
        for node in sorted({at.node, at.source_node} - {""}) if at else ():
            taken = used.setdefault(node, set())
            block = first
            while block in taken:  # two tenants never had the same ports on a node: the second one did not start
                block = FIRST_PORT + (block - FIRST_PORT + PORTS) % (PORTS * BLOCKS)
            taken.add(block)
            connection.execute(ports.insert().values(node=node, first_port=block, tenant=tenant.id))
            if node == at.node:
                first = block
        origin = f"{tenant.id}:{tenant.name}:{tenant.created}"
        values = {"identity": hashlib.sha256(origin.encode()).hexdigest()[:16], "first_port": first}
        connection.execute(tenants.update().where(tenants.c.id == tenant.id).values(**values))
