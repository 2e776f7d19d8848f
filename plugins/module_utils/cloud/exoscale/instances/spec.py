# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Validate the options of exoscale_instances: the desired state of each instance, with references resolved."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.catalog import Catalog, type_name
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.user_data import encode
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.ownership import with_ownership
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError

# Options of the module that each item of `instances` may have of its own.
COMMON = (
    "state",
    "instance_type",
    "template",
    "disk_size",
    "ssh_keys",
    "security_groups",
    "anti_affinity_groups",
    "private_networks",
    "elastic_ips",
    "user_data",
    "labels",
    "public_ip_assignment",
    "delete_protection",
    "secureboot",
    "tpm",
    "allow_restart",
    "shutdown_timeout",
)
FLEET = "fleet"  # the label that makes instances a fleet
LISTS = ("security_groups", "anti_affinity_groups", "private_networks", "elastic_ips", "ssh_keys")


@dataclass(frozen=True)
class Spec:
    """The desired state of one instance; None does not change an attribute.

    Groups, networks and addresses are names by id. ``static_ips`` are addresses by network
    id, for those networks where the task gives one. ``user_data`` is base64. ``allow_restart`` is
    the confirmation of a stop in between, ``shutdown_timeout`` the longest a graceful stop may take (seconds).
    """

    key: str
    state: str
    name: str | None = None
    id: str | None = None
    type_id: str | None = None
    type_name: str | None = None
    template_id: str | None = None
    template_name: str | None = None
    disk_size: int | None = None
    ssh_keys: tuple[str, ...] | None = None
    security_groups: dict[str, str] | None = None
    anti_affinity_groups: dict[str, str] | None = None
    private_networks: dict[str, str] | None = None
    static_ips: dict[str, str] = field(default_factory=dict)
    elastic_ips: dict[str, str] | None = None
    user_data: str | None = None
    labels: dict[str, str] | None = None
    public_ip_assignment: str | None = None
    delete_protection: bool | None = None
    secureboot: bool | None = None
    tpm: bool | None = None
    fleet: str | None = None
    allow_restart: bool = False
    shutdown_timeout: float = 180.0


def read_items(params: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The items of ``instances`` with the common options filled in, and labels merged (the
    item's take precedence); raises ``ValidationError`` for options that are wrong or contradict each other."""
    if params["exact"] and not params["fleet"]:
        raise ValidationError(
            "exact: true deletes members of a fleet that are not listed, so it needs the option fleet"
        )
    if not params["instances"] and not params["exact"]:
        raise ValidationError("instances: list at least one, or give fleet and exact: true to delete a whole fleet")
    if params["concurrency"] < 1:
        raise ValidationError(f"concurrency: {params['concurrency']} must be at least 1")
    items: list[dict[str, Any]] = []
    for given in params["instances"]:
        item = {"name": given.get("name"), "id": given.get("id"), "fleet": params["fleet"]}
        for option in COMMON:
            own = given.get(option)
            item[option] = params.get(option) if own is None else own
        if params.get("labels") and given.get("labels"):
            item["labels"] = {**params["labels"], **given["labels"]}
        _check_item(item)
        for attribute in ("name", "id"):
            if item[attribute] and any(item[attribute] == other[attribute] for other in items):
                raise ValidationError(f"instances: {item[attribute]!r} is listed twice; list each instance once")
        items.append(item)
    return items


def _check_item(item: Mapping[str, Any]) -> None:
    key = item["name"] or item["id"]
    if not key:
        raise ValidationError("instances: each item needs a name, or the id of an instance that exists")
    if item["shutdown_timeout"] <= 0:
        raise ValidationError(f"shutdown_timeout: {item['shutdown_timeout']:g} of {key!r} must be more than 0 seconds")
    claimed = (item["labels"] or {}).get(FLEET)
    if item["fleet"] and claimed not in (None, item["fleet"]):
        raise ValidationError(
            f"labels: {key!r} has the fleet {claimed!r}, but the option fleet is {item['fleet']!r}; remove one"
        )


def reference_kinds(items: list[dict[str, Any]]) -> list[str]:
    """The kinds of resources that these items refer to, as ``read_catalog`` names them."""
    present = [item for item in items if item["state"] != "absent"]
    kinds = [kind for kind in LISTS if any(item[kind] is not None for item in present)]
    return (["instance_types"] if present else []) + kinds


def read_spec(item: Mapping[str, Any], catalog: Catalog) -> Spec:
    """The spec of one item; raises ``ValidationError`` for references that do not exist and values that are wrong."""
    key = item["name"] or item["id"]
    if item["state"] == "absent":
        return absent(key, item["name"], item["id"], item["delete_protection"], item["fleet"])
    kind = catalog.instance_type(item["instance_type"]) if item["instance_type"] else None
    template = catalog.template(item["template"]) if item["template"] else None
    if item["disk_size"] is not None and item["disk_size"] < 10:
        raise ValidationError(
            f"disk_size: {item['disk_size']} of {key!r} is too small; Exoscale's disks have 10 GiB at least"
        )
    networks, static_ips = _networks(item, catalog)
    return Spec(
        key=key,
        state=item["state"],
        name=item["name"],
        id=item["id"],
        type_id=kind["id"] if kind else None,
        type_name=type_name(kind) if kind else None,
        template_id=template["id"] if template else None,
        template_name=template.get("name") if template else None,
        disk_size=item["disk_size"],
        ssh_keys=_keys(item["ssh_keys"], catalog),
        security_groups=_by_id("security_groups", item, catalog),
        anti_affinity_groups=_by_id("anti_affinity_groups", item, catalog),
        private_networks=networks,
        static_ips=static_ips,
        elastic_ips=_addresses(item["elastic_ips"], catalog),
        user_data=encode(item["user_data"], key) if item["user_data"] else None,
        labels=with_ownership(item["labels"]) if item["labels"] is not None else None,
        public_ip_assignment=item["public_ip_assignment"],
        delete_protection=item["delete_protection"],
        secureboot=item["secureboot"],
        tpm=item["tpm"],
        fleet=item["fleet"],
        allow_restart=item["allow_restart"],
        shutdown_timeout=item["shutdown_timeout"],
    )


def absent(
    key: str, name: str | None, id: str | None, delete_protection: bool | None, fleet: str | None = None
) -> Spec:
    """The spec that deletes an instance, of ``fleet`` alone if one is given."""
    return Spec(key, "absent", name, id, delete_protection=delete_protection, fleet=fleet)


def _by_id(kind: str, item: Mapping[str, Any], catalog: Catalog) -> dict[str, str] | None:
    if item[kind] is None:
        return None
    found = [catalog.one(kind, wanted) for wanted in item[kind]]
    return {f["id"]: f["name"] for f in found}


def _keys(names: list[str] | None, catalog: Catalog) -> tuple[str, ...] | None:
    if names is None:
        return None
    return tuple(sorted({catalog.one("ssh_keys", name)["name"] for name in names}))


def _addresses(wanted: list[str] | None, catalog: Catalog) -> dict[str, str] | None:
    if wanted is None:
        return None
    return {e["id"]: e["ip"] for e in map(catalog.elastic_ip, wanted)}


def _networks(item: Mapping[str, Any], catalog: Catalog) -> tuple[dict[str, str] | None, dict[str, str]]:
    if item["private_networks"] is None:
        return None, {}
    names: dict[str, str] = {}
    addresses: dict[str, str] = {}
    for wanted in item["private_networks"]:
        name, ip = _network(wanted)
        network = catalog.one("private_networks", name)
        names[network["id"]] = network["name"]
        if ip:
            if not network.get("start-ip"):
                raise ValidationError(
                    f"private_networks: {network['name']!r} has no address range, so {ip} cannot be leased "
                    f"there: give the network start_ip, end_ip and netmask, or omit ip"
                )
            addresses[network["id"]] = ip
    return names, addresses


def _network(wanted: Any) -> tuple[str, str | None]:
    """Name and address of an entry of ``private_networks``: a name, or a dictionary."""
    if isinstance(wanted, str) and wanted:
        return wanted, None
    if not isinstance(wanted, dict) or not wanted.get("name") or set(wanted) - {"name", "ip"}:
        raise ValidationError(f"private_networks: {wanted!r} must be a name or an id, or a dictionary of name and ip")
    ip = wanted.get("ip")
    try:
        return str(wanted["name"]), str(ipaddress.IPv4Address(ip)) if ip else None
    except ValueError:
        raise ValidationError(f"private_networks: ip {ip!r} must be an IPv4 address, such as 10.0.0.10") from None
