# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Show an instance pool: the return value and the diff."""

from __future__ import annotations

from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.catalog import Catalog
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.instance_pool.plan import evicted, normal
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.instance_pool.spec import (
    REFERENCES,
    Item,
    Spec,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.instance_pool.state import State
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.user_data import fingerprint


def diff(spec: Spec, first: State, now: State, catalog: Catalog) -> dict[str, Any]:
    """The pool by name with the attributes that the spec sets, and the members to evict that still exist."""
    if now.pool is None:
        return {}
    shown = {"size": now.pool.get("size"), **_named(spec, now.pool, catalog)}
    if "user_data" in shown:
        shown["user_data"] = fingerprint(shown["user_data"])
    evicted_ids = {member["id"] for member in evicted(spec, first)}
    if evicted_ids:
        shown["evicted_members"] = [member.get("name") for member in now.members if member["id"] in evicted_ids]
    return {spec.name: shown}


def values(current: State, catalog: Catalog) -> dict[str, Any]:
    """What exoscale_instance_pool returns."""
    pool = current.pool
    if pool is None:
        return {"instance_pool": None}
    return {
        "instance_pool": {
            "name": pool.get("name"),
            "id": pool.get("id") or None,
            "state": pool.get("state"),
            "size": pool.get("size"),
            "min_available": pool.get("min-available"),
            "description": pool.get("description") or "",
            "instance_prefix": pool.get("instance-prefix"),
            "instance_type": catalog.name("instance_types", (pool.get("instance-type") or {}).get("id", "")),
            "template_id": (pool.get("template") or {}).get("id"),
            "disk_size": pool.get("disk-size"),
            "labels": dict(sorted((pool.get("labels") or {}).items())),
            "members": [
                {
                    "name": member.get("name"),
                    "id": member["id"],
                    "state": member.get("state"),
                    "public_ip": member.get("public-ip"),
                    "ipv6_address": member.get("ipv6-address"),
                }
                for member in current.members
            ],
            "zone": catalog.zone,
        }
    }


def _named(spec: Spec, item: Item, catalog: Catalog) -> Item:
    """The fields that the spec sets, with names in place of ids."""
    shown: Item = {}
    for name in spec.fields:
        kind, value = name.replace("-", "_"), normal(name, item.get(name))
        if kind in REFERENCES:
            value = sorted(catalog.name(kind, member["id"]) for member in value)
        elif name == "ssh-keys":
            value = [member["name"] for member in value]
        elif name == "instance-type":
            value = catalog.name("instance_types", value["id"])
        elif name == "template":
            value = catalog.name("templates", value["id"])
        shown[kind] = value
    return shown
