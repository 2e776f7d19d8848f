"""Placement groups: ``spread`` only, at most ten servers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from ..core.errors import ApiError
from ..core.routing import Call, Reply
from .labels import invalid
from .project import Family, Filters, need, operation
from .store import Resource

if TYPE_CHECKING:
    from .servers import Server

LARGEST = 10


class PlacementGroup(Resource):
    kind = "placement_group"

    def __init__(self, identity: tuple[int, str, dict[str, str], str]) -> None:
        super().__init__(*identity)
        self.type = "spread"
        self.servers: dict[int, Server] = {}

    def draw(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "name": self.name,
            "labels": self.labels,
            "type": self.type,
            "created": self.created,
            "servers": list(self.servers),
        }

    def touch(self) -> None:
        """Servers show their group."""
        super().touch()
        for server in self.servers.values():
            server.touch()

    def check_room(self) -> None:
        """Raise ``ApiError`` 422 if the group is full."""
        if len(self.servers) >= LARGEST:
            raise ApiError(422, "placement_error", f"placement group has its {LARGEST} servers already")

    def join(self, server: Server) -> None:
        self.servers[server.id] = server
        server.placement_group = self
        self.touch()

    def leave(self, server: Server) -> None:
        del self.servers[server.id]
        server.placement_group = None
        server.touch()
        self.touch()


class PlacementGroups(Family[PlacementGroup]):
    kind, plural, label = "placement_group", "placement_groups", "placement group"
    filters: ClassVar[Filters] = {"type": lambda group: group.type}
    has_actions = False

    @operation("create_placement_group")
    def create(self, call: Call) -> Reply:
        body = call.body or {}
        if need(body, "type") != "spread":
            raise invalid("type", "must be 'spread'")
        group = self.store.add(PlacementGroup(self.identity(body)))
        return Reply(201, {"placement_group": group.render(), "action": None})

    @operation("delete_placement_group")
    def delete(self, call: Call) -> Reply:
        group = self.find(call.params["id"])
        for server in list(group.servers.values()):
            group.leave(server)
        self.store.remove(group)
        return Reply(204)
