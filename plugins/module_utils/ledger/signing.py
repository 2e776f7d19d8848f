# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What customers ask for, judged and written down: signing up, changing what they have, source_node."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import capacity, deletions, tenants, volumes
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.schema import TENANTS
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.tenants import Tenant
from ansible_collections.sovereign.vdc.plugins.module_utils.policy import desired_states
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.locations import UNKNOWN, Locations
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.tiers import Tier

# As much of an address as a mail's header needs; whether it is one, the mail server knows.
MAIL = re.compile(r"[^@\s<>,;:\"]{1,64}@[^@\s<>,;:\"]{1,189}")
# What a tenant is described by. What is not told stays as it is.
FACTS = ("tier", "owner_email", "service_id", "paid_until", "stack", "location")
# Changes of these are to be brought about.
MATTERS = ("tier", "stack")


@dataclass(frozen=True)
class Wish:
    """What a customer asks for; None: not told. ``nodes`` and ``storage_nodes``: the shared nodes and the storage nodes that
    there are, if that is known."""

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

    def facts(self) -> dict[str, Any]:
        """What is told of ``FACTS``."""
        return {key: getattr(self, key) for key in FACTS if getattr(self, key) is not None}


def write(
    connection: Any, now: int, wish: Wish, tiers: dict[str, Tier], locations: Locations = UNKNOWN
) -> Tenant | None:
    """Write the wish down; raises ``ValidationError`` for one that cannot be, ``BadLocation`` for one that cannot be there. The
    tenant as it is now."""
    if wish.tier is not None and wish.tier not in tiers:
        raise ValidationError(f"tier: {wish.tier!r} is not sold; choose one of {', '.join(tiers)}")
    _check_facts(connection, wish)
    have = tenants.find(connection, wish.name)
    _check_location(wish, have, tiers, locations)
    if have is None:
        return _sign_up(connection, now, wish, tiers)
    if tenants.has_left(have):
        return _leave_again(wish, have)
    _refuse_other(connection, wish, have)
    if wish.desired_state == desired_states.ABSENT and wish.confirm != wish.name:
        raise ValidationError(
            f"confirm: all that tenant {wish.name!r} keeps will be deleted; if that is meant, give its name, {wish.name!r}"
        )
    if wish.desired_state == desired_states.ABSENT:
        deletions.decide(connection, now, have, wish.grace_days)
    facts: dict[str, Any] = {key: value for key, value in wish.facts().items() if getattr(have, key) != value}
    if wish.desired_state is not None:
        facts["desired_state"] = wish.desired_state
    resized = False
    if "location" in facts:
        facts["target_node"] = ""
    if "tier" in facts or wish.volume_gib is not None or wish.node:
        tier = tiers.get(facts.get("tier", have.tier))
        if tier is None:
            raise ValidationError(f"tiers: lacks {have.tier!r}, the tier of tenant {wish.name!r}")
        resized = _size(connection, now, wish, have, tier)
        if wish.node or tier.dedicated:
            facts["target_node"] = _pin(connection, wish, have, tier)
    elif wish.node == "":
        facts["target_node"] = ""
    _pin_storage(connection, wish, have)
    if resized or any(key in facts for key in MATTERS):
        facts["generation"] = have.generation + 1
    return tenants.change(connection, wish.name, **facts)


def _sign_up(connection: Any, now: int, wish: Wish, tiers: dict[str, Tier]) -> Tenant:
    if wish.tier is None:
        raise ValidationError(f"name: there is no tenant {wish.name!r} in the ledger; give the tier to sign it up")
    if wish.desired_state not in (None, desired_states.ACTIVE):
        raise ValidationError(
            f"desired_state: there is no tenant {wish.name!r} in the ledger that could become {wish.desired_state}"
        )
    if wish.change:
        raise ValidationError(f"change: there is no tenant {wish.name!r} in the ledger that could be changed")
    tier = tiers[wish.tier]
    facts = {"stack": tier.stack, **wish.facts()}
    tenant = tenants.sign_up(connection, now, wish.name, facts.pop("tier"), **facts)
    size = wish.volume_gib if wish.volume_gib is not None else tier.storage_sizes_gib[0]
    _check_size(wish, tier, size)
    volumes.want(connection, now, tenant, size)
    _pin_storage(connection, wish, tenant)
    if wish.node is None:
        return tenant
    return tenants.change(connection, wish.name, target_node=_pin(connection, wish, tenant, tier))


def _check_location(wish: Wish, have: Tenant | None, tiers: dict[str, Tier], locations: Locations) -> None:
    """Whether the tenant can be where it shall be, with what its tier asks for."""
    location = wish.location if wish.location is not None else have.location if have else ""
    tier = tiers.get(wish.tier or (have.tier if have else ""))
    if tier is None or not locations.providers:
        return
    locations.provider(location)
    if tier.dedicated:
        locations.machine(tier.machine, location)


def _check_facts(connection: Any, wish: Wish) -> None:
    """What cannot be noted, whoever the tenant is."""
    if wish.owner_email and not MAIL.fullmatch(wish.owner_email):
        raise ValidationError(f"owner_email: {wish.owner_email!r} is no mail address; give one as name@example.org")
    if wish.paid_until is not None and wish.paid_until < 0:
        raise ValidationError(f"paid_until: {wish.paid_until} is no moment; give seconds since the epoch, UTC")
    if wish.service_id is not None:
        row = connection.execute(TENANTS.select().where(TENANTS.c.service_id == wish.service_id)).one_or_none()
        if row and row.name != wish.name:
            raise ValidationError(
                f"service_id: {wish.service_id!r} belongs to tenant {row.name!r}; each service has one tenant"
            )


def _leave_again(wish: Wish, have: Tenant) -> Tenant:
    """A tenant that left may only leave again, which changes nothing."""
    if wish.desired_state == desired_states.ABSENT:
        return have
    raise ValidationError(
        f"name: {wish.name!r} belonged to a tenant that left (it is {have.state}); choose another name, since "
        f"a name is never given again"
    )


def _refuse_other(connection: Any, wish: Wish, have: Tenant) -> None:
    """Unless it is to be changed, an existing tenant is what it is; and a sign-up does not resume it."""
    if wish.change:
        return
    told: dict[str, Any] = wish.facts()
    has: dict[str, Any] = {key: getattr(have, key) for key in told}
    volume = volumes.volume_of(connection, have)
    if wish.volume_gib is not None and volume:
        told["volume_gib"], has["volume_gib"] = wish.volume_gib, volume.size_gib
    if wish.tier is not None and wish.desired_state is not None:
        told["desired_state"], has["desired_state"] = wish.desired_state, have.desired_state
    for key, value in told.items():
        if has[key] != value:
            raise ValidationError(
                f"{key}: tenant {wish.name!r} exists with {has[key]!r}, not {value!r}; choose another name, or change "
                f"the tenant with its own playbook"
            )


def _size(connection: Any, now: int, wish: Wish, have: Tenant, tier: Tier) -> bool:
    """Note the size that the volume shall have; whether it is another one than before."""
    volume = volumes.volume_of(connection, have)
    before = volume.size_gib if volume else 0
    size = wish.volume_gib
    if size is None:
        if volume and wish.tier in (None, have.tier):
            return False
        size = max(before, tier.storage_sizes_gib[0])
        if tier.storage_most and size > tier.storage_most:
            if volume and volume.storage_node:
                raise ValidationError(
                    f"tier: tenant {wish.name!r} has a volume of {size} GiB, and tier {tier.name!r} ends at "
                    f"{tier.storage_most} GiB; make it smaller first, with the playbook tenant_volume_resize"
                )
            size = tier.storage_sizes_gib[0]
    elif size == before:
        return False
    else:
        _check_size(wish, tier, size)
    if size < before and volume and volume.storage_node:
        if wish.used_gib is None:
            raise ValidationError(
                f"used_gib: tell what the volume of tenant {wish.name!r} holds, since it is to shrink from {before} to "
                f"{size} GiB"
            )
        if wish.used_gib >= size:
            raise ValidationError(
                f"volume_gib: tenant {wish.name!r} holds {wish.used_gib:g} GiB, which {size} GiB do not take; have less "
                f"there, or choose a bigger volume"
            )
    volumes.want(connection, now, have, size)
    return size != before


def _check_size(wish: Wish, tier: Tier, size: int) -> None:
    if size < 1:
        raise ValidationError(f"volume_gib: must be 1 or more, not {size}")
    if tier.storage_most and size > tier.storage_most:
        raise ValidationError(f"volume_gib: tier {tier.name!r} ends at {tier.storage_most} GiB, {size} is more")


def _pin(connection: Any, wish: Wish, have: Tenant, tier: Tier) -> str:
    """The node to move to; empty when the tenant sits there."""
    if not wish.node:
        return ""
    if tier.dedicated:
        raise ValidationError(
            f"node: tenant {wish.name!r} has a machine of its own as {tier.name}, and cannot move to {wish.node!r}"
        )
    if wish.nodes is not None and wish.node not in wish.nodes:
        there = ", ".join(wish.nodes) or "none"
        raise ValidationError(f"node: {wish.node!r} is no shared node of this fleet; there is {there}")
    at = capacity.placement_of(connection, have)
    return "" if at and at.node == wish.node else wish.node


def _pin_storage(connection: Any, wish: Wish, have: Tenant) -> None:
    """Note the storage node that the tenant's data shall move to."""
    if wish.storage_node is None:
        return
    if wish.storage_node and wish.storage_nodes is not None and wish.storage_node not in wish.storage_nodes:
        there = ", ".join(wish.storage_nodes) or "none"
        raise ValidationError(f"storage_node: {wish.storage_node!r} is no storage node of this fleet; there is {there}")
    volumes.set_target_node(connection, have, wish.storage_node)
