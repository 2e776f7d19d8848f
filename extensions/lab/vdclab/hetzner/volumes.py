"""Volumes: 10 to 10,240 GB; they only grow, attach within their location, and are deleted while detached."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from ..core.errors import ApiError
from ..core.routing import Call, Reply
from ..machines.base import Disk
from .actions import require_unlocked
from .collection import Collection, Filters, operation, require_deletable, required
from .labels import invalid
from .products import Location, Locations
from .project import Project
from .server import Server
from .servers import Servers
from .store import Identity, Resource

MIN_SIZE, MAX_SIZE = 10, 10240  # GB
MAX_PER_SERVER = 16
NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?")


class Volume(Resource):
    """One volume; ``size`` in GB."""

    kind = "volume"

    def __init__(self, identity: Identity, size: int, location: Location) -> None:
        super().__init__(*identity)
        self.size = size
        self.location = location
        self.format: str | None = None
        self.status = "creating"
        self.server: Server | None = None
        self.protection = {"delete": False}

    @property
    def disk(self) -> Disk:
        """The disk as the guest sees it."""
        return Disk(f"hetzner-volume-{self.id}", self.size * 2**30, "HC", "Volume", str(self.id))

    def view(self) -> dict[str, Any]:
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

    def attach(self, server: Server) -> None:
        """Attach to ``server``."""
        self.server = server
        server.volumes[self.id] = self
        self.invalidate()
        server.invalidate()

    def detach(self) -> None:
        """Detach from its server, if it is attached."""
        if self.server is not None:
            self.server.volumes.pop(self.id, None)
            self.server.invalidate()
            self.server = None
            self.invalidate()


class Volumes(Collection[Volume]):
    """All volumes."""

    kind, plural, label = "volume", "volumes", "volume"
    filters: ClassVar[Filters] = {"status": lambda volume: volume.status}

    def __init__(self, project: Project, servers: Servers, locations: Locations) -> None:
        super().__init__(project)
        self._servers = servers
        self._locations = locations
        servers.on_delete.append(self._detach_all)

    def of(self, server: Server) -> list[Volume]:
        """The volumes of ``server``."""
        found = (self.store.get(ident) for ident in server.volumes)
        return [volume for volume in found if volume is not None]

    def _detach_all(self, server: Server) -> None:
        for volume in self.of(server):
            volume.detach()

    def check_name(self, name: Any, owner: Volume | None = None) -> str:
        if not isinstance(name, str) or not NAME.fullmatch(name):
            raise invalid(
                "name", "must be 1 to 64 letters, digits, '-', '_' or '.', with a letter or digit at each end"
            )
        return super().check_name(name, owner)

    @operation("create_volume")
    def create(self, call: Call) -> Reply:
        body = call.body or {}
        size = _size(required(body, "size"))
        if (body.get("server") is None) == (body.get("location") is None):
            raise invalid("location", "exactly one of 'server' and 'location' must be given")
        if body.get("format") not in (None, "ext4", "xfs"):
            raise invalid("format", "must be 'ext4' or 'xfs'")
        server = None
        if body.get("server") is not None:
            server = self._servers.lookup(body["server"], "server")
            require_unlocked(server)
            check_slots(server)
            location = server.location
        else:
            location = self._locations.lookup(body["location"], "location")
        volume = Volume(self.new_identity(body), size, location)
        volume.format = body.get("format")
        self.store.add(volume)
        seconds = self.project.settings.action_seconds

        def ready() -> None:
            volume.status = "available"
            volume.invalidate()

        # Creation and attachment together take the lab's latency once.
        first = self.project.start_action(
            "create_volume", [volume], ready, seconds=seconds / 2 if server else seconds, locks=[volume]
        )
        following = [self._attach(volume, server)] if server else []
        body = {
            "volume": volume.render(),
            "action": self.project.action_view(first),
            "next_actions": [self.project.action_view(action) for action in following],
        }
        return Reply(201, body)

    def _attach(self, volume: Volume, server: Server) -> Any:
        """Attach the volume; the server shows it as soon as the action starts, as the vendor's does."""
        volume.attach(server)
        job = self.project.machines.plug(server.key, volume.disk)
        return self.project.start_action(
            "attach_volume", [volume, server], locks=[volume, server], job=job, failed=volume.detach
        )

    @operation("attach_volume")
    def attach(self, call: Call) -> Reply:
        volume = self.find(call.params["id"])
        server = self._servers.lookup(required(call.body or {}, "server"), "server")
        check_attachable(volume, server.location)
        require_unlocked(server)
        check_slots(server)
        return Reply(201, {"action": self.project.action_view(self._attach(volume, server))})

    @operation("detach_volume")
    def detach(self, call: Call) -> Reply:
        volume = self.find(call.params["id"])
        server = volume.server
        if server is None:
            raise ApiError(422, "invalid_input", "volume is not attached to a server")
        require_unlocked(volume, server)
        job = self.project.machines.unplug(server.key, volume.disk.key)
        return self.answer_with_action(
            "detach_volume", [volume, server], volume.detach, locks=[volume, server], job=job
        )

    @operation("resize_volume")
    def resize(self, call: Call) -> Reply:
        volume = self.find(call.params["id"])
        size = _size(required(call.body or {}, "size"))
        require_unlocked(volume)
        if size <= volume.size:
            raise invalid("size", f"must be larger than the volume's {volume.size} GB")

        def grow() -> None:
            volume.size = size
            volume.invalidate()

        job = self.project.machines.grow_disk(volume.disk.key, size * 2**30)
        return self.answer_with_action("resize_volume", [volume], grow, locks=[volume], job=job)

    @operation("change_volume_protection")
    def change_protection(self, call: Call) -> Reply:
        return self.protect(self.find(call.params["id"]), call)

    @operation("delete_volume")
    def delete(self, call: Call) -> Reply:
        volume = self.find(call.params["id"])
        require_deletable(volume)
        if volume.server is not None:
            raise ApiError(422, "volume_attached", "volume is attached to a server and must be detached first")
        self.store.remove(volume)
        self.project.machines.delete_disk(volume.disk.key)
        return Reply(204)


def check_slots(server: Server) -> None:
    """Raise ``ApiError`` 422 if no further volume fits on ``server``."""
    if len(server.volumes) >= MAX_PER_SERVER:
        raise ApiError(422, "invalid_input", f"a server has at most {MAX_PER_SERVER} volumes")


def check_attachable(volume: Volume, location: Location) -> None:
    """Raise ``ApiError`` unless ``volume`` is unlocked, detached and in ``location``."""
    require_unlocked(volume)
    if volume.server is not None:
        raise ApiError(422, "volume_already_attached", "volume is already attached to a server")
    if volume.location is not location:
        raise ApiError(422, "invalid_input", "server and volume required to be in the same location")


def _size(value: Any) -> int:
    if not isinstance(value, (int, float)) or value != int(value) or not MIN_SIZE <= value <= MAX_SIZE:
        raise invalid("size", f"must be a whole number of GB from {MIN_SIZE} to {MAX_SIZE}")
    return int(value)
