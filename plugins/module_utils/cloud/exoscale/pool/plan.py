# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An instance pool as it shall be, as it is, and the way between; pure but for ``read``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.catalog import UUID, Catalog
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.client import Exoscale
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.deeds import Call, Deed
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.userdata import encode
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.ownership import (
    is_ours,
    refuse_foreign,
    with_ownership,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError

Item = dict[str, Any]
REFERENCES = ("security_groups", "anti_affinity_groups", "private_networks", "elastic_ips")
PLAIN = ("description", "instance_prefix", "min_available", "disk_size", "public_ip_assignment")
MOVING = ("creating", "destroying", "scaling-down", "scaling-up", "updating")
MEMBER_RESTS = ("running", "stopped", "error")


@dataclass(frozen=True)
class Wish:
    """The pool as it shall be. ``fields`` are the attributes that the task speaks of, by the
    API's names and as the API shows them (lists of references sorted); ``evict`` are names or
    ids of members."""

    name: str
    state: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    size: int | None = None
    evict: tuple[str, ...] = ()


@dataclass
class Seen:
    """The wished pool (None: there is none) and its members."""

    pool: Item | None
    members: list[Item] = field(default_factory=list)


def wish_of(params: Mapping[str, Any], catalog: Catalog) -> Wish:
    """The wish behind a module's parameters; raises ``ValidationError``."""
    if params["state"] == "absent":
        return Wish(params["name"], "absent")
    if params["size"] is not None and params["size"] < 0:
        raise ValidationError(f"size: {params['size']} must be 0 or more")
    if params["instance_prefix"] == "":
        raise ValidationError(
            "instance_prefix: it cannot be empty; leave it out, or give what members' names begin with"
        )
    fields: Item = {name.replace("_", "-"): params[name] for name in PLAIN if params[name] is not None}
    if params["instance_type"]:
        fields["instance-type"] = {"id": catalog.instance_type(params["instance_type"])["id"]}
    if params["template"]:
        fields["template"] = {"id": catalog.template(params["template"])["id"]}
    for kind in REFERENCES:
        if params[kind] is not None:
            find = catalog.elastic_ip if kind == "elastic_ips" else lambda wanted, k=kind: catalog.one(k, wanted)
            fields[kind.replace("_", "-")] = [{"id": key} for key in sorted({find(w)["id"] for w in params[kind]})]
    if params["ssh_keys"] is not None:
        names = sorted({catalog.one("ssh_keys", key)["name"] for key in params["ssh_keys"]})
        fields["ssh-keys"] = [{"name": name} for name in names]
    if params["user_data"] is not None:
        fields["user-data"] = encode(params["user_data"], params["name"])
    if params["labels"] is not None:
        fields["labels"] = with_ownership(params["labels"])
    return Wish(params["name"], "present", fields, params["size"], tuple(params["evict"] or ()))


def read(cloud: Exoscale, wish: Wish) -> Seen:
    """The pool and its members; raises ``ValidationError`` for a name that is ambiguous or foreign."""
    pool = pick(wish, cloud.list("list-instance-pools", "instance-pools"))
    if pool is None:
        return Seen(None)
    members = cloud.list("list-instances", "instances", manager_id=pool["id"], manager_type="instance-pool")
    return Seen(pool, sorted(members, key=lambda m: str(m.get("name"))))


def pick(wish: Wish, pools: list[Item]) -> Item | None:
    """The pool that ``wish`` means: one of ours of that name or id."""
    named = [pool for pool in pools if wish.name in (pool["id"], pool.get("name"))]
    ours = [pool for pool in named if is_ours(pool.get("labels"))]
    if len(ours) > 1:
        ids = ", ".join(sorted(pool["id"] for pool in ours))
        raise ValidationError(
            f"name: {wish.name!r} is ambiguous: {len(ours)} pools of ours bear it ({ids}); give the id of one"
        )
    if named and not ours:
        refuse_foreign("instance pool", wish.name, named[0].get("labels"))
    return ours[0] if ours else None


def check(wish: Wish, seen: Seen) -> None:
    """Raise ``ValidationError`` for a wish that cannot be had."""
    if wish.state == "absent":
        return
    if seen.pool is None:
        if UUID.fullmatch(wish.name):
            raise ValidationError(f"name: there is no instance pool with the id {wish.name}; give a name to make one")
        lacking = [
            option
            for option, given in (
                ("size", wish.size is not None),
                ("instance_type", "instance-type" in wish.fields),
                ("template", "template" in wish.fields),
                ("disk_size", "disk-size" in wish.fields),
            )
            if not given
        ]
        if lacking:
            raise ValidationError(
                f"name: pool {wish.name!r} does not exist, and to make it {', '.join(lacking)} must be given"
            )
    size = end_size(wish, seen)
    least = wish.fields.get("min-available", (seen.pool or {}).get("min-available") or 0)
    if least > size:
        raise ValidationError(f"min_available: {least} is more than the {size} members that {wish.name!r} would have")


def next_deed(wish: Wish, seen: Seen) -> Deed | None:
    """The next step toward ``wish``; None when nothing is left, or while the pool is at work."""
    pool = seen.pool
    if pool is None:
        return None if wish.state == "absent" else Deed("create", (_create(wish),))
    if pool.get("state") in MOVING:
        return None
    key = {"id": pool["id"]}
    if wish.state == "absent":
        return Deed("delete", (Call("delete-instance-pool", key),))
    changed, emptied = changes(wish, pool)
    if changed or emptied:
        calls = [Call("reset-instance-pool-field", {**key, "field": name}) for name in emptied]
        if changed:
            calls.append(Call("update-instance-pool", {**key, **_arguments(changed)}))
        return Deed("update", tuple(calls))
    leaving = leavers(wish, seen)
    if leaving:
        return Deed("evict", (Call("evict-instance-pool-members", {**key, "instances": [m["id"] for m in leaving]}),))
    if wish.size is not None and wish.size != pool.get("size"):
        return Deed("scale", (Call("scale-instance-pool", {**key, "size": wish.size}),))
    return None


def changes(wish: Wish, pool: Item) -> tuple[Item, list[str]]:
    """The fields to send, and those to empty, which the API does by a call of its own."""
    changed: Item = {}
    emptied = []
    for name, value in wish.fields.items():
        if value == normal(name, pool.get(name)):
            continue
        if value in ([], ""):
            emptied.append({"ssh-keys": "ssh-key"}.get(name, name))
        else:
            changed[name] = value
    return changed, emptied


def normal(name: str, value: Any) -> Any:
    """A field of the API in the form that wishes have."""
    if isinstance(value, list) or name in ("ssh-keys", *(kind.replace("_", "-") for kind in REFERENCES)):
        part = "name" if name == "ssh-keys" else "id"
        return sorted(({part: member[part]} for member in value or []), key=lambda member: member[part])
    if name in ("instance-type", "template"):
        return {"id": (value or {}).get("id")}
    if name in ("description", "user-data"):
        return value or ""
    return value


def leavers(wish: Wish, seen: Seen) -> list[Item]:
    """The members that the wish evicts and that are still there."""
    return [m for m in seen.members if m.get("name") in wish.evict or m["id"] in wish.evict]


def end_size(wish: Wish, seen: Seen) -> int:
    """How many members there will be."""
    if wish.size is not None:
        return wish.size
    return int((seen.pool or {}).get("size") or 0) - len(leavers(wish, seen))


def is_moving(seen: Seen) -> bool:
    """Whether the pool or one of its members is on its way to another state."""
    pool = seen.pool
    if pool is None:
        return False
    resting = [member for member in seen.members if member.get("state") in MEMBER_RESTS]
    return pool.get("state") in MOVING or len(resting) != len(seen.members) or len(seen.members) != pool.get("size")


def foreseen(wish: Wish, seen: Seen) -> Seen:
    """What the API would show once the wish is fulfilled; new members have no names yet."""
    if wish.state == "absent":
        return Seen(None)
    new: Item = {"id": "", "name": wish.name, "labels": with_ownership(None), "min-available": 0}
    pool = {**(seen.pool or new), **wish.fields, "state": "running", "size": end_size(wish, seen)}
    gone = {member["id"] for member in leavers(wish, seen)}
    return Seen(pool, [member for member in seen.members if member["id"] not in gone])


def _create(wish: Wish) -> Call:
    fields = {name: value for name, value in wish.fields.items() if value not in ([], "")}
    fields["labels"] = with_ownership(wish.fields.get("labels"))
    return Call("create-instance-pool", {"name": wish.name, "size": wish.size, **_arguments(fields)})


def _arguments(fields: Mapping[str, Any]) -> Item:
    return {name.replace("-", "_"): value for name, value in fields.items()}


def named(wish: Wish, item: Item, catalog: Catalog) -> Item:
    """The fields that the wish speaks of, as people see them (names for ids)."""
    shown: Item = {}
    for name in wish.fields:
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
