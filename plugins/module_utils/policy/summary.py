# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The summary that ends each playbook: for each tenant or resource what changed, what waits, what failed, and what to do
next. Pure: from module results and host variables. The filters of the same names have the documentation."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.policy import convergence

Item = dict[str, Any]

CHANGED, OK, WAITING, FAILED = "changed", "ok", "waiting", "failed"
# The first of these that an item has is the status of the whole run.
BY_WEIGHT = (FAILED, WAITING, CHANGED, OK)
# The kind of the item of an operation that had no tenant.
NONE = "none"
# The kind of the item of a playbook that only reads (``policy.reports``).
REPORT = "report"
# How many unchanged names one line lists.
NAMES_SHOWN = 10
# Facts that playbooks set on a node.
PREPARED = "tenant_lifecycle_node_ready"
FAILURE = "tenant_lifecycle_node_failure"

# What an operation beside the desired state has done, by its kind.
DONE = {
    "backup": "{tenant} is backed up{backups}",
    "backup_verify": "the backup of {tenant} can be restored{backups}: it was restored into a scratch volume and compared",
    "restore": "{tenant} has the data of the backup",
    "shrink": "the volume of {tenant} is smaller",
    "purge": "the backups of {tenant} and their password are deleted",
}
# Why there is nothing to do, by the kind of operation; "" is for all others.
NOTHING = {
    "backup": "no backup is due",
    "backup_verify": "no backup is due to be verified",
    "purge": "no deleted tenant has backups whose grace period is over",
    "": "every tenant is in its desired state",
}
# What is reported of a resource: whether it is to be deleted, and whether the run changed it.
STATES = {
    (False, True): "is changed",
    (False, False): "is as desired",
    (True, True): "is deleted",
    (True, False): "does not exist",
}
MORE_ROOM = {
    "compute": "add a compute node (compute_nodes_count, playbook platform), then run the playbook tenant_queue",
    "storage": "add a disk to a storage node (playbook storage_disk_add), then run the playbook tenant_queue",
}
LOCALHOST = "localhost"
# How the reason begins why a mail to a tenant without an owner's address is not sent.
NO_ADDRESS = "owner_email: ''"
AGAIN = "run the playbook again"
FACTS = ("tier", "desired_state", "node", "storage_node", "volume_gib", "downtime", "backups")


def item(name: str, kind: str, status: str, message: str, next_: str = "", **facts: Any) -> Item:
    """One tenant or resource of a summary. ``next_`` is what the operator has to do, empty if nothing."""
    return {"name": name, "kind": kind, "status": status, "message": message, "next": next_, **facts}


def tenant_summary(
    started: Mapping[str, Any], results: Iterable[Mapping[str, Any]], secrets_place: str, now: float
) -> list[Item]:
    """The items of the tenants of one ``tenant_operation``.

    ``started`` is the module's result, ``results`` are its operations with what became of them
    (``convergence.operation_results``), ``now`` is the time in seconds since the epoch, UTC.
    """
    items = [_tenant(result, secrets_place, now) for result in results]
    items += [_waiting(tenant, started["kind"]) for tenant in started["waiting"]]
    items += [_busy(tenant, started["kind"]) for tenant in started["busy"]]
    items += [_rejected(tenant, started["kind"]) for tenant in started["rejected"]]
    known = {one["name"] for one in items}
    reason = (
        "the event was handled before"
        if started["duplicate_event"]
        else "it is in its desired state and nothing is due"
    )
    items += [
        item(name, "tenant", OK, f"{name}: {reason}", operation=started["kind"])
        for name in started["requested"]
        if name not in known
    ]
    return items or [item(started["kind"], NONE, OK, NOTHING.get(started["kind"], NOTHING[""]))]


def _tenant(result: Mapping[str, Any], secrets_place: str, now: float) -> Item:
    name, kind = result["tenant"], result["kind"]
    facts = {key: result.get(key) for key in FACTS if result.get(key) not in (None, "", [])}
    facts["operation"] = kind
    seconds = max(0, int(now) - int(result["started"]))
    if not result["succeeded"]:
        # A lost node's reason says what to do.
        next_ = "" if AGAIN in result["reason"] else f"remove the cause, then {AGAIN}"
        return item(name, "tenant", FAILED, f"{name} failed: {result['reason']}", next_, **facts, seconds=seconds)
    if kind in DONE:
        names = ", ".join(result.get("backups") or [])
        message = DONE[kind].format(tenant=name, backups=f" ({names})" if names else "")
        proven = f"; {convergence.NOT_PROVEN}" if result.get("without_nodes") else ""
        return item(name, "tenant", CHANGED, f"{message}, {seconds} s{proven}", **facts, seconds=seconds)
    changed = result["due"] or result["new"] or bool(facts.get("downtime"))
    place, _separator, more = convergence.result_message(result, secrets_place).partition("; ")
    message = "; ".join(filter(None, (f"{place}, {seconds} s" if changed else place, more)))
    next_ = f"hand out the credentials (playbook tenant_credentials, -e tenant={name})" if result["new"] else ""
    if result["desired_state"] != "active":
        next_ = ""
    return item(name, "tenant", CHANGED if changed else OK, message, next_, **facts, seconds=seconds)


def _waiting(tenant: Mapping[str, Any], kind: str) -> Item:
    where = f" in {tenant['location']}" if tenant["location"] else ""
    message = (
        f"{tenant['tenant']} waits at position {tenant['position']} of the queue: no room{where} ({tenant['lacks']})"
    )
    next_ = MORE_ROOM.get(tenant["lacks"], MORE_ROOM["compute"])
    return item(tenant["tenant"], "tenant", WAITING, message, next_, operation=kind, position=tenant["position"])


def _busy(tenant: Mapping[str, Any], kind: str) -> Item:
    message = f"{tenant['tenant']} is skipped: it is locked by {tenant['holder']}"
    return item(
        tenant["tenant"], "tenant", WAITING, message, "run the playbook again when that has ended", operation=kind
    )


def _rejected(tenant: Mapping[str, Any], kind: str) -> Item:
    message = f"{tenant['tenant']} is rejected, and nothing was changed for it: {tenant['reason']}"
    return item(tenant["tenant"], "tenant", FAILED, message, operation=kind)


def mail_summary(result: Mapping[str, Any]) -> list[Item]:
    """The items of mails, from the result of ``tenant_mail``. Owners without an address have none."""
    sent = [
        item(mail["tenant"], "mail", CHANGED, f"mail {mail['kind']} to the owner of {mail['tenant']} is sent")
        for mail in result.get("sent", [])
    ]
    unsent = [
        item(
            mail["tenant"],
            "mail",
            WAITING,
            f"mail {mail['kind']} to the owner of {mail['tenant']} is not sent: {mail['error']}",
            "check the mail settings (vdc_smtp_*); the next run that sends mails tries again",
        )
        for mail in result.get("unsent", [])
        if not mail["error"].startswith(NO_ADDRESS)
    ]
    return sent + unsent


def resource_summary(resources: Iterable[Mapping[str, Any]]) -> list[Item]:
    """The items of resources, each with ``kind``, ``name`` and the registered ``result`` of the task that manages it.

    A task that did not run gives no item; one that manages a set names its ``names``. ``place`` is the provider, ``deleted``
    whether the task deletes the resource, ``message`` what to report instead, and ``next`` what to do.
    """
    items = []
    for resource in resources:
        result = resource["result"]
        if not result or result.get("skipped"):
            continue
        place, kind = resource.get("place", ""), resource["kind"]
        for name in resource["names"] if "names" in resource else [resource["name"]]:
            changed = _is_changed(name, result)
            state = STATES[bool(resource.get("deleted")), changed]
            message = f"{kind} {name}{f' at {place}' if place else ''} {state}"
            status = CHANGED if changed else OK
            items.append(
                item(name, kind, status, resource.get("message") or message, resource.get("next", ""), place=place)
            )
    return items


def _is_changed(name: str, result: Mapping[str, Any]) -> bool:
    """Whether the resource is changed; a result with steps says it for each server, others for all at once."""
    if not result.get("changed"):
        return False
    steps = result.get("steps")
    return not steps or any(step.get("server", name) == name for step in steps)


def node_summary(hosts: Iterable[Mapping[str, Any]]) -> list[Item]:
    """The items of nodes, from their host variables: a node that reported neither success nor failure was lost."""
    items = []
    for host in hosts:
        name = host["inventory_hostname"]
        if host.get(PREPARED):
            items.append(item(name, "node", OK, f"node {name} is ready"))
            continue
        reason = host.get(FAILURE) or "it did not answer over SSH"
        next_ = "repair it or replace it, then run the playbook again"
        items.append(item(name, "node", FAILED, f"node {name} failed: {reason}", next_))
    return items


def rotation_summary(hosts: Iterable[Mapping[str, Any]]) -> list[Item]:
    """The items of nodes that switched to new tunnel keys, from their host variables; a node that did not has none."""
    items = []
    for host in hosts:
        switched = (host.get("tunnel_rotate_switched") or {}).get("stdout")
        if not switched:
            continue
        name, report = host["inventory_hostname"], json.loads(switched)
        stalls = [stall for stall in report["stalls"].values() if isinstance(stall, int | float)]
        stall = f"{max(stalls):g} s" if stalls else "unknown"
        message = f"node {name} has a new tunnel key; longest stall: {stall}"
        items.append(item(name, "node", CHANGED if report["changed"] else OK, message))
    return items


def summary(
    items: Iterable[Item], nothing: str = "", failure: Mapping[str, Any] | None = None, check: bool = False
) -> dict[str, Any]:
    """What a playbook reports at its end: ``status``, ``check``, the number of items by status, ``items``, ``lines``, and
    ``failure``, which says what failed and is empty if nothing did.

    ``failure`` is the task that ended the run early (``host``, ``task``, ``message``), ``nothing`` the sentence for a run without
    items, ``check`` whether the changes are only predicted.
    """
    items = list(items)
    items = [one for one in items if one["kind"] != NONE] or items[:1]
    if failure and failure.get("message"):
        task = f"{failure['task']}: " if failure.get("task") else ""
        host = failure.get("host") or LOCALHOST
        where = "" if host == LOCALHOST else f" on {host}"
        next_ = "remove the cause, then run the playbook again; it continues where this run ended"
        items.append(item("run", "run", FAILED, f"the run ended early{where}: {task}{failure['message']}", next_))
    counts = {status: sum(one["status"] == status for one in items) for status in BY_WEIGHT}
    status = next((one for one in BY_WEIGHT if counts[one]), OK)
    lines = _lines(items, status, nothing)
    title = "Summary (predicted)" if check else "Summary"
    table = [line for one in items for line in one.get("table", [])]
    return {
        "status": status,
        "check": check,
        **counts,
        "items": items,
        "lines": table + [f"{title}: {line}" for line in lines],
        "failure": "; ".join(one["message"] for one in items if one["status"] == FAILED),
    }


def _lines(items: list[Item], status: str, nothing: str) -> list[str]:
    unchanged = [one for one in items if one["status"] == OK]
    if status == OK:
        if unchanged and unchanged[0]["kind"] == REPORT:
            return [unchanged[0]["message"]]
        if len(unchanged) == 1:
            return [f"nothing to do: {unchanged[0]['message']}"]
        return [f"nothing to do: {nothing or _count(unchanged)}"]
    lines = [
        one["message"] + (f"; next: {one['next']}" if one["next"] else "")
        for wanted in (CHANGED, WAITING, FAILED)
        for one in items
        if one["status"] == wanted
    ]
    return [*lines, _count(unchanged)] if unchanged else lines


def _count(unchanged: list[Item]) -> str:
    if not unchanged:
        return NOTHING[""]
    names = list(dict.fromkeys(one["name"] for one in unchanged))
    shown = ", ".join(names[:NAMES_SHOWN]) + (" …" if len(names) > NAMES_SHOWN else "")
    return f"{len(unchanged)} {'is' if len(unchanged) == 1 else 'are'} unchanged ({shown})"
