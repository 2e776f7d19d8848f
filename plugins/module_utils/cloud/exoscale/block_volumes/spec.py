# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Validate the options of exoscale_block_volumes: the desired state of each volume."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.ownership import (
    with_ownership,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError

Item = dict[str, Any]
COMMON = ("state", "size", "instance", "snapshot", "labels")
FLEET = "fleet"  # the label that makes volumes a fleet
DETACHED = ""  # the instance of a volume that is to be detached


@dataclass(frozen=True)
class Spec:
    """The desired state of one volume; None does not change an attribute.

    ``size`` is in GiB. ``instance`` is an instance's id, or ``DETACHED``. ``snapshot`` is the id
    of the snapshot that a new volume is created from. ``fleet`` becomes a label, beside ``labels`` or the current ones.
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


def read_items(params: Mapping[str, Any]) -> list[Item]:
    """The items of ``volumes`` with the common options filled in, and labels merged (those of the item
    take precedence); raises ``ValidationError`` for options that are wrong or contradict each other."""
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
                f"labels: {item['key']!r} has the fleet {claimed!r}, but the option fleet is {fleet!r}; remove one"
            )
        if item["size"] is not None and item["size"] < 1:
            raise ValidationError(f"size: {item['size']} of {item['key']!r} must be at least 1 (GiB)")
        items.append(item)
    return items


def read_spec(item: Item) -> Spec:
    """The spec of an item without its references, which need the current state."""
    labels = with_ownership(item["labels"]) if item["labels"] is not None else None
    return Spec(
        item["key"], item["state"], item["name"], item["id"], size=item["size"], labels=labels, fleet=item["fleet"]
    )
