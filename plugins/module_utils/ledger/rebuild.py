# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Add tenants that were reconstructed from their resources to the ledger, in the caller's transaction."""

from __future__ import annotations

import secrets
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import placements, schema, tenants, volumes
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.operations import journal
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.placements import Placement
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.reconstruction import Found
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.tiers import Tier

KIND = "rebuild"  # in the journal


def add(connection: Any, now: int, found: Found, tier: Tier, holder: str) -> tenants.Tenant:
    """Insert the tenant with its placement, ports and volume; what is unknown is its reason and in the journal."""
    reason = f"rebuilt from its resources; unknown: {', '.join(found.unknown)}"
    connection.execute(
        schema.TENANTS.insert().values(
            id=found.number,
            name=found.name,
            tier=found.tier,
            stack=found.stack,
            location=found.location,
            state=found.state,
            desired_state=found.desired_state,
            reason=reason,
            created=now,
            last_active=now,
            activated=now,
            converged_generation=1,
            identity=found.identity or secrets.token_hex(tenants.IDENTITY_BYTES),
            first_port=found.first_port or None,
        )
    )
    tenant = tenants.get(connection, found.name)
    if found.node:
        at = Placement(found.number, found.node, tier.cpu, tier.memory, found.dedicated, now, location=found.location)
        placements.assign(connection, Placement(**{**at.__dict__, "remote_range": found.remote_range}))
    volumes.set_size(connection, now, tenant, found.volume_gib)
    if found.storage_node:
        volume = volumes.volume_of(connection, tenant)
        if volume:
            volumes.reserve(connection, volume, found.storage_node)
    operation = journal.start(connection, now, found.name, KIND, {}, holder)
    journal.finish(connection, now, operation, journal.DONE, reason)
    return tenants.get(connection, found.name)
