# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tenants as modules return them, and as they appear in diffs."""

from __future__ import annotations

from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import placements, volumes
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.placements import Placement
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
    "without_nodes",
)


def view(tenant: Tenant, at: Placement | None, volume: Volume | None) -> dict[str, Any]:
    """The tenant with its placement and volume."""
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
        "first_uid": volumes.first_uid(tenant),
    }


def view_of(connection: Any, tenant: Tenant | None) -> dict[str, Any] | None:
    """The view of one tenant, read from the ledger."""
    if tenant is None:
        return None
    return view(tenant, placements.placement_of(connection, tenant), volumes.volume_of(connection, tenant))


def diff_view(viewed: dict[str, Any] | None) -> dict[str, Any]:
    """The part of a view that appears in diffs."""
    return {key: viewed[key] for key in IN_DIFFS} if viewed else {}


def all_diff_views(connection: Any) -> dict[str, dict[str, Any]]:
    """The diff views of all tenants by name."""
    placed, stored = placements.all_placements(connection), volumes.all_volumes(connection)
    return {
        tenant.name: diff_view(view(tenant, placed.get(tenant.id), stored.get(tenant.id)))
        for tenant in all_tenants(connection)
    }
