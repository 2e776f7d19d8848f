# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where the ledger differs from what exists outside of it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import placements, tenants, volumes
from ansible_collections.sovereign.vdc.plugins.module_utils.policy import identity, states
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.identity import Claim

MACHINES = ("server", "instance")


def differences(connection: Any, claims: tuple[Claim, ...], fleet: str, nodes_read: Collection[str]) -> list[str]:
    """One sentence for each resource that is nobody's or another tenant's, and for each one that is missing.

    Volumes and stacks can only be missing on ``nodes_read``.
    """
    known = tenants.all_tenants(connection)
    rejected = identity.conflicts(claims, known)
    marks = {mark for tenant in known if tenant.name in rejected for mark in (tenant.name, tenant.id, tenant.identity)}
    found = list(rejected.values())
    for claim in identity.unknown(claims, known):
        if not {claim.tenant, claim.number, claim.identity} & marks:
            found.append(f"{claim}, which this ledger does not know; {identity.ADVICE.format(kind=claim.kind)}")
    return found + list(_missing(connection, known, claims, fleet, nodes_read))


def _missing(
    connection: Any, known: list[tenants.Tenant], claims: tuple[Claim, ...], fleet: str, nodes_read: Collection[str]
) -> list[str]:
    machines = {claim.name for claim in claims if claim.kind in MACHINES}
    stored = {(claim.tenant, claim.node) for claim in claims if claim.kind == "logical volume"}
    placed, stored_at = placements.all_placements(connection), volumes.all_volumes(connection)
    found = []
    for tenant in known:
        if tenant.state == states.DELETED:
            continue
        at, volume = placed.get(tenant.id), stored_at.get(tenant.id)
        if at and at.node == fleet + placements.dedicated_suffix(tenant.id, at.location) and at.node not in machines:
            found.append(
                f"the machine {at.node!r} of tenant {tenant.name!r} does not exist; the playbook reconcile makes it, or destroy "
                f"the tenant if it was deleted since"
            )
        if volume and volume.storage_node in nodes_read and (tenant.name, volume.storage_node) not in stored:
            found.append(
                f"the volume of tenant {tenant.name!r} on {volume.storage_node} does not exist; the playbook reconcile makes an "
                f"empty one, so restore its backup, or destroy the tenant if it was deleted since"
            )
    return found
