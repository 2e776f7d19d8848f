"""What changes a server itself: type, image, snapshots, backups, protection, placement."""

from __future__ import annotations

from ..core.errors import ApiError
from ..core.routing import Call, Reply
from .actions import unlocked
from .labels import invalid
from .machine import spec_of, together
from .project import Calls, need, operation
from .server_create import new_password, user_data
from .servers import Server

# The slot that the vendor picks; four hours long, UTC.
BACKUP_WINDOW = "22-02"


class ServerChanges(Calls):
    def _free(self, call: Call) -> Server:
        server = self.project.servers.find(call.params["id"])
        unlocked(server)
        return server

    @operation("change_server_type")
    def change_type(self, call: Call) -> Reply:
        """Rescale a server that is off; it starts again afterwards, says the vendor's document."""
        project, body = self.project, call.body or {}
        server = self._free(call)
        kind = project.server_types.referred(need(body, "server_type"), "server_type")
        need(body, "upgrade_disk")
        if server.status != "off":
            raise ApiError(422, "server_not_stopped", "the server must be powered off")
        old, place = server.type, str(server.location.name)
        if kind is old or kind.row.architecture != old.row.architecture:
            raise ApiError(422, "invalid_server_type", f"server cannot be changed from {old.name} to {kind.name}")
        if kind.retired(project.now()):
            raise ApiError(422, "invalid_server_type", f"server type {kind.id} is deprecated")
        if kind.row.disk < server.primary_disk_size:
            message = f"the disk of {kind.name} is smaller than the server's {server.primary_disk_size} GB"
            raise ApiError(422, "invalid_server_type", message)
        kind.check_stock(place)
        disk = kind.row.disk if body["upgrade_disk"] else server.primary_disk_size
        kind.take(place)
        server.set_status("migrating")
        row = kind.row
        job = together(
            project.machines.rescale(server.key, row.cores, int(row.memory * 2**30), disk * 2**30),
            project.machines.start(server.key),
        )

        def done() -> None:
            old.give_back(place)
            server.type, server.primary_disk_size = kind, disk
            server.price = server.current_price()
            server.set_status("running")

        def broken() -> None:
            kind.give_back(place)
            server.set_status("off")

        return self.begun("change_server_type", [server], done, holds=[server], job=job, failed=broken)

    @operation("rebuild_server")
    def rebuild(self, call: Call) -> Reply:
        project, body = self.project, call.body or {}
        server = self._free(call)
        image = project.images.for_server(need(body, "image"), server.type.row.architecture)
        text = user_data(body)
        if server.protection["rebuild"]:
            raise ApiError(423, "protected", "server rebuild is protected")
        if image.disk_size > server.primary_disk_size:
            raise invalid("image", "image disk is bigger than the server's")
        server.image = image
        server.user_data = text or server.user_data
        server.set_status("rebuilding")
        server.touch()
        job = together(project.machines.delete(server.key), project.machines.create(spec_of(project, server)))

        def done() -> None:
            server.set_status("running")

        def broken() -> None:
            server.set_status("off")

        password = None if server.ssh_keys else new_password()
        extra = {"root_password": password}
        return self.begun("rebuild_server", [server], done, holds=[server], job=job, failed=broken, extra=extra)

    @operation("create_server_image")
    def create_image(self, call: Call) -> Reply:
        return self.project.images.save(self._free(call), call.body or {})

    @operation("enable_server_backup")
    def enable_backup(self, call: Call) -> Reply:
        server = self._free(call)
        server.backup_window = BACKUP_WINDOW
        server.touch()
        return self.begun("enable_backup", [server], holds=[server])

    @operation("disable_server_backup")
    def disable_backup(self, call: Call) -> Reply:
        server = self._free(call)
        server.backup_window = None
        server.touch()
        self.project.images.drop_backups(server)
        return self.begun("disable_backup", [server], holds=[server])

    @operation("change_server_protection")
    def change_protection(self, call: Call) -> Reply:
        server = self._free(call)
        protection = {**server.protection, **(call.body or {})}
        if protection["delete"] != protection["rebuild"]:
            raise invalid("rebuild", "delete and rebuild protection must have the same value")
        return self.project.servers.protect(server, call)

    @operation("add_server_to_placement_group")
    def add_to_placement_group(self, call: Call) -> Reply:
        server = self._free(call)
        wanted = need(call.body or {}, "placement_group")
        group = self.project.placement_groups.referred(wanted, "placement_group")
        if server.placement_group is not None:
            raise ApiError(422, "already_in_placement_group", "the server is already in a placement group")
        if server.status != "off":
            raise ApiError(422, "server_not_stopped", "the server must be powered off")
        group.check_room()
        group.join(server)
        return self.begun("add_to_placement_group", [server, group], holds=[server])

    @operation("remove_server_from_placement_group")
    def remove_from_placement_group(self, call: Call) -> Reply:
        server = self._free(call)
        group = server.placement_group
        if group is None:
            raise ApiError(422, "not_in_placement_group", "the server is in no placement group")
        group.leave(server)
        return self.begun("remove_from_placement_group", [server, group], holds=[server])
