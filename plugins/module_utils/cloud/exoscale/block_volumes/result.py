# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Show block volumes: the return values and the diff."""

from __future__ import annotations

from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.block_volumes.plan import NEW
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.block_volumes.spec import Item, Spec
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.block_volumes.state import State, host_of


def diff(specs: list[Spec], current: State) -> dict[str, Any]:
    """The volumes of all specs as the diff shows them, by key."""
    shown = {spec.key: _shown(spec, current) for spec in specs}
    return {key: value for key, value in shown.items() if value is not None}


def _shown(spec: Spec, current: State) -> dict[str, Any] | None:
    item = current.items[spec.key]
    if item is None:
        return None
    shown = {"size": item.get("size"), "instance": current.instance_name(host_of(item))}
    if spec.labels is not None or spec.fleet:
        shown["labels"] = dict(sorted((item.get("labels") or {}).items()))
    if spec.name and spec.id:
        shown["name"] = item.get("name")
    return shown


def values(specs: list[Spec], current: State, zone: str) -> dict[str, Any]:
    """What exoscale_block_volumes returns."""
    items = [current.items[spec.key] for spec in specs]
    return {"volumes": [as_result(item, current, zone) for item in items if item]}


def as_result(item: Item, current: State, zone: str) -> dict[str, Any]:
    """One volume as modules return it."""
    key = None if item["id"].startswith(NEW) else item["id"]
    host = host_of(item)
    return {
        "name": item.get("name"),
        "id": key,
        "size": item.get("size"),
        "state": item.get("state"),
        "instance": current.instance_name(host),
        "instance_id": host or None,
        # A virtio disk's serial has 20 characters; Exoscale fills it with the volume's id.
        "device": f"/dev/disk/by-id/virtio-{key[:20]}" if key and host else None,
        "labels": dict(sorted((item.get("labels") or {}).items())),
        "zone": zone,
        "created_at": item.get("created-at"),
    }
