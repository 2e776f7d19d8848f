# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a run of the playbooks has to prepare, what became of its operations, and what it reports. Pure: from the operations
that M(sovereign.vdc.tenant_operation) returned and the variables of the hosts. The filters of the same names have the
documentation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Operation = Mapping[str, Any]
Host = Mapping[str, Any]

OFF = ("off", "stopped")  # what Hetzner and Exoscale call a machine that does not run
# Operations whose work is done on the tenant's storage node.
ON_STORAGE = frozenset({"backup", "backup_verify", "restore", "shrink", "purge"})
# Facts that the role tenant_lifecycle sets on a tenant's host.
REACHED = "tenant_lifecycle_reached"
ERROR = "tenant_lifecycle_error"
ROLLED_BACK = "tenant_lifecycle_rolled_back"
DOWNTIME = "tenant_lifecycle_downtime"
# What a test without machines says of each result.
NOT_PROVEN = "not proven: this run left out the tasks on nodes (vdc_without_nodes)"


def tenant_host(tenant: str) -> str:
    """The name of the inventory host that stands for a tenant."""
    return f"{tenant}.tenant"


def nodes_to_prepare(operations: Iterable[Operation], compute: Iterable[str], storage: Iterable[str]) -> list[str]:
    """The machines of tenants' own that are to run, and all storage nodes, which are their peers in the tunnel.

    Empty if no tenant on a dedicated machine is to run.
    """
    known = set(compute)
    own = [
        item["node"]
        for item in operations
        if item["dedicated"] and item["desired_state"] == "active" and item["node"] in known
    ]
    return [*dict.fromkeys(own), *storage] if own else []


def running_nodes(hosts: Iterable[Host], operation: Operation) -> list[str]:
    """The compute nodes that containers can be stopped and started on: all except machines of this tenant that are off."""
    own = (operation["node"], operation["source_node"])
    return [
        host["inventory_hostname"]
        for host in hosts
        if not (
            host["inventory_hostname"] in own
            and "tenant" in host.get("vdc_labels", {})
            and host.get("vdc_status") in OFF
        )
    ]


def operation_results(
    operations: Iterable[Operation],
    hosts: Iterable[Host],
    unserved: Mapping[str, Mapping[str, Any]] | None = None,
    without_nodes: bool = False,
) -> list[dict[str, Any]]:
    """Each operation with ``succeeded``, and ``reason``, ``rolled_back``, ``downtime`` (seconds, or None) and ``backups``
    (names of those that were made or verified).

    ``hosts`` are the tenants' hosts with the facts of the role tenant_lifecycle, ``unserved`` the machines that a cloud did
    not provide. With ``without_nodes`` nothing was done on nodes that could have failed. A tenant whose host reported neither
    success nor an error was lost with a node that did not answer.
    """
    reports = {host["inventory_hostname"]: host for host in hosts}
    unserved = unserved or {}
    return [_result(item, reports.get(tenant_host(item["tenant"]), {}), unserved, without_nodes) for item in operations]


def _result(
    item: Operation, report: Host, unserved: Mapping[str, Mapping[str, Any]], without_nodes: bool
) -> dict[str, Any]:
    reached = without_nodes or (report.get(REACHED) or {}).get("id") == item["id"]
    succeeded = reached and item["node"] not in unserved
    reason = ""
    if not succeeded:
        data = item["kind"] in ON_STORAGE
        node = f"storage node {item['storage_node']}" if data else f"compute node {item['node']}"
        lost = f"{node} did not answer over SSH; repair or replace it, then run the playbook again"
        reason = unserved.get(item["node"], {}).get("message") or report.get(ERROR) or lost
    return {
        **item,
        "succeeded": succeeded,
        "reason": reason,
        # A new tenant's own machine is deleted when it fails; on a shared node the role has removed what it made.
        "rolled_back": not succeeded
        and bool(item.get("new"))
        and bool(item.get("dedicated") or report.get(ROLLED_BACK)),
        "downtime": report.get(DOWNTIME) if succeeded else None,
        "without_nodes": without_nodes,
        "backups": _backups(report) if succeeded else [],
    }


def _backups(report: Host) -> list[str]:
    """The names of the backups that were made or verified on the tenant's host."""
    made, verified = report.get("tenant_backup_result") or {}, report.get("tenant_backup_verified") or {}
    if "entries" in made:
        return [made["backup"]["name"]]
    return list(verified.get("verified") or [])


def unneeded_machines(
    machines: Iterable[Mapping[str, Any]], results: Iterable[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Tenants' own machines that are to be stopped or deleted after the work on the nodes.

    The machine of a new tenant that failed is deleted. A machine that a failed tenant could not leave stays.
    """
    failed = {item["tenant"]: item for item in results if not item["succeeded"]}
    unneeded = []
    for machine in machines:
        tenant = machine["labels"]["tenant"]
        if machine["state"] != "started":
            if tenant not in failed:
                unneeded.append(dict(machine))
        elif tenant in failed and failed[tenant]["new"]:
            unneeded.append({**machine, "state": "absent"})
    return unneeded


def result_message(result: Mapping[str, Any], secrets_place: str) -> str:
    """One sentence about a tenant whose operation succeeded: where it is, or what was kept."""
    name = f"{result['tenant']} ({result['tier']})"
    text = {
        "active": f"{name} is active on {result['node']}, {result['volume_gib']} GiB on {result['storage_node']}; "
        f"credentials: {secrets_place}/tenants/{result['tenant']}",
        "poweroff": f"{name} is suspended; its slot on {result['node']} and its data on {result['storage_node']} are kept",
        "release": f"{name} is suspended; its slot is released and its data on {result['storage_node']} is kept",
        "absent": f"{name} is deleted",
    }[result["desired_state"]]
    if result.get("without_nodes"):
        text += f"; {NOT_PROVEN}"
    # In ansible-core 2.18 a fact that was a number is a string.
    downtime = result["downtime"]
    return text if downtime in (None, "") else f"{text}; downtime: {downtime} s"


def result_mails(results: Iterable[Mapping[str, Any]], day: int) -> list[dict[str, Any]]:
    """The mails that inform owners about the result of operations, as the role tenant_lifecycle sends them.

    ``day`` is a number that differs from day to day: a failure is reported once a day, however often it is tried again.
    """
    results = list(results)
    running = [item for item in results if item["succeeded"] and item["desired_state"] == "active"]
    return [
        *({**item, "kind": "welcome", "period": 0} for item in running if item["new"]),
        *(
            {**item, "kind": "resumed", "period": item["id"]}
            for item in running
            if not item["new"] and item["kind"] == "resume"
        ),
        *({**item, "kind": "error", "period": day} for item in results if not item["succeeded"]),
    ]


def verify_intervals(tiers: Mapping[str, Mapping[str, Any]]) -> dict[str, float]:
    """By tier, after how many hours a backup is due to be verified again; 7 days if the tier does not set it."""
    return {name: tier.get("backup", {}).get("verify_days", 7) * 24 for name, tier in tiers.items()}
