# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Nodes, pools and machines of the site in the form that the ledger takes, and DNS records for its operations. Pure: from the
hosts' variables, the catalog and what modules returned. The filters of the same names have the documentation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.policy import tiers

# The variable of a node with the address for a record of this type.
RECORDS = {"A": "vdc_ipv4", "AAAA": "vdc_ipv6"}

Host = Mapping[str, Any]


def placement_nodes(
    hosts: Iterable[Host],
    catalog: Mapping[str, Any],
    home: Iterable[str],
    draining: Iterable[str] = (),
    lost: Iterable[str] = (),
) -> list[dict[str, Any]]:
    """The shared compute nodes, with the cores and the memory that the catalog says their type has.

    Raises ``CatalogError`` when the catalog does not know a node's type.
    """
    home, draining, lost = list(home), list(draining), list(lost)
    nodes = []
    for host in hosts:
        if "tenant" in host.get("vdc_labels", {}):
            continue
        name, location = host["inventory_hostname"], host["vdc_location"]
        machine = _machine(name, host.get("vdc_type", ""), catalog)
        nodes.append(
            {
                "name": name,
                "cpus": machine["vcpus"],
                "memory_gib": machine["memory_gib"],
                "draining": name in draining,
                "healthy": name not in lost,
                "locations": [location, ""] if location in home else [location],
            }
        )
    return nodes


def _machine(node: str, type_: str, catalog: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        return catalog["machines"][tiers.resolve(type_, catalog["aliases"])]
    except KeyError:
        raise tiers.CatalogError(
            f"{node} is a machine of type {type_ or '(none)'}, which is not in the catalog; "
            "add its size to vdc_catalog_overrides.machines"
        ) from None


def placement_pools(names: Iterable[str], disks: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The storage nodes with these names, with the sum of their disks in GiB."""
    sizes = dict.fromkeys(names, 0)
    for disk in disks:
        if disk["instance"] in sizes:
            sizes[disk["instance"]] += disk["size"]
    return [{"name": name, "size_gib": size} for name, size in sizes.items()]


def machine_states(hosts: Iterable[Host]) -> list[dict[str, Any]]:
    """The compute nodes with type and status, which the ledger compares with the desired machines of tenants."""
    return [
        {
            "name": host["inventory_hostname"],
            "type": host.get("vdc_type", ""),
            "running": host.get("vdc_status", "running") == "running",
        }
        for host in hosts
    ]


def machines_remade(machines: Iterable[Mapping[str, Any]], hosts: Iterable[Host]) -> list[str]:
    """Names of the desired machines that are to run and will be created, or become machines of another type."""
    types = {host["inventory_hostname"]: host.get("vdc_type") for host in hosts}
    wanted = {
        machine["name"]: machine.get("server_type", machine.get("instance_type"))
        for machine in machines
        if machine["state"] == "started"
    }
    return [name for name, type_ in wanted.items() if type_ and type_ != types.get(name)]


def machines_unserved(result: Mapping[str, Any], servers: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The machines that a cloud did not provide, by name, with the reason, from the result of the task that failed.

    A task with a loop requested its item's machines, one without a loop ``servers``. If the module does not report which of
    them failed, all of them did.
    """
    unserved: dict[str, Any] = {}
    for part in result.get("results", [result]):
        if part.get("failed"):
            asked = part["item"]["value"] if "item" in part else servers
            started = [machine["name"] for machine in asked if machine["state"] == "started"]
            unserved |= part.get("failed_resources") or {name: {"message": part["msg"]} for name in started}
    return unserved


def tenant_records(
    operations: Iterable[Mapping[str, Any]], hosts: Iterable[Host], zone: Iterable[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """The DNS records in a zone that differ from the tenants' nodes: with the right addresses, or with none to be deleted.

    Left out are records that need no change, and records that somebody else made.
    """
    nodes = {host["inventory_hostname"]: host for host in hosts}
    known = {(record["name"], record["type"]): record for record in zone}
    wanted = []
    for item in operations:
        if not (
            item["desired_state"] in ("release", "absent")
            or (item["desired_state"] == "active" and item["node"] in nodes)
        ):
            continue
        for type_, variable in RECORDS.items():
            has = known.get((item["tenant"], type_))
            if has and (has.get("labels") or {}).get("managed-by") != "sovereign.vdc":
                continue
            address = nodes[item["node"]].get(variable) if item["desired_state"] == "active" else None
            addresses = [address] if address else []
            if addresses != [record["value"] for record in (has or {}).get("records") or []]:
                wanted.append({"name": item["tenant"], "type": type_, "addresses": addresses})
    return wanted
