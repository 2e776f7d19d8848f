# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a task wishes of each block volume, and what the cloud shows of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.concurrently import each
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.client import Exoscale
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.lookup import must_find
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.ownership import (
    is_ours,
    refuse_foreign,
    with_ownership,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError

Item = dict[str, Any]
COMMON = ("state", "size", "instance", "snapshot", "labels")
ABSENT = ("deleted",)
MOVING = ("creating", "attaching", "detaching", "deleting", "snapshotting")
FLEET = "fleet"  # the label that makes volumes a fleet
NOWHERE = ""  # the instance of a volume that shall be detached
LISTS = (
    ("volumes", "list-block-storage-volumes", "block-storage-volumes"),
    ("instances", "list-instances", "instances"),
    ("snapshots", "list-block-storage-snapshots", "block-storage-snapshots"),
)


@dataclass(frozen=True)
class Wish:
    """One volume as it shall be; None: not spoken of, so left as it is.

    ``size`` is in GiB. ``instance`` is an instance's id, or ``NOWHERE``. ``snapshot`` is the id
    of what a new volume is made from. ``fleet`` becomes a label, beside ``labels`` or those that are there.
    """

    key: str
    state: str
    name: str | None = None
    id: str | None = None
    size: int | None = None
    instance: str | None = None
    snapshot: str | None = None
    labels: dict[str, str] | None = None
    fleet: str | None = None


@dataclass
class Seen:
    """All volumes and instances of the zone, the snapshots when they are spoken of, and the
    wished volumes by the wish's key (None: there is none)."""

    volumes: list[Item]
    instances: list[Item]
    snapshots: list[Item]
    wished: dict[str, Item | None] = field(default_factory=dict)

    def instance_name(self, key: str | None) -> str | None:
        """The name of the instance with the id ``key``; None for none."""
        if not key:
            return None
        return next((str(i.get("name")) for i in self.instances if i["id"] == key), key)

    def runs(self, key: str) -> bool:
        """Whether the instance with the id ``key`` is not at rest."""
        return any(i["id"] == key and i.get("state") != "stopped" for i in self.instances)


def items_of(params: Mapping[str, Any]) -> list[Item]:
    """The items of ``volumes`` with the common options filled in, and labels merged (the item's
    win); raises ``ValidationError`` for what cannot be meant."""
    fleet = params["fleet"]
    if params["exact"] and not fleet:
        raise ValidationError(
            "exact: true deletes members of a fleet that are not listed, so it needs the option fleet"
        )
    if not params["volumes"] and not params["exact"]:
        raise ValidationError("volumes: list at least one, or give fleet and exact: true to delete a whole fleet")
    items: list[Item] = []
    for given in params["volumes"]:
        item = {"name": given.get("name"), "id": given.get("id"), "fleet": fleet}
        for option in COMMON:
            item[option] = params.get(option) if given.get(option) is None else given[option]
        if params.get("labels") and given.get("labels"):
            item["labels"] = {**params["labels"], **given["labels"]}
        item["key"] = item["name"] or item["id"]
        if not item["key"]:
            raise ValidationError("volumes: each item needs a name, or the id of a volume that exists")
        if any(item["key"] == other["key"] for other in items):
            raise ValidationError(f"volumes: {item['key']!r} is listed twice; list each volume once")
        claimed = (item["labels"] or {}).get(FLEET)
        if fleet and claimed not in (None, fleet):
            raise ValidationError(
                f"labels: {item['key']!r} has the fleet {claimed!r}, but the option fleet is {fleet!r}; leave one out"
            )
        if item["size"] is not None and item["size"] < 1:
            raise ValidationError(f"size: {item['size']} of {item['key']!r} must be at least 1 (GiB)")
        items.append(item)
    return items


def read(cloud: Exoscale, wishes: list[Wish], with_snapshots: bool) -> Seen:
    """All lists at once; they hold all there is to know about volumes."""
    lists: dict[str, list[Item]] = {kind: [] for kind, _operation, _key in LISTS}
    wanted = [task for task in LISTS if task[0] != "snapshots" or with_snapshots]
    for outcome in each(lambda task: cloud.list(task[1], task[2]), wanted):
        if outcome.error:
            raise outcome.error
        lists[outcome.item[0]] = outcome.result or []
    volumes = [volume for volume in lists["volumes"] if volume.get("state") not in ABSENT]
    seen = Seen(volumes, lists["instances"], lists["snapshots"])
    seen.wished = {wish.key: pick(wish, volumes) for wish in wishes}
    return seen


def pick(wish: Wish, volumes: list[Item]) -> Item | None:
    """The volume that ``wish`` means. A name may be borne by several: one of ours is taken, two
    of ours are ambiguous, a foreign one alone is refused."""
    if wish.id:
        item = next((volume for volume in volumes if volume["id"] == wish.id), None)
        if item:
            refuse_foreign("volume", item.get("name") or wish.id, item.get("labels"))
        elif wish.state != "absent":
            raise ValidationError(
                f"volumes: there is no volume with the id {wish.id!r} in this zone; leave id out to make one"
            )
        return item
    named = [volume for volume in volumes if volume.get("name") == wish.name]
    ours = [volume for volume in named if is_ours(volume.get("labels"))]
    if len(ours) > 1:
        ids = ", ".join(sorted(volume["id"] for volume in ours))
        raise ValidationError(
            f"volumes: {wish.name!r} is ambiguous: {len(ours)} of ours bear that name ({ids}); give the id of one"
        )
    if named and not ours:
        refuse_foreign("volume", str(wish.name), named[0].get("labels"))
    return ours[0] if ours else None


def named_wish(item: Item) -> Wish:
    """The wish as far as it can be told before anything is read."""
    labels = with_ownership(item["labels"]) if item["labels"] is not None else None
    return Wish(
        item["key"], item["state"], item["name"], item["id"], size=item["size"], labels=labels, fleet=item["fleet"]
    )


def unlisted(fleet: str, seen: Seen) -> list[Wish]:
    """Wishes that the members of ``fleet`` which no wish is about be gone."""
    meant = {item["id"] for item in seen.wished.values() if item}
    leaving = [
        volume
        for volume in seen.volumes
        if volume["id"] not in meant
        and is_ours(volume.get("labels"))
        and (volume.get("labels") or {}).get(FLEET) == fleet
    ]
    names = Counter([*seen.wished, *(str(volume.get("name")) for volume in leaving)])
    return [
        Wish(
            str(volume.get("name")) if names[str(volume.get("name"))] == 1 else volume["id"], "absent", id=volume["id"]
        )
        for volume in leaving
    ]


def resolved(wish: Wish, item: Item, seen: Seen, zone: str) -> Wish:
    """``wish`` with the instance and snapshot that ``item`` names; raises ``ValidationError``."""
    if wish.state == "absent":
        return wish
    instance = item["instance"]
    if instance:
        instance = must_find("instance", instance, seen.instances, zone, "instance")["id"]
    snapshot = item["snapshot"]
    if snapshot:
        snapshot = must_find("block snapshot", snapshot, seen.snapshots, zone, "snapshot")["id"]
    return replace(wish, instance=instance, snapshot=snapshot)
