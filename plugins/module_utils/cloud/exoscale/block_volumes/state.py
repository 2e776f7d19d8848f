# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read block volumes, and the instances and snapshots that they refer to."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.concurrently import each
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.block_volumes.spec import (
    DETACHED,
    FLEET,
    Item,
    Spec,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.client import Exoscale
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.lookup import must_find
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.ownership import find_owned, is_ours
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError

ABSENT = ("deleted",)
TRANSITIONAL = ("creating", "attaching", "detaching", "deleting", "snapshotting")
STATE_AFTER = {"creating": "detached", "attaching": "attached", "detaching": "detached", "snapshotting": "attached"}
LISTS = (
    ("volumes", "list-block-storage-volumes", "block-storage-volumes"),
    ("instances", "list-instances", "instances"),
    ("snapshots", "list-block-storage-snapshots", "block-storage-snapshots"),
)


@dataclass
class State:
    """All volumes and instances of the zone, its snapshots if they are needed, and the volume of each
    spec by the spec's key (None: there is none)."""

    volumes: list[Item]
    instances: list[Item]
    snapshots: list[Item]
    items: dict[str, Item | None] = field(default_factory=dict)

    def instance_name(self, key: str | None) -> str | None:
        """The name of the instance with the id ``key``; None for none."""
        if not key:
            return None
        return next((str(i.get("name")) for i in self.instances if i["id"] == key), key)

    def runs(self, key: str) -> bool:
        """Whether the instance with the id ``key`` is not stopped."""
        return any(i["id"] == key and i.get("state") != "stopped" for i in self.instances)


def host_of(item: Item | None) -> str:
    """The id of the instance that a volume is attached to, or ``DETACHED``."""
    return ((item or {}).get("instance") or {}).get("id") or DETACHED


def in_transition(current: State) -> bool:
    """Whether the volume of any spec is changing its state."""
    return any(item and item.get("state") in TRANSITIONAL for item in current.items.values())


def at_rest(current: State) -> State:
    """``current`` after what is in transition now."""
    items = {
        key: item and {**item, "state": STATE_AFTER.get(item["state"], item["state"])}
        for key, item in current.items.items()
    }
    return State(current.volumes, current.instances, current.snapshots, items)


def read(cloud: Exoscale, specs: list[Spec], with_snapshots: bool) -> State:
    """Read the zone's volumes, instances and (if needed) snapshots concurrently."""
    lists: dict[str, list[Item]] = {kind: [] for kind, _operation, _key in LISTS}
    wanted = [task for task in LISTS if task[0] != "snapshots" or with_snapshots]
    for outcome in each(lambda task: cloud.list(task[1], task[2]), wanted):
        if outcome.error:
            raise outcome.error
        lists[outcome.item[0]] = outcome.result or []
    volumes = [volume for volume in lists["volumes"] if volume.get("state") not in ABSENT]
    current = State(volumes, lists["instances"], lists["snapshots"])
    current.items = {spec.key: find(spec, volumes) for spec in specs}
    return current


def find(spec: Spec, volumes: list[Item]) -> Item | None:
    """The volume that ``spec`` means, by id or by name; raises ``ValidationError`` unless exactly one is ours."""
    if spec.id:
        item = next((volume for volume in volumes if volume["id"] == spec.id), None)
        if item is None and spec.state != "absent":
            raise ValidationError(
                f"volumes: there is no volume with the id {spec.id!r} in this zone; leave id out to create one"
            )
        return find_owned("volumes", "volume", item.get("name") or spec.id, [item], fleet=spec.fleet) if item else None
    named = [volume for volume in volumes if volume.get("name") == spec.name]
    return find_owned("volumes", "volume", str(spec.name), named, fleet=spec.fleet)


def unlisted(fleet: str, current: State) -> list[Spec]:
    """Specs that delete the members of ``fleet`` which no other spec is about."""
    specified = {item["id"] for item in current.items.values() if item}
    surplus = [
        volume
        for volume in current.volumes
        if volume["id"] not in specified
        and is_ours(volume.get("labels"))
        and (volume.get("labels") or {}).get(FLEET) == fleet
    ]
    names = Counter([*current.items, *(str(volume.get("name")) for volume in surplus)])
    return [
        Spec(
            str(volume.get("name")) if names[str(volume.get("name"))] == 1 else volume["id"], "absent", id=volume["id"]
        )
        for volume in surplus
    ]


def resolve(spec: Spec, options: Item, current: State, zone: str) -> Spec:
    """``spec`` with the ids of the instance and snapshot that ``options`` name; raises ``ValidationError``."""
    if spec.state == "absent":
        return spec
    instance = options["instance"]
    if instance:
        instance = must_find("instance", instance, current.instances, zone, "instance")["id"]
    snapshot = options["snapshot"]
    if snapshot:
        snapshot = must_find("block snapshot", snapshot, current.snapshots, zone, "snapshot")["id"]
    return replace(spec, instance=instance, snapshot=snapshot)
