# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Requests of customers, validated and recorded: sign-up, changes, and the desired state up to the deletion."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import deletions, placements, tenants, volumes
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.schema import TENANTS
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.tenants import Tenant
from ansible_collections.sovereign.vdc.plugins.module_utils.policy import desired_states, email_addresses, times
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.identity import Claim, name_conflict
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.locations import UNKNOWN, Locations
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.tiers import Tier

# The fields of a request that are columns of the tenant. A field that is None leaves its column as it is.
COLUMNS = ("tier", "owner_email", "service_id", "paid_until", "stack", "location")
# Columns of which a change has to be converged.
CONVERGED = ("tier", "stack")


@dataclass(frozen=True)
class TenantRequest:
    """What a customer requests; None leaves a value as it is.

    ``nodes`` and ``storage_nodes`` are the names of the existing shared nodes and storage nodes, None if unknown.
    ``claims`` tell whose existing resources are: a new tenant gets neither a name nor a number of theirs.
    """

    name: str
    tier: str | None = None
    owner_email: str | None = None
    service_id: str | None = None
    paid_until: int | None = None
    stack: str | None = None
    location: str | None = None
    desired_state: str | None = None
    node: str | None = None
    volume_gib: int | None = None
    used_gib: float | None = None
    confirm: str | None = None
    grace_days: int = 30
    change: bool = False
    nodes: tuple[str, ...] | None = None
    storage_node: str | None = None
    storage_nodes: tuple[str, ...] | None = None
    claims: tuple[Claim, ...] = ()

    def columns(self) -> dict[str, Any]:
        """The values of ``COLUMNS`` that are set."""
        return {key: getattr(self, key) for key in COLUMNS if getattr(self, key) is not None}


def apply(
    connection: Any, now: int, request: TenantRequest, tiers: dict[str, Tier], locations: Locations = UNKNOWN
) -> Tenant:
    """Record the request; returns the tenant as it is now.

    Raises ``ValidationError`` for a request that cannot be recorded, ``LocationError`` for an invalid location.
    """
    if request.tier is not None and request.tier not in tiers:
        raise ValidationError(f"tier: {request.tier!r} is not in the catalog; choose one of {', '.join(tiers)}")
    _validate_columns(connection, request)
    tenant = tenants.find(connection, request.name)
    request = _with_email(request, tenant)
    _validate_location(request, tenant, tiers, locations)
    if tenant is None:
        return _sign_up(connection, now, request, tiers)
    if tenants.deletion_requested(tenant):
        return _repeat_deletion(request, tenant)
    _reject_differences(connection, request, tenant)
    if request.desired_state == desired_states.ABSENT:
        _request_deletion(connection, now, request, tenant)
    return _update(connection, now, request, tenant, tiers)


def _update(connection: Any, now: int, request: TenantRequest, tenant: Tenant, tiers: dict[str, Tier]) -> Tenant:
    changes: dict[str, Any] = {key: new for key, new in request.columns().items() if getattr(tenant, key) != new}
    if request.desired_state is not None:
        changes["desired_state"] = request.desired_state
    resized = False
    if "location" in changes:
        changes["target_node"] = ""
    if "tier" in changes or request.volume_gib is not None or request.node:
        tier = tiers.get(changes.get("tier", tenant.tier))
        if tier is None:
            raise ValidationError(
                f"tiers: {tenant.tier!r}, the tier of tenant {request.name!r}, is not in the catalog; add it to tiers"
            )
        resized = _resize(connection, now, request, tenant, tier)
        if request.node or tier.dedicated:
            changes["target_node"] = _target_node(connection, request, tenant, tier)
    elif request.node == "":
        changes["target_node"] = ""
    _set_target_storage_node(connection, request, tenant)
    if resized or any(key in changes for key in CONVERGED):
        changes["generation"] = tenant.generation + 1
    return tenants.update(connection, request.name, **changes)


def _sign_up(connection: Any, now: int, request: TenantRequest, tiers: dict[str, Tier]) -> Tenant:
    unknown = f"there is no tenant {request.name!r} in the ledger"
    if request.tier is None:
        raise ValidationError(f"name: {unknown}; set tier to sign it up")
    if request.desired_state not in (None, desired_states.ACTIVE):
        raise ValidationError(f"desired_state: {unknown} that could become {request.desired_state}; sign it up first")
    if request.change:
        raise ValidationError(f"change: {unknown} that could be changed; leave change out to sign it up")
    conflict = name_conflict(request.claims, request.name)
    if conflict:
        raise ValidationError(conflict)
    tier = tiers[request.tier]
    columns = {"stack": tier.stack, **request.columns()}
    numbers = {claim.number for claim in request.claims}
    tenant = tenants.create(connection, now, request.name, columns.pop("tier"), numbers, **columns)
    size = request.volume_gib if request.volume_gib is not None else tier.storage_sizes_gib[0]
    _validate_size(tier, size)
    volumes.set_size(connection, now, tenant, size)
    _set_target_storage_node(connection, request, tenant)
    if request.node is None:
        return tenant
    return tenants.update(connection, request.name, target_node=_target_node(connection, request, tenant, tier))


def _request_deletion(connection: Any, now: int, request: TenantRequest, tenant: Tenant) -> None:
    if request.confirm != request.name:
        raise ValidationError(
            f"confirm: {request.confirm!r} does not confirm that all data of tenant {request.name!r} is deleted; set it "
            f"to {request.name!r} to proceed"
        )
    deletions.record(connection, now, tenant, request.grace_days)


def _repeat_deletion(request: TenantRequest, tenant: Tenant) -> Tenant:
    """A tenant that was or will be deleted accepts only the same request again, which changes nothing."""
    if request.desired_state == desired_states.ABSENT:
        return tenant
    raise ValidationError(
        f"name: {request.name!r} is the name of a tenant whose deletion was requested (it is {tenant.state}); choose "
        f"another name, because names are not used again"
    )


def _validate_columns(connection: Any, request: TenantRequest) -> None:
    """Reject values that no tenant may have."""
    if request.paid_until is not None:
        try:
            times.moment(request.paid_until)
        except ValueError as error:
            raise ValidationError(f"paid_until: {error}") from None
    if request.service_id is not None:
        row = connection.execute(TENANTS.select().where(TENANTS.c.service_id == request.service_id)).one_or_none()
        if row and row.name != request.name:
            raise ValidationError(
                f"service_id: {request.service_id!r} belongs to tenant {row.name!r}; use another one for each tenant"
            )


def _with_email(request: TenantRequest, tenant: Tenant | None) -> TenantRequest:
    """The request with its email address as the ledger records it; another spelling of the tenant's is no change."""
    if not request.owner_email:
        return request
    if tenant and email_addresses.is_same(tenant.owner_email, request.owner_email):
        return replace(request, owner_email=tenant.owner_email)
    try:
        return replace(request, owner_email=str(email_addresses.parse(request.owner_email)))
    except ValueError as error:
        raise ValidationError(f"owner_email: {error}") from None


def _validate_location(
    request: TenantRequest, tenant: Tenant | None, tiers: dict[str, Tier], locations: Locations
) -> None:
    """Reject a location that does not exist or has no machine for the tenant's tier."""
    location = request.location if request.location is not None else tenant.location if tenant else ""
    tier = tiers.get(request.tier or (tenant.tier if tenant else ""))
    if tier is None or not locations.providers:
        return
    locations.provider(location)
    if tier.dedicated:
        locations.machine(tier.machine, location)


def _reject_differences(connection: Any, request: TenantRequest, tenant: Tenant) -> None:
    """Without ``change``, reject values that differ from the existing tenant's; a sign-up does not resume it."""
    if request.change:
        return
    requested: dict[str, Any] = request.columns()
    current: dict[str, Any] = {key: getattr(tenant, key) for key in requested}
    volume = volumes.volume_of(connection, tenant)
    if request.volume_gib is not None and volume:
        requested["volume_gib"], current["volume_gib"] = request.volume_gib, volume.size_gib
    if request.tier is not None and request.desired_state is not None:
        requested["desired_state"], current["desired_state"] = request.desired_state, tenant.desired_state
    for key, value in requested.items():
        if current[key] != value:
            raise ValidationError(
                f"{key}: tenant {request.name!r} exists with {current[key]!r}, not {value!r}; choose another name, or "
                f"change the tenant with the playbook for that"
            )


def _resize(connection: Any, now: int, request: TenantRequest, tenant: Tenant, tier: Tier) -> bool:
    """Set the desired size of the volume; whether it has changed."""
    volume = volumes.volume_of(connection, tenant)
    before = volume.size_gib if volume else 0
    size = request.volume_gib
    if size is None:
        if volume and request.tier in (None, tenant.tier):
            return False
        size = max(before, tier.storage_sizes_gib[0])
        if tier.storage_max_gib and size > tier.storage_max_gib:
            if volume and volume.storage_node:
                raise ValidationError(
                    f"tier: {tier.name!r} allows {tier.storage_max_gib} GiB of storage, and tenant {request.name!r} has a "
                    f"volume of {size} GiB; shrink it first with the playbook tenant_volume_resize"
                )
            size = tier.storage_sizes_gib[0]
    elif size == before:
        return False
    else:
        _validate_size(tier, size)
    if size < before and volume and volume.storage_node:
        _validate_shrink(request, before, size)
    volumes.set_size(connection, now, tenant, size)
    return size != before


def _validate_shrink(request: TenantRequest, before: int, size: int) -> None:
    if request.used_gib is None:
        raise ValidationError(
            f"used_gib: is missing and needed to shrink the volume of tenant {request.name!r} from {before} to {size} GiB; "
            f"set it to the GiB that are used"
        )
    if request.used_gib >= size:
        raise ValidationError(
            f"volume_gib: {size} GiB are too small for the {request.used_gib:g} GiB that tenant {request.name!r} uses; "
            f"delete data there, or choose a larger size"
        )


def _validate_size(tier: Tier, size: int) -> None:
    if size < 1:
        raise ValidationError(f"volume_gib: {size} is too small; use 1 or more")
    if tier.storage_max_gib and size > tier.storage_max_gib:
        raise ValidationError(
            f"volume_gib: {size} is more than tier {tier.name!r} allows; use at most {tier.storage_max_gib}"
        )


def _target_node(connection: Any, request: TenantRequest, tenant: Tenant, tier: Tier) -> str:
    """The node to move to; empty if the tenant is there already."""
    if not request.node:
        return ""
    if tier.dedicated:
        raise ValidationError(
            f"node: tenant {request.name!r} has a dedicated machine (tier {tier.name}) and cannot move to "
            f"{request.node!r}; leave node out"
        )
    if request.nodes is not None and request.node not in request.nodes:
        raise ValidationError(
            f"node: {request.node!r} is not a shared node of this fleet; choose one of "
            f"{', '.join(request.nodes) or 'none'}"
        )
    at = placements.placement_of(connection, tenant)
    return "" if at and at.node == request.node else request.node


def _set_target_storage_node(connection: Any, request: TenantRequest, tenant: Tenant) -> None:
    """Record the storage node that the tenant's data is to move to."""
    if request.storage_node is None:
        return
    if request.storage_node and request.storage_nodes is not None and request.storage_node not in request.storage_nodes:
        raise ValidationError(
            f"storage_node: {request.storage_node!r} is not a storage node of this fleet; choose one of "
            f"{', '.join(request.storage_nodes) or 'none'}"
        )
    volumes.set_target_node(connection, tenant, request.storage_node)
