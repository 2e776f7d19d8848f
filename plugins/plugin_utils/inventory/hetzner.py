# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read Hetzner servers as variables of inventory hosts."""

from __future__ import annotations

import math
from collections.abc import Container
from ipaddress import IPv6Network
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.concurrently import each
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.client import PAGE, Hetzner
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import CloudError

Facts = dict[str, Any]


def read_servers(
    api: Hetzner, labels: str, status: list[str], locations: Container[str], types: Container[str]
) -> list[Facts]:
    """The project's matching servers, by id; an empty filter matches all. Raises ``CloudError``.

    The API filters by labels and status. ``api.connections`` pages are read concurrently, and only
    the facts of a server are stored: in the API it has several kilobytes, mostly prices.
    """
    query = {"label_selector": labels or None, "status": status or None}

    def facts(servers: list[dict[str, Any]]) -> list[Facts]:
        return [
            facts_of(server)
            for server in servers
            if (not locations or server["location"]["name"] in locations)
            and (not types or server["server_type"]["name"] in types)
        ]

    failures: list[CloudError] = []

    def page(number: int) -> list[Facts]:
        if failures:  # so that the other pages do not repeat the same failure for minutes
            raise failures[0]
        try:
            return facts(api.page("/servers", number, **query)[0])
        except CloudError as error:
            failures.append(error)
            raise

    first, total = api.page("/servers", **query)
    found = facts(first)
    for outcome in each(page, range(2, math.ceil(total / PAGE) + 1), api.connections):
        if outcome.error:
            raise outcome.error
        found += outcome.result or []
    hosts = {facts["id"]: facts for facts in found}
    _name_networks(api, hosts)
    return [hosts[number] for number in sorted(hosts)]


def facts_of(server: dict[str, Any]) -> Facts:
    """The variables of a server, without the names of its private networks."""
    public, image = server["public_net"], server["image"] or {}
    return {
        "provider": "hetzner",
        "id": server["id"],
        "name": server["name"],
        "status": server["status"],
        "labels": server["labels"],
        "location": server["location"]["name"],
        "type": server["server_type"]["name"],
        "architecture": server["server_type"]["architecture"],
        "image": image.get("name") or image.get("description"),
        "created": server["created"],
        "ipv4": public["ipv4"] and public["ipv4"]["ip"],
        "ipv6": public["ipv6"] and first_address(public["ipv6"]["ip"]),
        "private_networks": [{"id": n["network"], "name": None, "ip": n["ip"]} for n in server["private_net"]],
    }


def first_address(network: str) -> str:
    """The first address of an IPv6 network: the one that Hetzner's images configure."""
    prefix, _slash, length = network.partition("/")
    if prefix.endswith("::") and length == "64":  # always so today, and much faster than below
        return prefix + "1"
    return str(next(IPv6Network(network).hosts()))


def _name_networks(api: Hetzner, hosts: dict[int, Facts]) -> None:
    members = [network for facts in hosts.values() for network in facts["private_networks"]]
    if members:
        names = {network["id"]: network["name"] for network in api.list("/networks")}
        for member in members:
            member["name"] = names.get(member["id"])
