"""Volumes: 10 to 10,240 GB, grow only, attached within their location, deleted while detached."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

from ..core.errors import ApiError
from ..core.routing import Call, Reply
from ..machines.base import Disk
from .actions import unlocked
from .labels import invalid
from .project import Family, Filters, guard, need, operation
from .store import Resource

if TYPE_CHECKING:
    from .offers import Location
    from .servers import Server

SMALLEST, LARGEST = 10, 10240  # GB
MOST_PER_SERVER = 16
NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?")


class Volume(Resource):
    kind = "volume"

    def __init__(self, identity: tuple[int, str, dict[str, str], str], size: int, location: Location) -> None:
        super().__init__(*identity)
        self.size = size
        self.location = location
        self.format: str | None = None
        self.status = "creating"
        self.server: Server | None = None
        self.protection = {"delete": False}

    @property
    def disk(self) -> Disk:
        """What the guest sees."""
        return Disk(f"hetzner-volume-{self.id}", self.size * 2**30, "HC", "Volume", str(self.id))

    def draw(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "name": self.name,
            "created": self.created,
            "server": self.server.id if self.server else None,
            "location": self.location.render(),
            "size": self.size,
            "linux_device": f"/dev/disk/by-id/scsi-0HC_Volume_{self.id}",
            "protection": self.protection,
            "labels": self.labels,
            "status": self.status,
            "format": self.format,
        }

    def join(self, server: Server) -> None:
        self.server = server
        server.volumes[self.id] = self
        self.touch()
        server.touch()

    def leave(self) -> None:
        if self.server is not None:
            self.server.volumes.pop(self.id, None)
            self.server.touch()
            self.server = None
            self.touch()


class Volumes(Family[Volume]):
    kind, plural, label = "volume", "volumes", "volume"
    filters: ClassVar[Filters] = {"status": lambda volume: volume.status}

    def check_name(self, name: Any, owner: Volume | None = None) -> str:
        if not isinstance(name, str) or not NAME.fullmatch(name):
            raise invalid(
                "name", "must be 1 to 64 letters, digits, '-', '_' or '.', with a letter or digit at each end"
            )
        return super().check_name(name, owner)

    @operation("create_volume")
    def create(self, call: Call) -> Reply:
        body = call.body or {}
        size = _size(need(body, "size"))
        if (body.get("server") is None) == (body.get("location") is None):
            raise invalid("location", "exactly one of 'server' and 'location' must be given")
        if body.get("format") not in (None, "ext4", "xfs"):
            raise invalid("format", "must be 'ext4' or 'xfs'")
        server = None
        if body.get("server") is not None:
            server = self.project.servers.referred(body["server"], "server")
            unlocked(server)
            check_slots(server)
            location = server.location
        else:
            location = self.project.locations.referred(body["location"], "location")
        volume = Volume(self.identity(body), size, location)
        volume.format = body.get("format")
        self.store.add(volume)
        seconds = self.project.settings.action_seconds

        def ready() -> None:
            volume.status = "available"
            volume.touch()

        # Creating and attaching together take the lab's one latency.
        first = self.project.begin(
            "create_volume", [volume], ready, seconds=seconds / 2 if server else seconds, holds=[volume]
        )
        following = [self._join(volume, server)] if server else []
        body = {
            "volume": volume.render(),
            "action": self.project.shown(first),
            "next_actions": [self.project.shown(action) for action in following],
        }
        return Reply(201, body)

    def _join(self, volume: Volume, server: Server) -> Any:
        """Plug the volume in; the server shows it from the start, as the vendor's does."""
        volume.join(server)
        job = self.project.machines.plug(server.key, volume.disk)
        return self.project.begin(
            "attach_volume", [volume, server], holds=[volume, server], job=job, failed=volume.leave
        )

    @operation("attach_volume")
    def attach(self, call: Call) -> Reply:
        volume = self.find(call.params["id"])
        server = self.project.servers.referred(need(call.body or {}, "server"), "server")
        check_attachable(volume, server.location)
        unlocked(server)
        check_slots(server)
        return Reply(201, {"action": self.project.shown(self._join(volume, server))})

    @operation("detach_volume")
    def detach(self, call: Call) -> Reply:
        volume = self.find(call.params["id"])
        server = volume.server
        if server is None:
            raise ApiError(422, "invalid_input", "volume is not attached to a server")
        unlocked(volume, server)
        job = self.project.machines.unplug(server.key, volume.disk.key)
        return self.begun("detach_volume", [volume, server], volume.leave, holds=[volume, server], job=job)

    @operation("resize_volume")
    def resize(self, call: Call) -> Reply:
        volume = self.find(call.params["id"])
        size = _size(need(call.body or {}, "size"))
        unlocked(volume)
        if size <= volume.size:
            raise invalid("size", f"must be larger than the volume's {volume.size} GB")

        def grow() -> None:
            volume.size = size
            volume.touch()

        job = self.project.machines.grow_disk(volume.disk.key, size * 2**30)
        return self.begun("resize_volume", [volume], grow, holds=[volume], job=job)

    @operation("change_volume_protection")
    def change_protection(self, call: Call) -> Reply:
        return self.protect(self.find(call.params["id"]), call)

    @operation("delete_volume")
    def delete(self, call: Call) -> Reply:
        volume = self.find(call.params["id"])
        guard(volume)
        if volume.server is not None:
            raise ApiError(422, "volume_attached", "volume is attached to a server and must be detached first")
        self.store.remove(volume)
        self.project.machines.delete_disk(volume.disk.key)
        return Reply(204)


def check_slots(server: Server) -> None:
    """Raise ``ApiError`` 422 if no further volume fits on ``server``."""
    if len(server.volumes) >= MOST_PER_SERVER:
        raise ApiError(422, "invalid_input", f"a server takes at most {MOST_PER_SERVER} volumes")


def check_attachable(volume: Volume, location: Location) -> None:
    """Raise ``ApiError`` unless ``volume`` is free, available and in ``location``."""
    unlocked(volume)
    if volume.server is not None:
        raise ApiError(422, "volume_already_attached", "volume is already attached to a server")
    if volume.location is not location:
        raise ApiError(422, "invalid_input", "server and volume need to be in the same location")


def _size(value: Any) -> int:
    if not isinstance(value, (int, float)) or value != int(value) or not SMALLEST <= value <= LARGEST:
        raise invalid("size", f"must be a whole number of GB from {SMALLEST} to {LARGEST}")
    return int(value)
