# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The resources that instances and pools refer to: types, templates, groups, networks, addresses, keys.

The lists are read once per run, concurrently, and only those of the kinds that the task refers to.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.concurrently import each
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.client import Exoscale
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.lookup import must_find
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError

Item = dict[str, Any]
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

# kind: list operation, key of its answer, word for messages
KINDS = {
    "instance_types": ("list-instance-types", "instance-types", "instance type"),
    "templates": ("list-templates", "templates", "template"),
    "security_groups": ("list-security-groups", "security-groups", "security group"),
    "anti_affinity_groups": ("list-anti-affinity-groups", "anti-affinity-groups", "anti-affinity group"),
    "private_networks": ("list-private-networks", "private-networks", "private network"),
    "elastic_ips": ("list-elastic-ips", "elastic-ips", "elastic IP"),
    "ssh_keys": ("list-ssh-keys", "ssh-keys", "SSH key"),
}


@dataclass
class Catalog:
    """The lists by kind. Lookups raise ``ValidationError`` with the option's name."""

    zone: str
    items: dict[str, list[Item]] = field(default_factory=dict)

    def one(self, kind: str, wanted: str, option: str | None = None) -> Item:
        """The resource of ``kind`` with this name or id."""
        return must_find(KINDS[kind][2], wanted, self.items[kind], self.zone, option or kind)

    def instance_type(self, wanted: str) -> Item:
        """By id, ``family.size``, or a size of the standard family."""
        types = [{**t, "name": type_name(t)} for t in self.items["instance_types"] if self._here(t)]
        name = wanted if "." in wanted or UUID.fullmatch(wanted) else f"standard.{wanted}"
        found = must_find("instance type", name, types, self.zone, "instance_type")
        if found.get("authorized") is False:
            raise ValidationError(
                f"instance_type: {name!r} is not open to this account: ask Exoscale, or choose another type"
            )
        return found

    def template(self, wanted: str) -> Item:
        """By id, or the newest with that name (a name is used again for each new build)."""
        templates = [t for t in self.items["templates"] if self._here(t)]
        named = [t for t in templates if t.get("name") == wanted]
        if named:
            return max(named, key=lambda t: str(t.get("created-at", "")))
        return must_find("template", wanted, templates, self.zone, "template")

    def elastic_ip(self, wanted: str) -> Item:
        """By address, id or name: the label that exoscale_elastic_ip gives, without it the description."""
        items = [
            {**i, "name": (i.get("labels") or {}).get("name") or i.get("description")}
            for i in self.items["elastic_ips"]
        ]
        for item in items:
            if item.get("ip") == wanted:
                return item
        return must_find("elastic IP", wanted, items, self.zone, "elastic_ips")

    def name(self, kind: str, key: str) -> str:
        """The name of the resource with the id ``key``; the id itself when it is not known."""
        for item in self.items.get(kind, []):
            if item.get("id") == key:
                return str(type_name(item) if kind == "instance_types" else item.get("ip") or item.get("name") or key)
        return key

    def _here(self, item: Item) -> bool:
        zones = item.get("zones")
        return not zones or self.zone in zones or self.zone.startswith("http")


def type_name(item: Item) -> str:
    """``standard.medium``."""
    return f"{item.get('family')}.{item.get('size')}"


def read_catalog(cloud: Exoscale, kinds: Iterable[str], templates: Iterable[str] = ()) -> Catalog:
    """Read the lists of ``kinds``; ``templates`` are names or ids: templates are read
    one by one for ids, and as the public and the private list for names."""
    wanted = [(kind, {}) for kind in kinds if kind != "templates"]
    wanted_templates = set(templates)
    if any(not UUID.fullmatch(t) for t in wanted_templates):
        wanted += [("templates", {"visibility": v}) for v in ("public", "private")]
    wanted += [("template", {"id": t}) for t in sorted(wanted_templates) if UUID.fullmatch(t)]

    def read(task: tuple[str, Item]) -> list[Item]:
        kind, arguments = task
        if kind == "template":
            found = cloud.find("get-template", **arguments)
            return [found] if found else []
        operation, key, _word = KINDS[kind]
        return cloud.list(operation, key, **arguments)

    catalog = Catalog(cloud.zone, {kind: [] for kind in ("templates", *kinds)})
    for outcome in each(read, wanted):
        if outcome.error:
            raise outcome.error
        kind = "templates" if outcome.item[0] == "template" else outcome.item[0]
        catalog.items[kind] += outcome.result or []
    return catalog
