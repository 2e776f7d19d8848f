# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the playbooks that only read report: a table for the log, one sentence, and the data. Pure: from module results. The
filters of the same names have the documentation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.policy import summary

NEVER = "never"
# What a tenant's state should be, by its desired state.
EXPECTED = {"active": "active", "poweroff": "suspended", "release": "suspended", "absent": "deleted"}


def tenants_report(tenants: Iterable[Mapping[str, Any]]) -> summary.Item:
    """The tenants of ``tenant_info``, one a line: where each is, its last backup, and the reason of an error."""
    tenants = list(tenants)
    header = (
        "TENANT",
        "TIER",
        "STATE",
        "NODE",
        "STORAGE",
        "GIB",
        "PAID UNTIL",
        "LAST BACKUP",
        "LAST VERIFIED",
        "REASON",
    )
    rows = [
        (
            tenant["name"],
            tenant["tier"],
            _state(tenant),
            tenant["node"] or "-",
            tenant["storage_node"] or "-",
            str(tenant["volume_gib"] or "-"),
            _moment(tenant["paid_until"], "-"),
            _moment(tenant["last_backup"]),
            _moment(tenant["last_verified"]),
            " ".join(tenant["reason"].split()),
        )
        for tenant in tenants
    ]
    states = Counter(tenant["state"] for tenant in tenants)
    counted = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
    message = f"{len(tenants)} tenants: {counted}" if tenants else "no tenant matches"
    return _report("tenants", message, header, rows, tenants)


def capacity_report(capacity: Mapping[str, Any]) -> summary.Item:
    """The result of ``capacity_info``: free slots and storage of each node by tier, and the queue."""
    nodes, pools, waiting = capacity["nodes"], capacity["storage_nodes"], capacity["waiting"]
    header = ("NODE", "RESERVED", "FREE", "ROOM FOR", "TENANTS")
    rows = [
        (
            node["name"],
            f"{node['cpus_promised']:g} cores, {node['memory_gib_promised']:g} GiB",
            f"{node['cpus_free']:g} cores, {node['memory_gib_free']:g} GiB",
            _room(node["slots"]) if node["schedulable"] else "none",
            str(len(node["tenants"])),
        )
        for node in nodes
    ]
    rows += [
        (
            pool["name"],
            f"{pool['reserved_gib']:g} of {pool['size_gib']:g} GiB",
            f"{pool['free_gib']:g} GiB",
            _room(pool["volumes"]),
            str(len(pool["tenants"])),
        )
        for pool in pools
    ]
    rows += [
        (f"queue {one['position']}", one["tenant"], one["tier"], f"since {_moment(one['since'])}", "")
        for one in waiting
    ]
    slots = sum((Counter(node["slots"]) for node in nodes), Counter())
    volumes = sum((Counter(pool["volumes"]) for pool in pools), Counter())
    tiers = list(dict.fromkeys([tier for pool in pools for tier in pool["volumes"]]))
    shared = {tier for node in nodes for tier in node["slots"]}
    more = {tier: min(slots[tier], volumes[tier]) if tier in shared else volumes[tier] for tier in tiers}
    room = f"{_room(more)} (each alone)" if more else "no tenant, because there are no storage nodes"
    message = f"room for {room}; {len(waiting)} in the queue"
    if capacity["unknown_nodes"]:
        message += f"; not in the inventory: {', '.join(capacity['unknown_nodes'])}"
    return _report("capacity", message, header, rows, [{**capacity, "room": more}])


def history_report(tenant: Mapping[str, Any]) -> summary.Item:
    """The journal of one tenant of ``tenant_info``, newest operation first: when, how long, who, and the result."""
    header = ("OPERATION", "KIND", "STARTED", "SECONDS", "RESULT", "BY", "MESSAGE")
    rows = [
        (
            str(one["id"]),
            one["kind"],
            _moment(one["started"]),
            str(one["finished"] - one["started"]) if one["finished"] is not None else "-",
            one["state"],
            one["holder"],
            " ".join(one["message"].split()),
        )
        for one in tenant["operations"]
    ]
    message = f"{tenant['name']} ({tenant['tier']}) is {_state(tenant)}; signed up {_moment(tenant['created'])}; {len(rows)} operations"
    return _report("history", message, header, rows, [dict(tenant)])


def _report(
    name: str, message: str, header: Sequence[str], rows: list[tuple[str, ...]], data: list[Mapping[str, Any]]
) -> summary.Item:
    table = _table(header, rows) if rows else []
    return summary.item(name, summary.REPORT, summary.OK, message, table=table, data=data)


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """The rows below the header, in columns that are as wide as their widest cell."""
    lines = [tuple(header), *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]


def _state(tenant: Mapping[str, Any]) -> str:
    """The state, and the desired one if the tenant is not there yet."""
    wanted = tenant["desired_state"]
    return tenant["state"] if EXPECTED.get(wanted) == tenant["state"] else f"{tenant['state']} (to be {wanted})"


def _room(by_tier: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {tier}" for tier, count in by_tier.items())


def _moment(seconds: int | None, none: str = NEVER) -> str:
    """The time in UTC, to the minute."""
    return none if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M")
