# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The dedicated machines of tenants: what they are to be, and whether the existing servers match."""

from __future__ import annotations

from collections.abc import Iterator
from operator import itemgetter
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.operations.request import OperationRequest, Server
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.operations.snapshot import Snapshot
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.tenants import Tenant
from ansible_collections.sovereign.vdc.plugins.module_utils.policy import desired_states, states
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.identity import LABEL
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.locations import HETZNER


def machine_specs(request: OperationRequest, snapshot: Snapshot, names: list[str]) -> dict[str, Any]:
    """The machines to start, stop or delete for the tenants ``names``.

    ``servers`` are those at Hetzner, ``instances`` those at Exoscale by zone, each sorted by name.
    """
    servers: list[dict[str, Any]] = []
    instances: dict[str, list[dict[str, Any]]] = {}
    for name in names:
        for machine, location in _dedicated_machines(request, snapshot, snapshot.tenants[name]):
            if request.locations.provider(location) == HETZNER:
                servers.append({**machine, "location": location} if location else machine)
            else:
                type_ = {"instance_type": machine.pop("server_type")} if "server_type" in machine else {}
                instances.setdefault(location, []).append({**machine, **type_})
    return {
        "servers": sorted(servers, key=itemgetter("name")),
        "instances": {zone: sorted(found, key=itemgetter("name")) for zone, found in sorted(instances.items())},
    }


def machines_differ(request: OperationRequest, snapshot: Snapshot, tenant: Tenant) -> bool:
    """Whether a dedicated machine of the tenant is not as it is to be. False if existing servers are unknown."""
    return request.servers is not None and any(
        _differs(machine, request.servers.get(machine["name"]))
        for machine, _location in _dedicated_machines(request, snapshot, tenant)
    )


def _differs(machine: dict[str, Any], server: Server | None) -> bool:
    started = machine["state"] == "started"
    if server is None:
        return started  # a machine that is to be off or deleted may be missing
    return (
        machine["state"] == "absent"
        or server.running != started
        or server.type != machine.get("server_type", server.type)
    )


def _dedicated_machines(
    request: OperationRequest, snapshot: Snapshot, tenant: Tenant
) -> Iterator[tuple[dict[str, Any], str]]:
    """The tenant's dedicated machines with the locations that they are in."""
    if tenant.state == states.DELETED:
        return
    tier, at = request.tier(tenant), snapshot.placements.get(tenant.id)
    candidates = [(request.dedicated_node(tenant), tenant.location)]
    if at:
        candidates += [(at.node, at.location), (at.source_node, at.source_location)]
    for name, location in dict(candidates).items():
        if name != request.dedicated_name(tenant, location):
            continue
        labels = {"role": "compute", "tenant": tenant.name, "tier": tenant.tier}
        if tenant.identity:
            labels[LABEL] = tenant.identity
        machine: dict[str, Any] = {"name": name, "state": "absent", "labels": labels}
        if at and at.node == name and tenant.desired_state in (desired_states.ACTIVE, desired_states.POWEROFF):
            machine["state"] = "started" if tenant.desired_state == desired_states.ACTIVE else "stopped"
            if at.remote_range:
                labels["remote-range"] = str(at.remote_range)
            if tier.dedicated:  # otherwise it keeps its type until the tenant has moved
                machine["server_type"] = request.locations.machine(tier.machine, location)
        elif tenant.state == states.QUEUED and tenant.activated is None:
            continue
        yield machine, location
