# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read Exoscale instances as variables of inventory hosts."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.concurrently import each
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.client import (
    DIRECTORY,
    Exoscale,
    connect,
    endpoints,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.transport import Calls
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from ansible_collections.sovereign.vdc.plugins.plugin_utils.inventory.selector import Selector

Facts = dict[str, Any]


def connect_zones(params: Mapping[str, Any], wanted: list[str]) -> dict[str, Exoscale]:
    """A client for each zone of ``wanted``, or for every zone if that is empty.

    Makes one call, which lists the endpoints of the zones. Raises ``ValidationError``, ``CloudError``.
    """
    calls = Calls()
    entrance = connect({**params, "zone": None, "api_endpoint": params["api_endpoint"] or DIRECTORY}, calls)
    known = endpoints(entrance.client)
    unknown = [zone for zone in wanted if zone not in known]
    if unknown:
        raise ValidationError(f"zones: {unknown[0]!r} does not exist; choose from {', '.join(sorted(known))}")
    return {
        zone: connect({**params, "zone": None, "api_endpoint": known[zone]}, calls) for zone in wanted or sorted(known)
    }


def read_instances(
    zones: dict[str, Exoscale],
    fits: Selector,
    status: Container[str],
    types: Container[str],
    width: int,
) -> list[Facts]:
    """The matching instances of all ``zones``, by zone and age; an empty filter matches all.

    Raises ``CloudError``. One call per zone lists the instances; what the list shows as an id
    (type, template, private network) is looked up once per id that is in use.
    """

    def in_zone(zone: str) -> list[Facts]:
        api = zones[zone]
        instances = [
            instance
            for instance in api.list("list-instances", "instances")
            if fits(instance.get("labels") or {}) and (not status or instance.get("state") in status)
        ]
        kinds = _types(api) if instances else {}
        instances = [i for i in instances if not types or kinds.get(i["instance-type"]["id"]) in types]
        names = _looked_up(api, "get-template", (i["template"]["id"] for i in instances), width)
        used = (n["id"] for i in instances for n in i.get("private-networks") or [])
        networks = _looked_up(api, "get-private-network", used, width)
        found = [facts_of(i, zone, kinds, names, networks) for i in instances]
        return sorted(found, key=lambda facts: (facts["created"] or "", facts["id"]))

    return [facts for part in _all(each(in_zone, zones, width)) for facts in part]


def facts_of(
    instance: dict[str, Any],
    zone: str,
    types: dict[str, str],
    templates: dict[str, dict[str, Any]],
    networks: dict[str, dict[str, Any]],
) -> Facts:
    """The variables of an instance, with the same names as those of a Hetzner server."""
    return {
        "provider": "exoscale",
        "id": instance["id"],
        "name": instance.get("name") or instance["id"],
        "status": instance.get("state"),
        "labels": instance.get("labels") or {},
        "location": zone,
        "type": types.get(instance["instance-type"]["id"]),
        "pool": (instance.get("manager") or {}).get("id"),
        "image": templates.get(instance["template"]["id"], {}).get("name"),
        "created": instance.get("created-at"),
        "ipv4": instance.get("public-ip"),
        "ipv6": instance.get("ipv6-address"),
        "private_networks": [
            {
                "id": network["id"],
                "name": networks.get(network["id"], {}).get("name"),
                "ip": _lease(networks.get(network["id"], {}), instance["id"]),
            }
            for network in instance.get("private-networks") or []
        ],
    }


def _lease(network: dict[str, Any], instance: str) -> str | None:
    """The address that a network with DHCP leased to ``instance``, else None."""
    return next((x.get("ip") for x in network.get("leases") or [] if x.get("instance-id") == instance), None)


def _types(api: Exoscale) -> dict[str, str]:
    found = api.list("list-instance-types", "instance-types")
    return {kind["id"]: f"{kind['family']}.{kind['size']}" for kind in found}


def _looked_up(api: Exoscale, operation: str, ids: Iterable[str], width: int) -> dict[str, dict[str, Any]]:
    """The resources by id; empty for a deleted one (an instance outlives its template)."""
    wanted = sorted(set(ids))
    found = _all(each(lambda one: api.find(operation, id=one) or {}, wanted, width))
    return dict(zip(wanted, found, strict=True))


def _all(outcomes: list[Any]) -> list[Any]:
    for outcome in outcomes:
        if outcome.error:
            raise outcome.error
    return [outcome.result for outcome in outcomes]
