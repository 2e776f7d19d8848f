# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Beginning operations: places, locks and operations of a run's tenants, all in the caller's transaction."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.errors import Refused
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import (
    book,
    capacity,
    journal,
    locks,
    placing,
    tenants,
    volumes,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.book import Ask, Book, Server
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.tenants import Tenant
from ansible_collections.sovereign.vdc.plugins.module_utils.policy import states, wishes
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
    scope = seen.scope(ask.names)
    busy = [{"tenant": t.name, "holder": seen.held[t.name]} for t in scope if t.name in seen.held]
    names = [tenant.name for tenant in scope if tenant.name not in seen.held]
    asked_for = bool(ask.names) and not known
    if ask.verb in wishes.DEEDS:
        given = placing.Given()
        work = _deeds(connection, now, ask, seen, names, known)
    else:
        given = placing.give(connection, now, ask, seen, [seen.tenants[name] for name in names])
        work = _onwards(connection, now, ask, names, asked_for, given)
    if ask.event and not known and (names or not busy):
        journal.act_on(connection, now, ask.event, work[0]["operation"] if work else None)
    after = book.read(connection, now, ask.holder)
    return {
        "work": work,
        "waiting": [
            {"tenant": decision.tenant, "place": decision.queue, "lacks": decision.lacks}
            for decision in given.waiting.values()
            if not ask.names or decision.tenant in ask.names
        ],
        "busy": busy,
        "servers": _servers(ask, after, [item["tenant"] for item in work]),
        "seen": known and not work,
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
        if stays and tenant.state == states.ACTIVE and tenant.wish == wishes.ACTIVE:
            continue
        next_ = wishes.onward(replace(standing, changed=standing.changed and not stays))
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
            number, verb = _operation(connection, now, ask, now_is, tenant, stays)
            work.append(_entry(ask, now_is, tenant, number, verb, next_.due, given.lost.get(name, "")))
        else:
            _overtake(connection, now, left)
    return work


def _has_other_machine(ask: Ask, seen: Book, tenant: Tenant) -> bool:
    """Whether a machine of the tenant's own is not what it shall be, as far as that is known."""
    return ask.servers is not None and any(
        _is_other(machine, ask.servers.get(machine["name"])) for machine in _servers(ask, seen, [tenant.name])
    )


def _is_other(machine: dict[str, Any], there: Server | None) -> bool:
    """Whether the server that is there, if any, is another than the machine that shall be."""
    started = machine["state"] == "started"
    if there is None:
        return started  # what shall be off may as well be missing
    return (
        machine["state"] == "absent"
        or there.running != started
        or there.type != machine.get("server_type", there.type)
    )


def _operation(connection: Any, now: int, ask: Ask, seen: Book, tenant: Tenant, stays: bool) -> tuple[int, str]:
    """The operation to carry out, begun or continued, and its verb; the tenant's lock is ours then."""
    volume = seen.volumes.get(tenant.id)
    aim = {
        "wish": tenant.wish,
        "generation": tenant.settled if stays else tenant.generation,
        "size_gib": volume.kept_gib if volume else 0,
    }
    locks.take(connection, now, tenant.name, ask.holder, ask.lock_seconds)
    left = _unfinished(seen, tenant.name)
    same = next((operation for operation in left if operation["parameters"] == aim), None)
    _overtake(connection, now, [operation for operation in left if operation is not same])
    if same is None:
        return journal.begin(connection, now, tenant.name, ask.verb, aim, ask.holder), ask.verb
    journal.take_over(connection, now, same["id"], ask.holder)
    return same["id"], same["verb"]


def _unfinished(seen: Book, name: str) -> list[dict[str, Any]]:
    """What runs that died left to be done of the tenant's wish."""
    return [operation for operation in seen.running.get(name, []) if operation["verb"] not in wishes.DEEDS]


def _overtake(connection: Any, now: int, operations: list[dict[str, Any]]) -> None:
    """These will not be carried on."""
    for operation in operations:
        journal.finish(connection, now, operation["id"], journal.FAILED, OVERTAKEN)


def _deeds(connection: Any, now: int, ask: Ask, seen: Book, names: list[str], known: bool) -> list[dict[str, Any]]:
    """Operations beside the tenants' wishes. An event that was seen only continues what its run left."""
    work = []
    for name in names:
        tenant = seen.tenants[name]
        volume = seen.volumes.get(tenant.id)
        if volume is None or not volume.storage_node:
            if ask.names:
                raise Refused(
                    f"tenants: {name!r} keeps nothing ({tenant.state}), so that there is nothing to {ask.verb}"
                )
            continue
        mine = [operation for operation in seen.running.get(name, []) if operation["verb"] == ask.verb]
        if known and not mine:
            continue
        locks.take(connection, now, name, ask.holder, ask.lock_seconds)
        if mine:
            number = mine[0]["id"]
            journal.take_over(connection, now, number, ask.holder)
        else:
            number = journal.begin(connection, now, name, ask.verb, {}, ask.holder)
        work.append(_entry(ask, seen, tenant, number, ask.verb, False, ""))
    return work


def _entry(ask: Ask, seen: Book, tenant: Tenant, number: int, verb: str, due: bool, lost: str) -> dict[str, Any]:
    """What a playbook needs to know for its work on one tenant."""
    tier = ask.tier(tenant)
    at, volume = seen.placements.get(tenant.id), seen.volumes.get(tenant.id)
    # What it has rather than what it shall have, as long as it waits for that.
    cpu, memory, dedicated = (at.cpu, at.memory, at.dedicated) if at else (tier.cpu, tier.memory, tier.dedicated)
    return {
        "operation": number,
        "tenant": tenant.name,
        "number": tenant.id,
        "verb": verb,
        "wish": tenant.wish,
        "state": tenant.state,
        "due": due,
        "new": tenant.activated is None,
        "tier": tenant.tier,
        "stack": tenant.stack or tier.stack,
        "slot": {"cpus": cpu / 1000, "memory_mib": memory // MIB},
        "node": at.node if at else "",
        "leaving": at.leaving if at else "",
        "lost": lost,
        "dedicated": dedicated,
        "machine": tier.machine,
        "storage_node": volume.storage_node if volume else "",
        "volume_gib": volume.kept_gib if volume else 0,
        "first_uid": volume.first_uid if volume else volumes.FIRST_UID + volumes.UIDS * tenant.id,
    }


def _servers(ask: Ask, seen: Book, names: list[str]) -> list[dict[str, Any]]:
    """The machines of their own that tenants shall have, or have no more, by name."""
    found: dict[str, dict[str, Any]] = {}
    for name in names:
        tenant = seen.tenants[name]
        tier, own, at = ask.tier(tenant), book.own_name(ask.fleet, tenant), seen.placements.get(tenant.id)
        if tenant.state == states.DELETED or not (tier.dedicated or (at and own in (at.node, at.leaving))):
            continue
        state = "absent"
        if at and at.node == own and tenant.wish in (wishes.ACTIVE, wishes.POWEROFF):
            state = "started" if tenant.wish == wishes.ACTIVE else "stopped"
        elif tenant.state == states.QUEUED and tenant.activated is None:
            continue
        labels = {"role": "compute", "tenant": name}
        found[own] = {"name": own, "state": state, "labels": labels}
        if tier.dedicated:  # else it stays as it is until it is left
            found[own]["server_type"] = tier.machine
    return [found[name] for name in sorted(found)]
