# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a run requests when it starts operations."""

from __future__ import annotations

from dataclasses import dataclass, field

from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import placements
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.tenants import Tenant
from ansible_collections.sovereign.vdc.plugins.module_utils.policy import placement
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.identity import Claim
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.locations import UNKNOWN, Locations
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.tiers import Tier


@dataclass(frozen=True)
class Server:
    """A server as its cloud reports it."""

    type: str
    running: bool


@dataclass(frozen=True)
class OperationRequest:
    """Operations of one ``kind`` for the tenants ``names`` (empty: all), requested by ``event`` (empty: none).

    ``servers`` are all existing servers by name, None if unknown. ``claims`` tell whose existing resources are.
    ``min_interval_hours`` is by tier the time after a successful side operation in which it is not repeated.
    ``without_nodes``: the run leaves out the tasks on nodes.
    """

    kind: str
    names: tuple[str, ...]
    event: str
    holder: str
    lock_seconds: int
    fleet: str
    tiers: dict[str, Tier]
    nodes: list[placement.Node] = field(default_factory=list)
    pools: list[placement.Pool] = field(default_factory=list)
    compute_share: float = placement.SHARE
    storage_share: float = placement.SHARE
    servers: dict[str, Server] | None = None
    min_interval_hours: dict[str, float] = field(default_factory=dict)
    locations: Locations = UNKNOWN
    without_nodes: bool = False
    claims: tuple[Claim, ...] = ()

    def tier(self, tenant: Tenant) -> Tier:
        """The tenant's tier; raises ``ValidationError`` if it is not in the catalog."""
        if tenant.tier not in self.tiers:
            raise ValidationError(
                f"tiers: {tenant.tier!r}, the tier of tenant {tenant.name!r}, is not in the catalog, which has "
                f"{', '.join(self.tiers) or 'none'}; add it to the catalog, or change the tenant's tier"
            )
        return self.tiers[tenant.tier]

    def dedicated_node(self, tenant: Tenant) -> str:
        """The name of the tenant's dedicated machine, or empty if its tier shares nodes."""
        return self.dedicated_name(tenant, tenant.location) if self.tier(tenant).dedicated else ""

    def dedicated_name(self, tenant: Tenant, location: str) -> str:
        """The name of a dedicated machine of the tenant in that location."""
        return self.fleet + placements.dedicated_suffix(tenant.id, location)
