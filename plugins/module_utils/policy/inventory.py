# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Judge whether a run sees the whole fleet, so that a missing host means a deleted machine. Pure; the filters of the same names
have the documentation."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

PROVIDERS = {"hetzner": "Hetzner Cloud", "exoscale": "Exoscale"}
ALL_HOSTS = ("all", "*")
# Seconds by which the clock of the machine that read the clouds may be ahead.
AHEAD = 60


def run_problem(limit: str = "", run_tags: Iterable[str] = ("all",), skip_tags: Iterable[str] = ()) -> str:
    """Which command line option leaves out hosts or tasks that the playbooks rely on; empty if none does."""
    if limit and str(limit) not in ALL_HOSTS:
        return (
            f"--limit: {str(limit)!r} leaves out hosts that this playbook needs, and a missing host must not look like a "
            "deleted one; run it without --limit, and name tenants and nodes by extra variables"
        )
    for option, tags in (("--tags", set(run_tags) - {"all"}), ("--skip-tags", set(skip_tags))):
        if tags:
            return (
                f"{option}: {','.join(sorted(tags))!r} leaves out tasks that this playbook needs; run it without "
                f"{option} (tests without machines set -e vdc_without_nodes=true instead)"
            )
    return ""


def inventory_problem(
    sources: Mapping[str, Mapping[str, Any]], fleet: str, zones: Iterable[str], now: float, max_age: float
) -> str:
    """Why the inventory may not show the whole fleet; empty if it does.

    ``sources`` is the variable ``vdc_inventory_sources`` of the inventory plugins. ``zones`` are those at Exoscale that have
    machines of the fleet, ``now`` the time in seconds since the epoch, ``max_age`` how many seconds old the reading may be.
    """
    for provider, title in PROVIDERS.items():
        found = {path: one for path, one in sources.items() if one.get("provider") == provider}
        if not found:
            return (
                f"inventory: nothing shows that {title} was read; read it with the plugin sovereign.vdc.{provider} as "
                f"inventories/example does (a static inventory must be an export of such an inventory with all variables)"
            )
        for path, source in found.items():
            problem = _problem(path, source, fleet, now, max_age)
            if problem:
                return f"inventory: {path} {problem}"
        unread = _unread(found.values(), zones) if provider == "exoscale" else ""
        if unread:
            return (
                f"inventory: the fleet has machines in the Exoscale zone {unread}, which {', '.join(found)} does not read; "
                f"add it to zones there"
            )
    return ""


def _problem(path: str, source: Mapping[str, Any], fleet: str, now: float, max_age: float) -> str:
    if not source.get("complete"):
        # The provider's text must not become a template.
        error = str(source.get("error") or "it was not finished").replace("{", "(").replace("}", ")")
        return f"could not be read ({error}); run the playbook again when the provider answers"
    if source["fleet"] != fleet:
        return (
            f"reads {'the fleet ' + repr(source['fleet']) if source['fleet'] else 'all fleets'}, and vdc_fleet is {fleet!r}; "
            f"set fleet: {fleet} there"
        )
    if source["filters"]:
        return f"leaves servers out by {' and '.join(source['filters'])}; remove that option there"
    age = now - float(source["read_at"])
    if age > max_age:
        return (
            f"was read {age / 60:.0f} minutes ago, and vdc_inventory_max_age_seconds is {max_age:g}; use the inventory "
            f"plugins without a cache, or refresh the exported inventory before each job"
        )
    if age < -AHEAD:
        return f"was read {-age / 60:.0f} minutes in the future; correct the clocks and read it again"
    return ""


def _unread(sources: Iterable[Mapping[str, Any]], zones: Iterable[str]) -> str:
    """The first of ``zones`` that no source reads; a source without zones reads all."""
    read: set[str] = set()
    for source in sources:
        if not source["zones"]:
            return ""
        read |= set(source["zones"])
    return next((zone for zone in zones if zone not in read), "")


def missing_nodes(
    nodes: Iterable[Mapping[str, Any]], hosts: Collection[str], locations: Mapping[str, str], storage_zone: str
) -> list[dict[str, str]]:
    """The nodes that the ledger uses and the inventory lacks, with provider and zone, so that the cloud can be asked for them.

    ``nodes`` are those of M(sovereign.vdc.placement_info), ``locations`` the catalog's providers by location.
    """
    missing = []
    for node in nodes:
        if node["name"] in hosts:
            continue
        zone = storage_zone if node["role"] == "storage" else node["location"]
        provider = "exoscale" if node["role"] == "storage" else locations.get(zone, "hetzner")
        missing.append({"name": node["name"], "provider": provider, "zone": zone if provider == "exoscale" else ""})
    return missing


def placement_zones(nodes: Iterable[Mapping[str, Any]], locations: Mapping[str, str]) -> list[str]:
    """The zones at Exoscale, other than the storage nodes', that the ledger places tenants in."""
    found = {node["location"] for node in nodes if locations.get(node["location"]) == "exoscale"}
    return sorted(found)


def foreign_nodes(nodes: Iterable[Mapping[str, Any]], fleet: str) -> list[str]:
    """The nodes in the ledger that belong to another fleet: their names do not begin with this fleet's."""
    kinds = ("compute", "storage", "tenant")
    prefixes = tuple(f"{fleet}-{kind}-" for kind in kinds)
    return sorted({node["name"] for node in nodes if not node["name"].startswith(prefixes)})
