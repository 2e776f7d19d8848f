"""Block storage volumes."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future

from ..core.clock import iso
from ..core.routing import Call, Handler, Reply
from .catalogue import (
    GIB,
    TOO_SMALL_FOR_VOLUMES,
    VOLUME_BLOCK_BYTES,
    VOLUME_MAX_GIB,
    VOLUME_MIN_GIB,
    VOLUMES_PER_INSTANCE,
    instance_types,
)
from .errors import NEEDS_STOP, busy, refused
from .guests import look, need_idle, volume_disk
from .metering import BLOCK_VOLUME
from .models import Instance, View, Volume, refs
from .operations import nothing
from .zone import Zone, body_of, find, new_id, ref_id

# As the real API begins the sentence (exoscale-csi-driver looks for it).
NOT_HERE = "Availability of the block storage volumes is not given in this zone"
WHAT = "Blockstorage Volume"


class BlockVolumes:
    """CRUD, attach, detach, resize."""

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
        self._zone.need("block-storage", NOT_HERE)
        instance = call.one("instance-id")
        found = [v for v in self._zone.volumes.values() if instance in (None, v.instance_id)]
        return Reply(200, {"block-storage-volumes": [volume_view(v) for v in found]})

    def _create(self, call: Call) -> Reply:
        zone, body = self._zone, body_of(call)
        zone.need("block-storage", NOT_HERE)
        origin = None
        if body.get("block-storage-snapshot"):
            origin = find(zone.block_snapshots, ref_id(body, "block-storage-snapshot"), "Blockstorage Snapshot")
            if origin.state != "created":
                raise busy("Blockstorage Snapshot", origin.state)
        size = body.get("size") or (origin.volume_size if origin else None)
        if size is None:
            raise refused("size is required without a block-storage-snapshot")
        _check_size(size)
        if origin and size < origin.volume_size:
            raise refused(f"size: {size} GiB is less than the snapshot's {origin.volume_size} GiB")
        zone.account.quotas.need("block-storage-volume")
        zone.account.quotas.need("block-storage-volume-size", size)
        identifier = new_id()
        volume = Volume(
            identifier, body.get("name") or identifier, size, zone.now(), labels=dict(body.get("labels") or {})
        )
        zone.volumes[volume.id] = volume
        zone.account.meters.begin(volume.id, BLOCK_VOLUME, zone.now(), size)
        # The file behind a new volume is made now, so that it can be copied before it is attached.
        # That of a copy grows, if it must, when it is attached.
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
            self._need_idle(volume)
        if volume.instance_id is not None:
            raise refused("Volume is attached to an instance; detach it first")
        if volume.snapshots:
            raise refused("Volume has snapshots; delete them first")

        def effect() -> None:
            zone.volumes.pop(volume.id, None)
            zone.account.meters.end(volume.id, BLOCK_VOLUME, zone.now())

        return self._begin(volume, "deleting", zone.machines.delete_disk(volume.key), effect)

    def _attach(self, call: Call) -> Reply:
        zone, volume = self._zone, self._find(call)
        instance = look(zone, zone.instance(ref_id(body_of(call), "instance")))
        self._need_idle(volume)
        need_idle(instance)
        if volume.instance_id is not None:
            raise refused("Volume is already attached to an instance")
        kind = instance_types()[instance.type_id]
        if kind.size in TOO_SMALL_FOR_VOLUMES:
            raise refused(f"Volumes need an instance of size small at least; {instance.name} is {kind.name}")
        if len(instance.volumes) >= VOLUMES_PER_INSTANCE:
            raise refused(f"Instance already has {VOLUMES_PER_INSTANCE} volumes, its maximum")
        instance.volumes.append(volume.id)
        volume.instance_id = instance.id
        job = zone.machines.plug(instance.key, volume_disk(volume))
        return self._begin(volume, "attaching", job, failed=lambda: _part(volume, instance))

    def _detach(self, call: Call) -> Reply:
        zone, volume = self._zone, self._find(call)
        self._need_idle(volume)
        if volume.instance_id is None:
            raise refused("Volume not attached")
        instance = zone.instance(volume.instance_id)
        need_idle(instance)

        job = zone.machines.unplug(instance.key, volume.key)
        return self._begin(volume, "detaching", job, lambda: _part(volume, instance), nothing)

    def _resize(self, call: Call) -> Reply:
        """The one change that answers the volume and no operation."""
        zone, volume, size = self._zone, self._find(call), body_of(call)["size"]
        self._need_idle(volume)
        if volume.instance_id is not None and look(zone, zone.instance(volume.instance_id)).state != "stopped":
            raise refused(f"{NEEDS_STOP} Only a detached volume, or one of a stopped instance, can be resized.")
        if size <= volume.size:
            raise refused(f"size: the volume has {volume.size} GiB and can only grow")
        _check_size(size)
        zone.account.quotas.need("block-storage-volume-size", size - volume.size)
        volume.size = size
        zone.account.meters.begin(volume.id, BLOCK_VOLUME, zone.now(), size)

        def broken(_reason: str) -> None:
            volume.state = "error"

        zone.lab.agenda.add(zone.now(), nothing, broken, zone.machines.grow_disk(volume.key, size * GIB))
        return Reply(200, volume_view(volume))

    def _find(self, call: Call) -> Volume:
        self._zone.need("block-storage", NOT_HERE)
        return find(self._zone.volumes, call.params["id"], WHAT)

    def _need_idle(self, volume: Volume) -> None:
        if volume.state not in ("attached", "detached"):
            raise busy(WHAT, volume.state)

    def _begin(
        self,
        volume: Volume,
        doing: str,
        job: Future,
        effect: Callable[[], None] = nothing,
        failed: Callable[[], None] | None = None,
    ) -> Reply:
        """Begin a deed. Without ``failed``, one that fails leaves the volume in error."""
        volume.state = doing

        def end() -> None:
            effect()
            volume.state = at_rest(volume)

        def broken() -> None:
            if failed is None:
                volume.state = "error"
                return
            failed()
            volume.state = at_rest(volume)

        return self._zone.operations.start("get-block-storage-volume", f"block-storage/{volume.id}", end, job, broken)


def _part(volume: Volume, instance: Instance) -> None:
    """Volume and instance know each other no more; the instance may be gone already."""
    if volume.id in instance.volumes:
        instance.volumes.remove(volume.id)
    volume.instance_id = None


def at_rest(volume: Volume) -> str:
    """The state of a volume with which nothing is being done."""
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
        raise refused(f"size: {size} GiB is not between {VOLUME_MIN_GIB} and {VOLUME_MAX_GIB} GiB")
