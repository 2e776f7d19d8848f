# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tenants as modules show them: in their results, and in diffs, which hold nothing that a clock decided."""

from __future__ import annotations

from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import capacity, volumes
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.capacity import Placement
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.tenants import Tenant, all_tenants
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.volumes import Volume

IN_DIFFS = (
    "name",
    "tier",
    "state",
    "desired_state",
    "owner_email",
    "service_id",
    "paid_until",
    "stack",
    "location",
    "target_node",
    "reason",
    "node",
    "source_node",
    "storage_node",
    "target_storage_node",
    "source_storage_node",
    "volume_gib",
)


def view(tenant: Tenant, at: Placement | None, volume: Volume | None) -> dict[str, Any]:
    """The tenant with its place and volume."""
    facts = tenant.as_dict()
    del facts["generation"], facts["converged_generation"]
    return {
        **facts,
        "node": at.node if at else "",
        "source_node": at.source_node if at else "",
        "storage_node": volume.storage_node if volume else "",
        "target_storage_node": volume.target_node if volume else "",
        "source_storage_node": volume.source_node if volume else "",
        "volume_gib": volume.size_gib if volume else 0,
        "first_uid": volumes.FIRST_UID + volumes.UIDS * tenant.id,
    }


def one(connection: Any, tenant: Tenant | None) -> dict[str, Any] | None:
    """One tenant's view."""
    if tenant is None:
        return None
    return view(tenant, capacity.placement_of(connection, tenant), volumes.volume_of(connection, tenant))


def shown(seen: dict[str, Any] | None) -> dict[str, Any]:
    """What of a view is in a diff."""
    return {key: seen[key] for key in IN_DIFFS} if seen else {}


def everybody(connection: Any) -> dict[str, dict[str, Any]]:
    """What of all tenants is in a diff, by name."""
    placements, there = capacity.all_placements(connection), volumes.all_volumes(connection)
    return {
        tenant.name: shown(view(tenant, placements.get(tenant.id), there.get(tenant.id)))
        for tenant in all_tenants(connection)
    }
