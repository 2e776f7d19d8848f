# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A snapshot of the ledger for an operation, read with a fixed number of queries for any number of tenants."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import locks, placements, tenants, volumes
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.operations import journal
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.tenants import Tenant
from ansible_collections.sovereign.vdc.plugins.module_utils.policy import desired_states, states


@dataclass(frozen=True)
class Snapshot:
    """The ledger at one moment.

    Tenants by name; placements and volumes by tenant id; running operations and other runs' locks by tenant name.
    """

    tenants: dict[str, Tenant]
    placements: dict[int, placements.Placement]
    volumes: dict[int, volumes.Volume]
    running: dict[str, list[dict[str, Any]]]
    held: dict[str, str]

    def scope(self, names: tuple[str, ...]) -> list[Tenant]:
        """The tenants of these names, or all that are not deleted; raises ``ValidationError`` for an unknown name."""
        for name in names:
            if name not in self.tenants:
                raise ValidationError(f"tenants: there is no tenant {name!r} in the ledger; sign it up first")
        existing = [name for name, tenant in self.tenants.items() if tenant.state != states.DELETED]
        return [self.tenants[name] for name in sorted(set(names or existing))]

    def status(self, tenant: Tenant, relocated: bool = False) -> desired_states.TenantStatus:
        """The tenant's status. ``relocated``: its placement on a lost node was just replaced."""
        at = self.placements.get(tenant.id)
        volume = self.volumes.get(tenant.id)
        return desired_states.TenantStatus(
            state=tenant.state,
            desired_state=tenant.desired_state,
            placed=at is not None,
            has_source=bool((at and at.source_node) or (volume and volume.source_node)),
            relocated=relocated,
            changed=tenant.converged_generation < tenant.generation,
            activated=tenant.activated is not None,
            may_have_resources=at is not None or bool(volume and volume.storage_node),
        )

    def unfinished(self, name: str) -> list[dict[str, Any]]:
        """The operations towards the desired state that earlier runs left unfinished."""
        return [
            operation
            for operation in self.running.get(name, [])
            if operation["kind"] not in desired_states.SIDE_OPERATIONS
        ]


def read(connection: Any, now: int, holder: str) -> Snapshot:
    """Read the ledger."""
    return Snapshot(
        tenants={tenant.name: tenant for tenant in tenants.all_tenants(connection)},
        placements=placements.all_placements(connection),
        volumes=volumes.all_volumes(connection),
        running=journal.running(connection),
        held=locks.held_by_others(connection, now, holder),
    )
