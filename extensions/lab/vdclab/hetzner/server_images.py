"""Snapshots and backups of servers."""

from __future__ import annotations

from ..core.errors import ApiError
from ..core.routing import Call, Reply
from .collection import Calls, operation
from .images import Image, Images
from .labels import check_labels
from .project import Project
from .servers import Servers

# The slot that the vendor picks; four hours long, UTC.
BACKUP_WINDOW = "22-02"
# The lab does not measure how much of a disk is used; an image shows this share of it.
USED_SHARE = 0.05


class ServerImages(Calls):
    """``create_image``, and backups on and off."""

    def __init__(self, project: Project, servers: Servers, images: Images) -> None:
        super().__init__(project)
        self._servers = servers
        self._images = images
        servers.on_delete.append(lambda server: images.remove_backups(server.id))

    @operation("create_server_image")
    def create_image(self, call: Call) -> Reply:
        project, store, body = self.project, self._images.store, call.body or {}
        server = self._servers.find_unlocked(call)
        kind = body.get("type") or "snapshot"
        if kind == "backup" and server.backup_window is None:
            raise ApiError(422, "invalid_input", "backups are not enabled for this server")
        labels = check_labels(body.get("labels") or {})
        project.check_quota("snapshots", have=sum(image.type == "snapshot" for image in store))
        now = project.now()
        image = Image(
            project.new_id(),
            None,
            labels,
            now,
            type=kind,
            status="creating",
            description=body.get("description") or f"{kind} {now}",
            flavour=server.image.flavour if server.image else "unknown",
            version=server.image.version if server.image else None,
            disk_size=server.primary_disk_size,
            architecture=server.type.row.architecture,
            created_from={"id": server.id, "name": server.name},
            bound_to=server.id if kind == "backup" else None,
        )
        store.add(image)

        def done() -> None:
            image.status = "available"
            image.image_size = round(server.primary_disk_size * USED_SHARE, 2)
            image.invalidate()

        def failed() -> None:
            store.remove(image)

        job = project.machines.save_image(server.key, str(image.machine_key))
        action = project.start_action(
            "create_image", [server, image], done, locks=[server, image], job=job, failed=failed
        )
        return Reply(201, {"image": image.render(), "action": project.action_view(action)})

    @operation("enable_server_backup")
    def enable_backup(self, call: Call) -> Reply:
        server = self._servers.find_unlocked(call)
        server.backup_window = BACKUP_WINDOW
        server.invalidate()
        return self.answer_with_action("enable_backup", [server], locks=[server])

    @operation("disable_server_backup")
    def disable_backup(self, call: Call) -> Reply:
        server = self._servers.find_unlocked(call)
        server.backup_window = None
        server.invalidate()
        self._images.remove_backups(server.id)
        return self.answer_with_action("disable_backup", [server], locks=[server])
