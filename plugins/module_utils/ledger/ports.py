# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tenants' ports on compute nodes, in the caller's transaction.

Each tenant has a block of ``PORTS`` ports on each node that it uses; the database rejects a block that another tenant has
on that node. A tenant that moves keeps its block where it is free on the new node.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.schema import PORTS as TABLE
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.schema import TENANTS

FIRST_PORT = 20_000
PORTS = 10  # ports of each block
BLOCKS = 1000  # blocks of each node; the last one ends below 32768, where the kernel's own range begins


def allot(connection: Any, tenant_id: int, node: str, nodes: set[str]) -> None:
    """Give the tenant a block on each of ``nodes``, take those on other nodes back, and record that on ``node``.

    Raises ``ValidationError`` when a node has no free block.
    """
    own = TABLE.c.tenant == tenant_id
    connection.execute(TABLE.delete().where(own & TABLE.c.node.not_in(nodes)))
    blocks = {row.node: row.first_port for row in connection.execute(TABLE.select().where(own))}
    row = TENANTS.c.id == tenant_id
    last = connection.execute(TENANTS.select().where(row)).one().first_port
    for name in sorted(nodes - blocks.keys()):
        blocks[name] = _free_block(connection, name, last or default_port(tenant_id))
        connection.execute(TABLE.insert().values(node=name, first_port=blocks[name], tenant=tenant_id))
    if node and blocks[node] != last:
        connection.execute(TENANTS.update().where(row).values(first_port=blocks[node]))


def default_port(tenant_id: int) -> int:
    """The first port that the tenant gets on a node where that is free."""
    return FIRST_PORT + PORTS * (tenant_id % BLOCKS)


def _free_block(connection: Any, node: str, preferred: int) -> int:
    used = {row.first_port for row in connection.execute(TABLE.select().where(TABLE.c.node == node))}
    every = range(FIRST_PORT, FIRST_PORT + PORTS * BLOCKS, PORTS)
    for block in (preferred, *every):
        if block not in used:
            return block
    raise ValidationError(
        f"nodes: {node!r} has no free ports, because each of its {BLOCKS} blocks of {PORTS} ports belongs to a tenant; move "
        f"tenants to another node with the playbook tenant_migrate, or add a compute node"
    )
