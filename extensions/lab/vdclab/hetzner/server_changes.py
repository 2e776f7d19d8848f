"""Changes of a server: type, image, protection, placement group."""

from __future__ import annotations

from ..core.errors import ApiError
from ..core.routing import Call, Reply
from ..machines import futures
from .collection import Calls, operation, required
from .labels import invalid
from .machine import machine_spec
from .project import Project
from .resources import Resources
from .server_create import new_password, user_data


class ServerChanges(Calls):
    """The calls that change a server itself."""

    def __init__(self, project: Project, resources: Resources) -> None:
        super().__init__(project)
        self._resources = resources

    @operation("change_server_type")
    def change_type(self, call: Call) -> Reply:
        """Rescale a server that is off; afterwards it starts (the vendor's document)."""
        project, body = self.project, call.body or {}
        server = self._resources.servers.find_unlocked(call)
        kind = self._resources.server_types.lookup(required(body, "server_type"), "server_type")
        required(body, "upgrade_disk")
        if server.status != "off":
            raise ApiError(422, "server_not_stopped", "the server must be powered off")
        old, location = server.type, str(server.location.name)
        if kind is old or kind.row.architecture != old.row.architecture:
            raise ApiError(422, "invalid_server_type", f"server cannot be changed from {old.name} to {kind.name}")
        if kind.retired(project.now()):
            raise ApiError(422, "invalid_server_type", f"server type {kind.id} is deprecated")
        if kind.row.disk < server.primary_disk_size:
            message = f"the disk of {kind.name} is smaller than the server's {server.primary_disk_size} GB"
            raise ApiError(422, "invalid_server_type", message)
        kind.check_stock(location)
        disk = kind.row.disk if body["upgrade_disk"] else server.primary_disk_size
        kind.take_stock(location)
        server.set_status("migrating")
        row = kind.row
        job = futures.gather(
            [
                project.machines.rescale(server.key, row.cores, int(row.memory * 2**30), disk * 2**30),
                project.machines.start(server.key),
            ]
        )

        def done() -> None:
            old.return_stock(location)
            server.type, server.primary_disk_size = kind, disk
            server.price = server.current_price()
            server.set_status("running")

        def failed() -> None:
            kind.return_stock(location)
            server.set_status("off")

        return self.answer_with_action("change_server_type", [server], done, locks=[server], job=job, failed=failed)

    @operation("rebuild_server")
    def rebuild(self, call: Call) -> Reply:
        project, body = self.project, call.body or {}
        server = self._resources.servers.find_unlocked(call)
        image = self._resources.images.for_server(required(body, "image"), server.type.row.architecture)
        text = user_data(body)
        if server.protection["rebuild"]:
            raise ApiError(423, "protected", "server rebuild is protected")
        if image.disk_size > server.primary_disk_size:
            raise invalid("image", "image disk is bigger than the server's")
        server.image = image
        server.user_data = text or server.user_data
        server.set_status("rebuilding")
        server.invalidate()
        disks = [volume.disk for volume in self._resources.volumes.of(server)]
        spec = machine_spec(project.addresses, server, disks)
        job = futures.gather([project.machines.delete(server.key), project.machines.create(spec)])

        def done() -> None:
            server.set_status("running")

        def failed() -> None:
            server.set_status("off")

        password = None if server.ssh_keys else new_password()
        extra = {"root_password": password}
        return self.answer_with_action(
            "rebuild_server", [server], done, locks=[server], job=job, failed=failed, extra=extra
        )

    @operation("change_server_protection")
    def change_protection(self, call: Call) -> Reply:
        server = self._resources.servers.find_unlocked(call)
        protection = {**server.protection, **(call.body or {})}
        if protection["delete"] != protection["rebuild"]:
            raise invalid("rebuild", "delete and rebuild protection must have the same value")
        return self._resources.servers.protect(server, call)

    @operation("add_server_to_placement_group")
    def add_to_placement_group(self, call: Call) -> Reply:
        server = self._resources.servers.find_unlocked(call)
        wanted = required(call.body or {}, "placement_group")
        group = self._resources.placement_groups.lookup(wanted, "placement_group")
        if server.placement_group is not None:
            raise ApiError(422, "already_in_placement_group", "the server is already in a placement group")
        if server.status != "off":
            raise ApiError(422, "server_not_stopped", "the server must be powered off")
        group.check_room()
        group.add(server)
        return self.answer_with_action("add_to_placement_group", [server, group], locks=[server])

    @operation("remove_server_from_placement_group")
    def remove_from_placement_group(self, call: Call) -> Reply:
        server = self._resources.servers.find_unlocked(call)
        group = self._resources.placement_groups.of(server)
        if group is None:
            raise ApiError(422, "not_in_placement_group", "the server is in no placement group")
        group.remove(server)
        return self.answer_with_action("remove_from_placement_group", [server, group], locks=[server])
