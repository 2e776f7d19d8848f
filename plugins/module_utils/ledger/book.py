# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""All that an operation looks at, read at once: a handful of queries, however many tenants there are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import capacity, journal, locks, tenants, volumes
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.tenants import Tenant
from ansible_collections.sovereign.vdc.plugins.module_utils.policy import desired_states, placement, states
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.locations import UNKNOWN, Locations
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.tiers import Tier


@dataclass(frozen=True)
class Server:
    """A server as a cloud shows it."""

    type: str
    running: bool


@dataclass(frozen=True)
class Ask:
    """What a run asks for: ``kind`` for the tenants of these ``names`` (none: for all), because of ``event``.
    ``servers``: all servers that there are, by name, if that is known. ``min_interval_hours``: by tier, for how long a deed that
    was done for a tenant is not done again."""

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

    def tier(self, tenant: Tenant) -> Tier:
        """The tenant's tier; raises ``ValidationError`` where it is not sold any more."""
        if tenant.tier not in self.tiers:
            raise ValidationError(
                f"tiers: tenant {tenant.name!r} has tier {tenant.tier!r}, which is not among {', '.join(self.tiers)}"
            )
        return self.tiers[tenant.tier]

    def own_node(self, tenant: Tenant) -> str:
        """The name of the machine that the tenant alone shall have, or nothing where it shares one."""
        return self.own_name(tenant, tenant.location) if self.tier(tenant).dedicated else ""

    def own_name(self, tenant: Tenant, location: str) -> str:
        """What the tenant's own machine is called in that location."""
        return self.fleet + capacity.own_ending(tenant.id, location)


@dataclass(frozen=True)
class Book:
    """The ledger as it is now: tenants by name; places and volumes by number; operations that are not finished and
    locks of others by the tenant's name."""

    tenants: dict[str, Tenant]
    placements: dict[int, capacity.Placement]
    volumes: dict[int, volumes.Volume]
    running: dict[str, list[dict[str, Any]]]
    held: dict[str, str]

    def scope(self, names: tuple[str, ...]) -> list[Tenant]:
        """The tenants of these names, or all that have not left; raises ``ValidationError`` for one that is not known."""
        for name in names:
            if name not in self.tenants:
                raise ValidationError(f"tenants: there is no tenant {name!r} in the ledger; sign it up first")
        here = [name for name, tenant in self.tenants.items() if tenant.state != states.DELETED]
        return [self.tenants[name] for name in sorted(set(names or here))]

    def standing(self, tenant: Tenant, moved: bool = False) -> desired_states.Standing:
        """Where the tenant stands. ``moved``: its place was exchanged for that of a lost node."""
        at = self.placements.get(tenant.id)
        volume = self.volumes.get(tenant.id)
        return desired_states.Standing(
            state=tenant.state,
            desired_state=tenant.desired_state,
            placed=at is not None,
            source_node=bool((at and at.source_node) or (volume and volume.source_node)),
            moved=moved,
            changed=tenant.converged_generation < tenant.generation,
            served=tenant.activated is not None,
            begun=at is not None or bool(volume and volume.storage_node),
        )


def read(connection: Any, now: int, holder: str) -> Book:
    """Read the ledger."""
    return Book(
        tenants={tenant.name: tenant for tenant in tenants.all_tenants(connection)},
        placements=capacity.all_placements(connection),
        volumes=volumes.all_volumes(connection),
        running=journal.running(connection),
        held=locks.held_by_others(connection, now, holder),
    )
