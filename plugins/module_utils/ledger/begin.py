# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Beginning operations: places, locks and operations of a run's tenants, all in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from operator import itemgetter
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import (
    activity,
    book,
    capacity,
    deletions,
    journal,
    locks,
    placing,
    tenants,
    volumes,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.book import Ask, Book, Server
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.tenants import Tenant
from ansible_collections.sovereign.vdc.plugins.module_utils.policy import desired_states, states
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.locations import HETZNER
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.tiers import MIB

OVERTAKEN = "what the tenant shall have has changed before this was done"


def begin(connection: Any, now: int, ask: Ask) -> dict[str, Any]:
    """Take the locks of the tenants that are free, give places, begin operations or continue those whose run died.

    Tenants who were named and shall be served are worked on even if they are as wished; the others only if they are not, or
    if their own machine is not. Of the machines, only those are told whose tenants are worked on: of the others, another run
    may make anything at any moment.
    """
    known = bool(ask.event) and journal.acted_on(connection, ask.event)
    if ask.event:
        journal.note_event(connection, now, ask.event)
    seen = book.read(connection, now, ask.holder)
    purge = ask.kind == desired_states.PURGE
    scope = deletions.due(connection, now, seen, ask.names) if purge else seen.scope(ask.names)
    for tenant in [] if purge else scope:
        ask.tier(tenant)  # refuses one that is not sold any more
    busy = [{"tenant": t.name, "holder": seen.held[t.name]} for t in scope if t.name in seen.held]
    names = [tenant.name for tenant in scope if tenant.name not in seen.held]
    asked_for = bool(ask.names) and not known
    if ask.kind in desired_states.DEEDS:
        given = placing.Given()
        work = _deeds(connection, now, ask, seen, names, known, busy)
    else:
        given = placing.give(connection, now, ask, seen, [seen.tenants[name] for name in names])
        work = _onwards(connection, now, ask, names, asked_for, given)
    if ask.event and not known and (names or not busy):
        journal.act_on(connection, now, ask.event, work[0]["id"] if work else None)
    after = book.read(connection, now, ask.holder)
    return {
        "operations": work,
        "waiting": [
            {
                "tenant": decision.tenant,
                "position": decision.queue,
                "lacks": decision.lacks,
                "location": seen.tenants[decision.tenant].location,
            }
            for decision in given.waiting.values()
            if not ask.names or decision.tenant in ask.names
        ],
        "busy": busy,
        **_machines(ask, after, [item["tenant"] for item in work]),
        "duplicate_event": known and not work,
    }


def _onwards(
    connection: Any, now: int, ask: Ask, names: list[str], asked_for: bool, given: placing.Given
) -> list[dict[str, Any]]:
    """Bring all who have a place on their way; the work for those of ``names``."""
    now_is = book.read(connection, now, ask.holder)
    work = []
    for name in sorted({*names, *given.placed}):
        tenant = now_is.tenants[name]
        standing = now_is.standing(tenant, moved=name in given.lost)
        stays = name in given.waiting and standing.placed  # it waits for room elsewhere
        if stays and tenant.state == states.ACTIVE and tenant.desired_state == desired_states.ACTIVE:
            continue
        next_ = desired_states.onward(replace(standing, changed=standing.changed and not stays))
        left = _unfinished(now_is, name)
        renew = (next_.state == states.ACTIVE and (asked_for or bool(left))) or (
            next_.state in (states.ACTIVE, states.SUSPENDED) and _has_other_machine(ask, now_is, tenant)
        )
        if next_.state == states.DELETED and tenant.state != states.DELETED:
            capacity.free(connection, tenant)
            volumes.drop(connection, tenant)
        if next_.state != tenant.state:
            tenant = tenants.move(connection, now, name, next_.state)
        if name not in names:
            continue
        if next_.due or renew:
            number, kind = _operation(connection, now, ask, now_is, tenant, stays)
            work.append(_entry(ask, now_is, tenant, number, kind, next_.due, given.lost.get(name, "")))
        else:
            _overtake(connection, now, left)
    return work


def _has_other_machine(ask: Ask, seen: Book, tenant: Tenant) -> bool:
    """Whether a machine of the tenant's own is not what it shall be, as far as that is known."""
    return ask.servers is not None and any(
        _is_other(machine, ask.servers.get(machine["name"])) for machine, _location in _own_machines(ask, seen, tenant)
    )


def _is_other(machine: dict[str, Any], there: Server | None) -> bool:
    """Whether the server that is there, if any, is another than the machine that shall be."""
    started = machine["state"] == "started"
    if there is None:
        return started  # what shall be off may as well be missing
    return (
        machine["state"] == "absent" or there.running != started or there.type != machine.get("server_type", there.type)
    )


def _operation(connection: Any, now: int, ask: Ask, seen: Book, tenant: Tenant, stays: bool) -> tuple[int, str]:
    """The operation to carry out, begun or continued, and its kind; the tenant's lock is ours then."""
    volume = seen.volumes.get(tenant.id)
    aim = {
        "desired_state": tenant.desired_state,
        "generation": tenant.converged_generation if stays else tenant.generation,
        "size_gib": volume.kept_gib if volume else 0,
    }
    locks.take(connection, now, tenant.name, ask.holder, ask.lock_seconds)
    left = _unfinished(seen, tenant.name)
    same = next((operation for operation in left if operation["parameters"] == aim), None)
    _overtake(connection, now, [operation for operation in left if operation is not same])
    if same is None:
        return journal.begin(connection, now, tenant.name, ask.kind, aim, ask.holder), ask.kind
    journal.take_over(connection, now, same["id"], ask.holder)
    return same["id"], same["kind"]


def _unfinished(seen: Book, name: str) -> list[dict[str, Any]]:
    """What runs that died left to be done of the tenant's wish."""
    return [operation for operation in seen.running.get(name, []) if operation["kind"] not in desired_states.DEEDS]


def _overtake(connection: Any, now: int, operations: list[dict[str, Any]]) -> None:
    """These will not be carried on."""
    for operation in operations:
        journal.finish(connection, now, operation["id"], journal.FAILED, OVERTAKEN)


def _deeds(
    connection: Any, now: int, ask: Ask, seen: Book, names: list[str], known: bool, busy: list[dict[str, str]]
) -> list[dict[str, Any]]:
    """Operations beside the tenants' desired_state. An event that was seen only continues what its run left."""
    work = []
    fresh = {} if ask.names else activity.last_done(connection, ask.kind)
    for name in names:
        tenant = seen.tenants[name]
        if ask.kind != desired_states.PURGE and not _at_hand(ask, seen, tenant, busy):
            continue
        if name in fresh and now - fresh[name] < ask.min_interval_hours.get(tenant.tier, 0) * 3600:
            continue
        mine = [operation for operation in seen.running.get(name, []) if operation["kind"] == ask.kind]
        if known and not mine:
            continue
        locks.take(connection, now, name, ask.holder, ask.lock_seconds)
        if mine:
            number = mine[0]["id"]
            journal.take_over(connection, now, number, ask.holder)
        else:
            number = journal.begin(connection, now, name, ask.kind, {}, ask.holder)
        if ask.kind == desired_states.PURGE:  # of whose tier and place nothing may be known any more
            whose = {"id": number, "tenant": name, "number": tenant.id, "kind": ask.kind}
            work.append({**whose, "node": "", "storage_node": ""})
        else:
            work.append(_entry(ask, seen, tenant, number, ask.kind, False, ""))
    return work


def _at_hand(ask: Ask, seen: Book, tenant: Tenant, busy: list[dict[str, str]]) -> bool:
    """Whether the tenant has data where it shall be; raises ``ValidationError`` for one that was named and has not. Those whose
    data is on its way join the ``busy``."""
    volume = seen.volumes.get(tenant.id)
    if volume is None or not volume.storage_node:
        if ask.names:
            raise ValidationError(
                f"tenants: {tenant.name!r} keeps nothing ({tenant.state}), so that there is nothing to {ask.kind}"
            )
        return False
    if volume.source_node:  # which of the two has its data, only the move itself finds out
        move = (
            f"the move of its data from {volume.source_node} to {volume.storage_node}, which tenant_converge.yml ends"
        )
        if ask.names:
            raise ValidationError(f"tenants: {tenant.name!r} is in the hands of {move}; nothing to {ask.kind} before")
        busy.append({"tenant": tenant.name, "holder": move})
        return False
    return True


def _entry(ask: Ask, seen: Book, tenant: Tenant, number: int, kind: str, due: bool, lost: str) -> dict[str, Any]:
    """What a playbook needs to know for its work on one tenant."""
    tier = ask.tier(tenant)
    at, volume = seen.placements.get(tenant.id), seen.volumes.get(tenant.id)
    # What it has rather than what it shall have, as long as it waits for that.
    cpu, memory, dedicated = (at.cpu, at.memory, at.dedicated) if at else (tier.cpu, tier.memory, tier.dedicated)
    return {
        "id": number,
        "tenant": tenant.name,
        "number": tenant.id,
        "kind": kind,
        "desired_state": tenant.desired_state,
        "state": tenant.state,
        "due": due,
        "new": tenant.activated is None,
        "tier": tenant.tier,
        "stack": tenant.stack or tier.stack,
        "slot": {"cpus": cpu / 1000, "memory_mib": memory // MIB},
        "node": at.node if at else "",
        "source_node": at.source_node if at else "",
        "lost": lost,
        "dedicated": dedicated,
        "location": at.location if at else tenant.location,
        "machine": tier.machine,
        "storage_node": volume.storage_node if volume else "",
        "source_storage_node": volume.source_node if volume else "",
        "volume_gib": volume.kept_gib if volume else 0,
        "first_uid": volume.first_uid if volume else volumes.FIRST_UID + volumes.UIDS * tenant.id,
    }


def _machines(ask: Ask, seen: Book, names: list[str]) -> dict[str, Any]:
    """The machines of their own that tenants shall have, or have no more, by name: Hetzner's servers, and Exoscale's
    instances by zone."""
    servers: list[dict[str, Any]] = []
    instances: dict[str, list[dict[str, Any]]] = {}
    for name in names:
        tenant = seen.tenants[name]
        for machine, location in _own_machines(ask, seen, tenant):
            if ask.locations.provider(location) == HETZNER:
                servers.append({**machine, "location": location} if location else machine)
            else:
                kind = {"instance_type": machine.pop("server_type")} if "server_type" in machine else {}
                instances.setdefault(location, []).append({**machine, **kind})
    return {
        "servers": sorted(servers, key=itemgetter("name")),
        "instances": {zone: sorted(there, key=itemgetter("name")) for zone, there in sorted(instances.items())},
    }


def _own_machines(ask: Ask, seen: Book, tenant: Tenant) -> Iterator[tuple[dict[str, Any], str]]:
    """The tenant's own machines, each with its location."""
    if tenant.state == states.DELETED:
        return
    tier, at = ask.tier(tenant), seen.placements.get(tenant.id)
    there = [(ask.own_node(tenant), tenant.location)]
    if at:
        there += [(at.node, at.location), (at.source_node, at.source_location)]
    for own, location in dict(there).items():
        if own != ask.own_name(tenant, location):
            continue
        machine = {"name": own, "state": "absent", "labels": {"role": "compute", "tenant": tenant.name}}
        if at and at.node == own and tenant.desired_state in (desired_states.ACTIVE, desired_states.POWEROFF):
            machine["state"] = "started" if tenant.desired_state == desired_states.ACTIVE else "stopped"
            if at.remote_range:
                machine["labels"]["remote-range"] = str(at.remote_range)
            if tier.dedicated:  # else it stays as it is until it is left
                machine["server_type"] = ask.locations.machine(tier.machine, location)
        elif tenant.state == states.QUEUED and tenant.activated is None:
            continue
        yield machine, location
