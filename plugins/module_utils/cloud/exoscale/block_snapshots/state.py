# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read block volumes and their snapshots."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.concurrently import each
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.block_snapshots.spec import Spec
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.client import Exoscale
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.lookup import find as find_named
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.lookup import must_find
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.ownership import find_owned
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError

Item = dict[str, Any]
ABSENT = ("destroyed",)
TRANSITIONAL = ("allocated", "creating", "destroying", "promoting")


@dataclass(frozen=True)
class State:
    """The zone's volumes and snapshots."""

    volumes: list[Item]
    snapshots: list[Item]


def read(cloud: Exoscale) -> State:
    """Read both lists concurrently."""
    tasks = [
        ("list-block-storage-volumes", "block-storage-volumes"),
        ("list-block-storage-snapshots", "block-storage-snapshots"),
    ]
    lists = []
    for outcome in each(lambda task: cloud.list(*task), tasks):
        if outcome.error:
            raise outcome.error
        lists.append(outcome.result or [])
    return State(lists[0], [snapshot for snapshot in lists[1] if snapshot.get("state") not in ABSENT])


def find(spec: Spec, current: State) -> Item | None:
    """The snapshot that ``spec`` names, by id or by name among those of its volume; raises ``ValidationError``
    unless exactly one is ours."""
    of_volume = [one for one in current.snapshots if spec.volume is None or volume_of(one) == spec.volume]
    named = [one for one in of_volume if spec.name in (one["id"], one.get("name"))]
    return find_owned("name", "block snapshot", spec.name, named, "name the volume, or give the id of one")


def in_transition(spec: Spec, current: State) -> bool:
    """Whether any snapshot that ``spec`` may name is changing its state."""
    return any(s.get("state") in TRANSITIONAL for s in current.snapshots if spec.name in (s["id"], s.get("name")))


def volume_of(snapshot: Item) -> str | None:
    """The id of the volume that a snapshot is of."""
    return (snapshot.get("block-storage-volume") or {}).get("id")


def resolve_volume(wanted: str | None, spec: Spec, current: State, zone: str) -> str | None:
    """The id of the volume that the option ``volume`` names; raises ``ValidationError``."""
    if wanted is None:
        if spec.state == "present":
            raise ValidationError(f"volume: it is missing; give the volume to make the snapshot {spec.name!r} of")
        return None
    if spec.state == "absent":
        # Snapshots outlive their volume, and are then named by its id.
        volume = find_named("volume", wanted, current.volumes)
        return volume["id"] if volume else wanted
    return must_find("volume", wanted, current.volumes, zone, "volume")["id"]
