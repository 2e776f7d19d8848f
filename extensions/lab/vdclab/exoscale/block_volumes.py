"""Block storage volumes."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future

from ..core.clock import iso
from ..core.routing import Call, Handler, Reply
from .catalog import (
    GIB,
    TOO_SMALL_FOR_VOLUMES,
    VOLUME_BLOCK_BYTES,
    VOLUME_MAX_GIB,
    VOLUME_MIN_GIB,
    VOLUMES_PER_INSTANCE,
    instance_types,
)
from .errors import NEEDS_STOP, busy, invalid
from .machine import refresh, require_idle, volume_disk
from .meters import BLOCK_VOLUME
from .models import Instance, View, Volume, refs
from .operations import no_effect
from .zone import Zone, body_of, find, new_id, ref_id

# The real API's message starts like this (exoscale-csi-driver searches for it).
NOT_AVAILABLE = "Availability of the block storage volumes is not given in this zone"
LABEL = "Blockstorage Volume"


class BlockVolumes:
    """Create, list, get, update, delete, attach, detach, resize."""

    def __init__(self, zone: Zone) -> None:
        self._zone = zone

    def handlers(self) -> dict[str, Handler]:
        """Handlers by operation id."""
        return {
            "list-block-storage-volumes": self._list,
            "get-block-storage-volume": lambda call: Reply(200, volume_view(self._find(call))),
            "create-block-storage-volume": self._create,
            "update-block-storage-volume": self._update,
            "delete-block-storage-volume": self._delete,
            "attach-block-storage-volume-to-instance": self._attach,
            "detach-block-storage-volume": self._detach,
            "resize-block-storage-volume": self._resize,
        }

    def _list(self, call: Call) -> Reply:
        self._zone.require_product("block-storage", NOT_AVAILABLE)
        instance = call.one("instance-id")
        found = [v for v in self._zone.volumes.values() if instance in (None, v.instance_id)]
        return Reply(200, {"block-storage-volumes": [volume_view(v) for v in found]})

    def _create(self, call: Call) -> Reply:
        zone, body = self._zone, body_of(call)
        zone.require_product("block-storage", NOT_AVAILABLE)
        origin = None
        if body.get("block-storage-snapshot"):
            origin = find(zone.block_snapshots, ref_id(body, "block-storage-snapshot"), "Blockstorage Snapshot")
            if origin.state != "created":
                raise busy("Blockstorage Snapshot", origin.state)
        size = body.get("size") or (origin.volume_size if origin else None)
        if size is None:
            raise invalid("size is required without a block-storage-snapshot")
        _check_size(size)
        if origin and size < origin.volume_size:
            raise invalid(f"size: {size} GiB is less than the snapshot's {origin.volume_size} GiB")
        zone.account.quotas.require("block-storage-volume")
        zone.account.quotas.require("block-storage-volume-size", size)
        identifier = new_id()
        volume = Volume(
            identifier, body.get("name") or identifier, size, zone.now(), labels=dict(body.get("labels") or {})
        )
        zone.volumes[volume.id] = volume
        zone.account.meters.begin(volume.id, BLOCK_VOLUME, zone.now(), size)
        # Create the file of a new volume now, so that it can be copied before it is attached.
        # The file of a copy grows, if necessary, when it is attached.
        if origin is None:
            job = zone.machines.grow_disk(volume.key, size * GIB)
        else:
            job = zone.machines.copy_disk(origin.key, volume.key)
        return self._begin(volume, "creating", job)

    def _update(self, call: Call) -> Reply:
        volume, body = self._find(call), body_of(call)
        volume.name = body.get("name") or volume.name
        volume.labels = dict(body.get("labels", volume.labels))
        return self._zone.operations.start("get-block-storage-volume", f"block-storage/{volume.id}")

    def _delete(self, call: Call) -> Reply:
        zone, volume = self._zone, self._find(call)
        if volume.state != "error":
            self._require_idle(volume)
        if volume.instance_id is not None:
            raise invalid("Volume is attached to an instance; detach it first")
        if volume.snapshots:
            raise invalid("Volume has snapshots; delete them first")

        def effect() -> None:
            zone.volumes.pop(volume.id, None)
            zone.account.meters.end(volume.id, BLOCK_VOLUME, zone.now())

        return self._begin(volume, "deleting", zone.machines.delete_disk(volume.key), effect)

    def _attach(self, call: Call) -> Reply:
        zone, volume = self._zone, self._find(call)
        instance = refresh(zone, zone.instance(ref_id(body_of(call), "instance")))
        self._require_idle(volume)
        require_idle(instance)
        if volume.instance_id is not None:
            raise invalid("Volume is already attached to an instance")
        kind = instance_types()[instance.type_id]
        if kind.size in TOO_SMALL_FOR_VOLUMES:
            raise invalid(f"Volumes need an instance of size small at least; {instance.name} is {kind.name}")
        if len(instance.volumes) >= VOLUMES_PER_INSTANCE:
            raise invalid(f"Instance already has {VOLUMES_PER_INSTANCE} volumes, its maximum")
        instance.volumes.append(volume.id)
        volume.instance_id = instance.id
        job = zone.machines.plug(instance.key, volume_disk(volume))
        return self._begin(volume, "attaching", job, failed=lambda: _disconnect(volume, instance))

    def _detach(self, call: Call) -> Reply:
        zone, volume = self._zone, self._find(call)
        self._require_idle(volume)
        if volume.instance_id is None:
            raise invalid("Volume not attached")
        instance = zone.instance(volume.instance_id)
        require_idle(instance)

        job = zone.machines.unplug(instance.key, volume.key)
        return self._begin(volume, "detaching", job, lambda: _disconnect(volume, instance), no_effect)

    def _resize(self, call: Call) -> Reply:
        """The only change that returns the volume instead of an operation."""
        zone, volume, size = self._zone, self._find(call), body_of(call)["size"]
        self._require_idle(volume)
        if volume.instance_id is not None and refresh(zone, zone.instance(volume.instance_id)).state != "stopped":
            raise invalid(f"{NEEDS_STOP} Only a detached volume, or one of a stopped instance, can be resized.")
        if size <= volume.size:
            raise invalid(f"size: the volume has {volume.size} GiB and can only grow")
        _check_size(size)
        zone.account.quotas.require("block-storage-volume-size", size - volume.size)
        volume.size = size
        zone.account.meters.begin(volume.id, BLOCK_VOLUME, zone.now(), size)

        def broken(_reason: str) -> None:
            volume.state = "error"

        zone.lab.scheduler.add(zone.now(), no_effect, broken, zone.machines.grow_disk(volume.key, size * GIB))
        return Reply(200, volume_view(volume))

    def _find(self, call: Call) -> Volume:
        self._zone.require_product("block-storage", NOT_AVAILABLE)
        return find(self._zone.volumes, call.params["id"], LABEL)

    def _require_idle(self, volume: Volume) -> None:
        if volume.state not in ("attached", "detached"):
            raise busy(LABEL, volume.state)

    def _begin(
        self,
        volume: Volume,
        doing: str,
        job: Future,
        effect: Callable[[], None] = no_effect,
        failed: Callable[[], None] | None = None,
    ) -> Reply:
        """Start a change of the volume. Without ``failed``, a failure leaves it in state ``error``."""
        volume.state = doing

        def end() -> None:
            effect()
            volume.state = idle_state(volume)

        def broken() -> None:
            if failed is None:
                volume.state = "error"
                return
            failed()
            volume.state = idle_state(volume)

        return self._zone.operations.start("get-block-storage-volume", f"block-storage/{volume.id}", end, job, broken)


def _disconnect(volume: Volume, instance: Instance) -> None:
    """Remove the attachment; the instance may already be deleted."""
    if volume.id in instance.volumes:
        instance.volumes.remove(volume.id)
    volume.instance_id = None


def idle_state(volume: Volume) -> str:
    """The state of a volume while no change of it runs."""
    return "attached" if volume.instance_id else "detached"


def volume_view(volume: Volume) -> View:
    """A volume as the API shows it."""
    shown = {
        "id": volume.id,
        "name": volume.name,
        "labels": dict(volume.labels),
        "state": volume.state,
        "size": volume.size,
        "blocksize": VOLUME_BLOCK_BYTES,
        "block-storage-snapshots": refs(volume.snapshots),
        "created-at": iso(volume.created),
        "encrypted": False,
    }
    return {**shown, "instance": {"id": volume.instance_id}} if volume.instance_id else shown


def _check_size(size: int) -> None:
    if not VOLUME_MIN_GIB <= size <= VOLUME_MAX_GIB:
        raise invalid(f"size: {size} GiB is not between {VOLUME_MIN_GIB} and {VOLUME_MAX_GIB} GiB")
