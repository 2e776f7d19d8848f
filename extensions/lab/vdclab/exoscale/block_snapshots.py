"""Snapshots of block storage volumes."""

from __future__ import annotations

from ..core.clock import iso
from ..core.routing import Call, Handler, Reply
from .block_volumes import LABEL, NOT_AVAILABLE, idle_state
from .catalog import SNAPSHOTS_PER_VOLUME
from .errors import busy, invalid
from .meters import BLOCK_SNAPSHOT
from .models import BlockSnapshot, View
from .zone import Zone, body_of, find, new_id


class BlockSnapshots:
    """Create, list, get, update, delete."""

    def __init__(self, zone: Zone) -> None:
        self._zone = zone

    def handlers(self) -> dict[str, Handler]:
        """Handlers by operation id."""
        return {
            "create-block-storage-snapshot": self._create,
            "list-block-storage-snapshots": self._list,
            "get-block-storage-snapshot": lambda call: Reply(200, snapshot_view(self._find(call))),
            "update-block-storage-snapshot": self._update,
            "delete-block-storage-snapshot": self._delete,
        }

    def _list(self, _call: Call) -> Reply:
        self._zone.require_product("block-storage", NOT_AVAILABLE)
        return Reply(200, {"block-storage-snapshots": [snapshot_view(s) for s in self._zone.block_snapshots.values()]})

    def _create(self, call: Call) -> Reply:
        zone, body = self._zone, body_of(call)
        zone.require_product("block-storage", NOT_AVAILABLE)
        volume = find(zone.volumes, call.params["id"], LABEL)
        if volume.state not in ("attached", "detached"):
            raise busy(LABEL, volume.state)
        if len(volume.snapshots) >= SNAPSHOTS_PER_VOLUME:
            raise invalid(f"Volume already has {SNAPSHOTS_PER_VOLUME} snapshots, its maximum")
        identifier = new_id()
        snapshot = BlockSnapshot(
            identifier,
            body.get("name") or identifier,
            volume.id,
            volume.size,
            zone.now(),
            labels=dict(body.get("labels") or {}),
        )
        zone.block_snapshots[snapshot.id] = snapshot
        volume.snapshots.append(snapshot.id)
        zone.account.meters.begin(snapshot.id, BLOCK_SNAPSHOT, zone.now(), snapshot.volume_size)
        volume.state = "snapshotting"

        def ended(state: str) -> None:
            snapshot.state = state
            volume.state = idle_state(volume)

        return zone.operations.start(
            "get-block-storage-snapshot",
            f"block-storage-snapshot/{snapshot.id}",
            lambda: ended("created"),
            zone.machines.copy_disk(volume.key, snapshot.key),
            lambda: ended("error"),
        )

    def _update(self, call: Call) -> Reply:
        snapshot, body = self._find(call), body_of(call)
        snapshot.name = body.get("name") or snapshot.name
        snapshot.labels = dict(body.get("labels", snapshot.labels))
        return self._zone.operations.start("get-block-storage-snapshot", f"block-storage-snapshot/{snapshot.id}")

    def _delete(self, call: Call) -> Reply:
        zone, snapshot = self._zone, self._find(call)
        if snapshot.state not in ("created", "error"):
            raise busy("Blockstorage Snapshot", snapshot.state)
        snapshot.state = "destroying"

        def effect() -> None:
            zone.block_snapshots.pop(snapshot.id, None)
            zone.account.meters.end(snapshot.id, BLOCK_SNAPSHOT, zone.now())
            if snapshot.volume_id in zone.volumes:
                zone.volumes[snapshot.volume_id].snapshots.remove(snapshot.id)

        def failed() -> None:
            snapshot.state = "error"

        return zone.operations.start(
            "get-block-storage-snapshot",
            f"block-storage-snapshot/{snapshot.id}",
            effect,
            zone.machines.delete_disk(snapshot.key),
            failed,
        )

    def _find(self, call: Call) -> BlockSnapshot:
        self._zone.require_product("block-storage", NOT_AVAILABLE)
        return find(self._zone.block_snapshots, call.params["id"], "Blockstorage Snapshot")


def snapshot_view(snapshot: BlockSnapshot) -> View:
    """A snapshot as the API shows it. ``size``, the stored bytes, is not known to the lab: it shows
    the volume's size."""
    return {
        "id": snapshot.id,
        "name": snapshot.name,
        "labels": dict(snapshot.labels),
        "state": snapshot.state,
        "size": snapshot.volume_size,
        "volume-size": snapshot.volume_size,
        "created-at": iso(snapshot.created),
        "block-storage-volume": {"id": snapshot.volume_id},
    }
