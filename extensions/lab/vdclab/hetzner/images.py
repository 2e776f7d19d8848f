"""Images: the vendor's system images, and the project's own snapshots and backups."""

from __future__ import annotations

from itertools import count
from typing import Any, ClassVar

from ..core.errors import ApiError
from ..core.routing import Call, Reply
from . import catalog
from .collection import Collection, Filters, operation, require_deletable
from .labels import invalid
from .project import Project
from .store import Resource


class Image(Resource):
    """One image; all system images boot the golden image."""

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
        """The key of the saved disk; ``None`` for a system image."""
        return None if self.type == "system" else f"hetzner-image-{self.id}"

    def view(self) -> dict[str, Any]:
        deprecation = self.deprecated and {"announced": self.deprecated, "unavailable_after": self.deprecated}
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
            "deprecation": deprecation or None,
            "deleted": None,
            "labels": self.labels,
            "architecture": self.architecture,
        }


class Images(Collection[Image]):
    """All images."""

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
        """The image that a request names by id or name; a name has one image per architecture. Raises ``ApiError``
        412, 422."""
        named = self.store.named(str(ident))
        image = next((i for i in named if i.architecture == architecture), None) or self.lookup(ident, "image")
        if image.architecture != architecture:
            raise invalid("image", "image architecture does not match the server type's")
        if image.status != "available":
            raise ApiError(412, "resource_unavailable", f"image with ID '{image.id}' is not available yet")
        return image

    def remove(self, image: Image) -> None:
        """Delete ``image`` and its saved disk."""
        self.store.remove(image)
        if image.machine_key:
            self.project.machines.delete_image(image.machine_key)

    def remove_backups(self, server_id: int) -> None:
        """Delete the backups of a server."""
        for image in [i for i in self.store if i.bound_to == server_id]:
            self.remove(image)

    def edit(self, resource: Image, body: dict[str, Any]) -> None:
        self._require_own(resource)
        if body.get("type") == "snapshot":
            resource.type, resource.bound_to = "snapshot", None
        if body.get("description") is not None:
            resource.description = str(body["description"])
        super().edit(resource, {"labels": body.get("labels")})

    @operation("delete_image")
    def delete(self, call: Call) -> Reply:
        image = self.find(call.params["id"])
        self._require_own(image)
        require_deletable(image)
        self.remove(image)
        return Reply(204)

    @operation("change_image_protection")
    def change_protection(self, call: Call) -> Reply:
        image = self.find(call.params["id"])
        if image.type != "snapshot":
            raise ApiError(422, "invalid_input", "only snapshots can be protected")
        return self.protect(image, call)

    @staticmethod
    def _require_own(image: Image) -> None:
        if image.type not in ("snapshot", "backup"):
            raise ApiError(403, "forbidden", f"{image.type} images cannot be changed")
