# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Show instances: the return values and the diff."""

from __future__ import annotations

from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.catalog import Catalog
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.instances.plan import is_protected
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.instances.predict import NEW
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.instances.spec import Spec
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.instances.state import (
    OWN_LABELS,
    STATE_AFTER,
    Item,
    State,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.user_data import fingerprint


def values(specs: list[Spec], current: State, catalog: Catalog) -> dict[str, Any]:
    """What exoscale_instances returns."""
    items = [current.instances[spec.key] for spec in specs]
    return {"instances": [as_result(item, current, catalog) for item in items if item]}


def diff(specs: list[Spec], current: State, catalog: Catalog) -> dict[str, Any]:
    """The instances of all specs as the diff shows them, by key."""
    shown = {spec.key: _shown(spec, current.instances[spec.key], current, catalog) for spec in specs}
    return {key: value for key, value in shown.items() if value is not None}


def as_result(item: Item, current: State, catalog: Catalog) -> dict[str, Any]:
    """One instance as the module returns it. Groups and networks have names where the task refers to their
    kind, else ids."""
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
                "ip": current.leases.get((network["id"], item["id"])),
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


def _shown(spec: Spec, item: Item | None, current: State, catalog: Catalog) -> dict[str, Any] | None:
    """One instance as the diff shows it: its state and the attributes that the spec sets."""
    if item is None:
        return None
    shown: dict[str, Any] = {"state": STATE_AFTER.get(item["state"], item["state"])}
    if spec.name and spec.id:
        shown["name"] = item.get("name")
    if spec.type_id:
        shown["instance_type"] = catalog.name("instance_types", item["instance-type"]["id"])
    if spec.template_id:
        shown["template"] = spec.template_name
    if spec.disk_size is not None:
        shown["disk_size"] = item.get("disk-size")
    if spec.ssh_keys is not None:
        shown["ssh_keys"] = _keys(item)
    for kind in ("security_groups", "anti_affinity_groups", "elastic_ips"):
        if getattr(spec, kind) is not None:
            shown[kind] = _names(item, kind.replace("_", "-"), kind, catalog)
    if spec.private_networks is not None:
        shown["private_networks"] = {
            catalog.name("private_networks", network["id"]): (
                current.leases.get((network["id"], item["id"])) if network["id"] in spec.static_ips else "any address"
            )
            for network in item.get("private-networks") or []
        }
    if spec.user_data is not None:
        shown["user_data"] = fingerprint(item.get("user-data"))
    if spec.labels is not None or spec.fleet:
        shown["labels"] = _labels(item)
    if spec.public_ip_assignment:
        shown["public_ip_assignment"] = item.get("public-ip-assignment")
    if spec.delete_protection is not None:
        shown["delete_protection"] = is_protected(item)
    for option in ("secureboot", "tpm"):
        if getattr(spec, option) is not None:
            shown[option] = bool(item.get(f"{option}-enabled"))
    return shown


def _names(item: Item, field: str, kind: str, catalog: Catalog) -> list[str]:
    return sorted(catalog.name(kind, member["id"]) for member in item.get(field) or [])


def _keys(item: Item) -> list[str]:
    return sorted(key["name"] for key in item.get("ssh-keys") or [])


def _labels(item: Item) -> dict[str, str]:
    return {key: value for key, value in sorted((item.get("labels") or {}).items()) if key not in OWN_LABELS}
