# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Nodes, pools and machines of the inventory as input of ledger modules, and results of ledger modules as input of
cloud modules. Pure functions of host variables, the catalog and module results; the filters have the same names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.policy import tiers

# The variable of a node that has the address for a record of this type.
RECORDS = {"A": "vdc_ipv4", "AAAA": "vdc_ipv6"}

Host = Mapping[str, Any]


def placement_nodes(
    hosts: Iterable[Host],
    catalog: Mapping[str, Any],
    home: Iterable[str],
    draining: Iterable[str] = (),
    lost: Iterable[str] = (),
) -> list[dict[str, Any]]:
    """The shared compute nodes with the cores and memory of their machine types, for the placement of tenants.

    Nodes in the ``home`` locations count as nodes of the site's own location. Raises ``CatalogError`` for a node
    whose type is not in the catalog, and for ``draining`` or ``lost`` that is text, in which no node would be found.
    """
    for option, names in (("vdc_draining_nodes", draining), ("vdc_lost_nodes", lost)):
        if isinstance(names, str):
            raise tiers.CatalogError(
                f"{option}: {names!r} is text and not a list of nodes; set a list, on the command line as "
                f'-e \'{{"{option}": ["<node>"]}}\''
            )
    home, draining, lost = list(home), list(draining), list(lost)
    nodes = []
    for host in hosts:
        if "tenant" in host.get("vdc_labels", {}):
            continue
        name, location = host["inventory_hostname"], host["vdc_location"]
        machine = _machine_type(name, host.get("vdc_type", ""), catalog)
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


def _machine_type(node: str, type_: str, catalog: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        return catalog["machines"][tiers.resolve(type_, catalog["aliases"])]
    except KeyError:
        raise tiers.CatalogError(
            f"machines: {type_ or '(none)'}, the type of {node}, is not in the catalog; add it to "
            "vdc_catalog_overrides.machines"
        ) from None


def placement_pools(names: Iterable[str], disks: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The storage nodes with the total size of their disks in GiB."""
    sizes = dict.fromkeys(names, 0)
    for disk in disks:
        if disk["instance"] in sizes:
            sizes[disk["instance"]] += disk["size"]
    return [{"name": name, "size_gib": size} for name, size in sizes.items()]


def machine_states(hosts: Iterable[Host]) -> list[dict[str, Any]]:
    """The compute nodes with type and power state, for the comparison with what tenants' dedicated machines are to be."""
    return [
        {
            "name": host["inventory_hostname"],
            "type": host.get("vdc_type", ""),
            "running": host.get("vdc_status", "running") == "running",
        }
        for host in hosts
    ]


def machines_remade(machines: Iterable[Mapping[str, Any]], hosts: Iterable[Host]) -> list[str]:
    """Names of the machines that will be created, or rescaled to another type."""
    types = {host["inventory_hostname"]: host.get("vdc_type") for host in hosts}
    desired = {
        machine["name"]: machine.get("server_type", machine.get("instance_type"))
        for machine in machines
        if machine["state"] == "started"
    }
    return [name for name, type_ in desired.items() if type_ and type_ != types.get(name)]


def machines_unserved(result: Mapping[str, Any], servers: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The failures of machines by name, read from the result of the task that failed.

    A task with a loop requested the machines of its item, a task without one requested ``servers``. If the module does
    not report which machines failed, all of them count as failed.
    """
    unserved: dict[str, Any] = {}
    for part in result.get("results", [result]):
        if part.get("failed"):
            requested = part["item"]["value"] if "item" in part else servers
            started = [machine["name"] for machine in requested if machine["state"] == "started"]
            unserved |= part.get("failed_resources") or {name: {"message": part["msg"]} for name in started}
    return unserved


def tenant_records(
    operations: Iterable[Mapping[str, Any]], hosts: Iterable[Host], zone: Iterable[Mapping[str, Any]], fleet: str
) -> list[dict[str, Any]]:
    """The changes to a DNS zone: records of tenants to set, with addresses, and records to delete, with none.

    Records that are right are left out, and so are records without the labels of the collection and of ``fleet``.
    """
    nodes, zone = {host["inventory_hostname"]: host for host in hosts}, list(zone)
    current = {(record["name"], record["type"]): record for record in zone}
    changes = []
    for operation in operations:
        if not (
            operation["desired_state"] in ("release", "absent")
            or (operation["desired_state"] == "active" and operation["node"] in nodes)
        ) or record_problem(zone, operation["tenant"], fleet):
            continue
        for type_, variable in RECORDS.items():
            record = current.get((operation["tenant"], type_))
            if record and not is_record_of(record, fleet):
                continue
            address = nodes[operation["node"]].get(variable) if operation["desired_state"] == "active" else None
            addresses = [address] if address else []
            if addresses != [value["value"] for value in (record or {}).get("records") or []]:
                change = {"name": operation["tenant"], "type": type_, "addresses": addresses}
                changes.append({**change, "identity": operation["identity"]})
    return changes


def is_record_of(record: Mapping[str, Any], fleet: str) -> bool:
    """Whether a DNS record carries the labels of the collection and of ``fleet``."""
    labels = record.get("labels") or {}
    return labels.get("managed-by") == "sovereign.vdc" and labels.get("fleet") == fleet


def record_problem(zone: Iterable[Mapping[str, Any]], name: str, fleet: str) -> str:
    """Why a tenant of ``fleet`` cannot have its ``name`` in the DNS zone with these records; empty if it can.

    Records without the collection's label are the site's own, and are left as they are.
    """
    for record in zone:
        labels = record.get("labels") or {}
        if record["name"] == name and labels.get("managed-by") == "sovereign.vdc" and not is_record_of(record, fleet):
            return (
                f"the record {name!r} in vdc_dns_zone belongs to the fleet {labels.get('fleet')!r}; choose another name"
            )
    return ""
