# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Instances as people see them: the module's result, the diff, and what check mode foresees."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.catalog import Catalog
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.instances.plan import (
    is_protected,
    wished_labels,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.instances.seen import (
    KEPT_LABELS,
    Item,
    Seen,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.instances.wish import Wish
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.userdata import fingerprint
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.ownership import with_ownership

RESTING = {"starting": "running", "migrating": "running", "stopping": "stopped"}
NEW = "new "  # begins the stand-in for the id of an instance that check mode foresees


def result(item: Item, seen: Seen, catalog: Catalog) -> dict[str, Any]:
    """One instance as the module returns it. Groups and networks are named where the task
    speaks of their kind, else they are ids."""
    return {
        "name": item.get("name"),
        "id": None if item["id"].startswith(NEW) else item["id"],
        "state": item.get("state"),
        "instance_type": catalog.name("instance_types", item["instance-type"]["id"]),
        "template": item["template"].get("name") or catalog.name("templates", item["template"]["id"]),
        "template_id": item["template"]["id"],
        "disk_size": item.get("disk-size"),
        "public_ip": item.get("public-ip"),
        "ipv6_address": item.get("ipv6-address"),
        "public_ip_assignment": item.get("public-ip-assignment"),
        "mac_address": item.get("mac-address"),
        "private_networks": [
            {
                "id": network["id"],
                "name": catalog.name("private_networks", network["id"]),
                "mac_address": network.get("mac-address"),
                "ip": seen.leases.get((network["id"], item["id"])),
            }
            for network in item.get("private-networks") or []
        ],
        "security_groups": _names(item, "security-groups", "security_groups", catalog),
        "anti_affinity_groups": _names(item, "anti-affinity-groups", "anti_affinity_groups", catalog),
        "elastic_ips": _names(item, "elastic-ips", "elastic_ips", catalog),
        "ssh_keys": _keys(item),
        "labels": _labels(item),
        "delete_protection": is_protected(item),
        "secureboot": bool(item.get("secureboot-enabled")),
        "tpm": bool(item.get("tpm-enabled")),
        "zone": catalog.zone,
        "created_at": item.get("created-at"),
    }


def diffed(wish: Wish, item: Item | None, seen: Seen, catalog: Catalog) -> dict[str, Any] | None:
    """One instance as the diff shows it: its state and what the wish speaks of."""
    if item is None:
        return None
    shown: dict[str, Any] = {"state": RESTING.get(item["state"], item["state"])}
    if wish.name and wish.id:
        shown["name"] = item.get("name")
    if wish.type_id:
        shown["instance_type"] = catalog.name("instance_types", item["instance-type"]["id"])
    if wish.template_id:
        shown["template"] = wish.template_name
    if wish.disk_size is not None:
        shown["disk_size"] = item.get("disk-size")
    if wish.ssh_keys is not None:
        shown["ssh_keys"] = _keys(item)
    for kind in ("security_groups", "anti_affinity_groups", "elastic_ips"):
        if getattr(wish, kind) is not None:
            shown[kind] = _names(item, kind.replace("_", "-"), kind, catalog)
    if wish.private_networks is not None:
        shown["private_networks"] = {
            catalog.name("private_networks", network["id"]): (
                seen.leases.get((network["id"], item["id"])) if network["id"] in wish.static_ips else "any address"
            )
            for network in item.get("private-networks") or []
        }
    if wish.user_data is not None:
        shown["user_data"] = fingerprint(item.get("user-data"))
    if wish.labels is not None or wish.fleet:
        shown["labels"] = _labels(item)
    if wish.public_ip_assignment:
        shown["public_ip_assignment"] = item.get("public-ip-assignment")
    if wish.delete_protection is not None:
        shown["delete_protection"] = is_protected(item)
    for option in ("secureboot", "tpm"):
        if getattr(wish, option) is not None:
            shown[option] = bool(item.get(f"{option}-enabled"))
    return shown


def foreseen(wishes: Iterable[Wish], seen: Seen) -> Seen:
    """What the API would show once every wish is fulfilled."""
    end = Seen({}, dict(seen.leases))
    for wish in wishes:
        item = end.instances[wish.key] = _foreseen(wish, seen.instances[wish.key])
        if item:
            end.leases |= {(network, item["id"]): ip for network, ip in wish.static_ips.items()}
    return end


def _foreseen(wish: Wish, item: Item | None) -> Item | None:
    if wish.state == "absent":
        return None
    end: Item = (
        dict(item) if item else {"id": NEW + wish.key, "name": wish.name, "labels": {}, "public-ip-assignment": "inet4"}
    )
    end["state"] = "running" if wish.state == "started" else "stopped"
    plain = {
        "name": wish.name,
        "instance-type": wish.type_id and {"id": wish.type_id},
        "disk-size": wish.disk_size,
        "user-data": wish.user_data,
        "public-ip-assignment": wish.public_ip_assignment,
        "tpm-enabled": wish.tpm,
    }
    if not item:
        plain |= {
            "template": {"id": wish.template_id, "name": wish.template_name},
            "ssh-keys": [{"name": name} for name in wish.ssh_keys or ()],
            "anti-affinity-groups": [{"id": key} for key in wish.anti_affinity_groups or ()],
            "secureboot-enabled": wish.secureboot,
        }
    end |= {key: value for key, value in plain.items() if value is not None}
    for kind in ("security_groups", "private_networks", "elastic_ips"):
        if getattr(wish, kind) is not None:
            end[kind.replace("_", "-")] = [{"id": key} for key in getattr(wish, kind)]
    if item is None and wish.labels is None:
        wish = replace(wish, labels=with_ownership(None))
    return {**end, "labels": wished_labels(wish, end)}


def _names(item: Item, field: str, kind: str, catalog: Catalog) -> list[str]:
    return sorted(catalog.name(kind, member["id"]) for member in item.get(field) or [])


def _keys(item: Item) -> list[str]:
    return sorted(key["name"] for key in item.get("ssh-keys") or [])


def _labels(item: Item) -> dict[str, str]:
    return {key: value for key, value in sorted((item.get("labels") or {}).items()) if key not in KEPT_LABELS}
