"""Images: the vendor's systems, and the project's own snapshots and backups."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any, ClassVar

from ..core.errors import ApiError
from ..core.routing import Call, Reply
from . import catalog
from .labels import check_labels, invalid
from .project import Family, Filters, Project, guard, operation
from .store import Resource

if TYPE_CHECKING:
    from .servers import Server


class Image(Resource):
    """One image. ``machine_key`` names the saved disk; system images all boot the golden one."""

    kind = "image"

    def __init__(self, ident: int, name: str | None, labels: dict[str, str], created: str, **facts: Any) -> None:
        super().__init__(ident, name, labels, created)
        self.type: str = facts["type"]
        self.status: str = facts.get("status", "available")
        self.description: str = facts["description"]
        self.flavour: str = facts["flavour"]
        self.version: str | None = facts["version"]
        self.disk_size: float = facts["disk_size"]
        self.architecture: str = facts["architecture"]
        self.deprecated: str | None = facts.get("deprecated")
        self.image_size: float | None = None
        self.created_from: dict[str, Any] | None = facts.get("created_from")
        self.bound_to: int | None = facts.get("bound_to")
        self.protection = {"delete": False}

    @property
    def machine_key(self) -> str | None:
        return None if self.type == "system" else f"hetzner-image-{self.id}"

    def draw(self) -> dict[str, Any]:
        gone = self.deprecated and {"announced": self.deprecated, "unavailable_after": self.deprecated}
        return {
            "id": self.id,
            "type": self.type,
            "status": self.status,
            "name": self.name,
            "description": self.description,
            "image_size": self.image_size,
            "disk_size": self.disk_size,
            "created": self.created,
            "created_from": self.created_from,
            "bound_to": self.bound_to,
            "os_flavor": self.flavour,
            "os_version": self.version,
            "rapid_deploy": self.type == "system",
            "protection": self.protection,
            "deprecation": gone or None,
            "deleted": None,
            "labels": self.labels,
            "architecture": self.architecture,
        }


class Images(Family[Image]):
    kind, plural, label = "image", "images", "image"
    filters: ClassVar[Filters] = {
        "type": lambda image: image.type,
        "status": lambda image: image.status,
        "bound_to": lambda image: image.bound_to,
        "architecture": lambda image: image.architecture,
    }
    unique_names = False

    def __init__(self, project: Project) -> None:
        super().__init__(project)
        idents, created = count(201), "2025-09-01T00:00:00Z"
        rows: list[tuple[Any, ...]] = [(*row, None) for row in catalog.IMAGES]
        rows += [
            (name, flavour, version, text, 5, catalog.BOTH, since)
            for name, (flavour, version, text, since) in catalog.DEPRECATED_IMAGES.items()
        ]
        for name, flavour, version, text, disk, architectures, since in rows:
            for architecture in architectures:
                facts: dict[str, Any] = {"type": "system", "description": text, "flavour": flavour, "version": version}
                facts |= {"disk_size": disk, "architecture": architecture, "deprecated": since}
                self.store.add(Image(next(idents), name, {}, created, **facts))

    def _select(self, call: Call) -> list[Image]:
        found = super()._select(call)
        if (call.one("include_deprecated") or "").lower() == "true":
            return found
        return [image for image in found if image.deprecated is None]

    def for_server(self, ident: Any, architecture: str) -> Image:
        """The image that a request names; a name stands for one image per architecture."""
        named = self.store.named(str(ident))
        image = next((i for i in named if i.architecture == architecture), None) or self.referred(ident, "image")
        if image.architecture != architecture:
            raise invalid("image", "image architecture does not match the server type's")
        if image.status != "available":
            raise ApiError(412, "resource_unavailable", f"image with ID '{image.id}' is not available yet")
        return image

    def save(self, server: Server, body: dict[str, Any]) -> Reply:
        """``create_image`` of a server."""
        kind = body.get("type") or "snapshot"
        if kind == "backup" and server.backup_window is None:
            raise ApiError(422, "invalid_input", "backups are not enabled for this server")
        labels = check_labels(body.get("labels") or {})
        self.project.check_quota("snapshots", have=sum(image.type == "snapshot" for image in self.store))
        now = self.project.now()
        image = Image(
            self.project.new_id(),
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
        self.store.add(image)

        def ready() -> None:
            image.status = "available"
            # How much of the disk is used the lab does not measure: a figure of the right size.
            image.image_size = round(server.primary_disk_size * 0.05, 2)
            image.touch()

        def broken() -> None:
            self.store.remove(image)

        job = self.project.machines.save_image(server.key, str(image.machine_key))
        action = self.project.begin(
            "create_image", [server, image], ready, holds=[server, image], job=job, failed=broken
        )
        return Reply(201, {"image": image.render(), "action": self.project.shown(action)})

    def drop(self, image: Image) -> None:
        self.store.remove(image)
        if image.machine_key:
            self.project.machines.delete_image(image.machine_key)

    def drop_backups(self, server: Server) -> None:
        for image in [i for i in self.store if i.bound_to == server.id]:
            self.drop(image)

    def edit(self, resource: Image, body: dict[str, Any]) -> None:
        self._own(resource)
        if body.get("type") == "snapshot":
            resource.type, resource.bound_to = "snapshot", None
        if body.get("description") is not None:
            resource.description = str(body["description"])
        super().edit(resource, {"labels": body.get("labels")})

    @operation("delete_image")
    def delete(self, call: Call) -> Reply:
        image = self.find(call.params["id"])
        self._own(image)
        guard(image)
        self.drop(image)
        return Reply(204)

    @operation("change_image_protection")
    def change_protection(self, call: Call) -> Reply:
        image = self.find(call.params["id"])
        if image.type != "snapshot":
            raise ApiError(422, "invalid_input", "only snapshots can be protected")
        return self.protect(image, call)

    @staticmethod
    def _own(image: Image) -> None:
        if image.type not in ("snapshot", "backup"):
            raise ApiError(403, "forbidden", f"{image.type} images cannot be changed")
