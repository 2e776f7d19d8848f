# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a task wishes of each instance, with every name resolved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.errors import Refused
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.catalog import Catalog, type_name
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.userdata import encode
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.ownership import with_ownership

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
)
LISTS = ("security_groups", "anti_affinity_groups", "private_networks", "elastic_ips", "ssh_keys")


@dataclass(frozen=True)
class Wish:
    """One instance as it shall be; None: not spoken of, so left as it is.

    Groups, networks and addresses are names by id. ``static_ips`` are addresses by network
    id, for those networks where one is asked for. ``user_data`` is base64.
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


def items_of(params: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The items of ``instances`` with the common options filled in, and labels merged (the
    item's win); raises ``Refused`` for items without a name and for doubles."""
    items = []
    seen: set[str] = set()
    for given in params["instances"]:
        item = {"name": given.get("name"), "id": given.get("id")}
        for option in COMMON:
            own = given.get(option)
            item[option] = params.get(option) if own is None else own
        if params.get("labels") and given.get("labels"):
            item["labels"] = {**params["labels"], **given["labels"]}
        key = item["name"] or item["id"]
        if not key:
            raise Refused("instances: each item needs a name, or the id of an instance that exists")
        if key in seen:
            raise Refused(f"instances: {key!r} is listed twice; list each instance once")
        seen.add(key)
        items.append(item)
    return items


def kinds_of(items: list[dict[str, Any]]) -> list[str]:
    """The kinds of catalogue that these items speak of. An empty list needs none, except
    networks and groups, whose present members are shown by name in the diff."""
    living = [item for item in items if item["state"] != "absent"]
    kinds = [kind for kind in LISTS if any(item[kind] is not None for item in living)]
    return (["instance_types"] if living else []) + kinds


def wish_of(item: Mapping[str, Any], catalog: Catalog) -> Wish:
    """The wish behind one item; raises ``Refused`` for what does not exist or cannot be."""
    key = item["name"] or item["id"]
    if item["state"] == "absent":
        return Wish(key, "absent", item["name"], item["id"], delete_protection=item["delete_protection"])
    kind = catalog.instance_type(item["instance_type"]) if item["instance_type"] else None
    template = catalog.template(item["template"]) if item["template"] else None
    if item["disk_size"] is not None and item["disk_size"] < 10:
        raise Refused(f"disk_size: {item['disk_size']} of {key!r} is too small; Exoscale's disks have 10 GiB at least")
    networks, static_ips = _networks(item, catalog)
    return Wish(
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
    )


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
        network = catalog.one("private_networks", wanted["name"])
        names[network["id"]] = network["name"]
        if wanted.get("ip"):
            if not network.get("start-ip"):
                raise Refused(
                    f"private_networks: {network['name']!r} has no address range, so {wanted['ip']} cannot be "
                    f"leased there: give the network start_ip, end_ip and netmask, or leave ip out"
                )
            addresses[network["id"]] = wanted["ip"]
    return names, addresses
