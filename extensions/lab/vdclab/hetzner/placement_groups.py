"""Placement groups: ``spread`` only, at most ten servers."""

from __future__ import annotations

from typing import Any, ClassVar

from ..core.errors import ApiError
from ..core.routing import Call, Reply
from .collection import Collection, Filters, operation, required
from .labels import invalid
from .project import Project
from .server import Server
from .servers import Servers
from .store import Identity, Resource

MAX_SERVERS = 10


class PlacementGroup(Resource):
    """One placement group."""

    kind = "placement_group"

    def __init__(self, identity: Identity) -> None:
        super().__init__(*identity)
        self.type = "spread"
        self.servers: dict[int, Server] = {}

    def view(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "name": self.name,
            "labels": self.labels,
            "type": self.type,
            "created": self.created,
            "servers": list(self.servers),
        }

    def invalidate(self) -> None:
        """Invalidate its servers, too: they show their group."""
        super().invalidate()
        for server in self.servers.values():
            server.invalidate()

    def check_room(self) -> None:
        """Raise ``ApiError`` 422 if the group is full."""
        if len(self.servers) >= MAX_SERVERS:
            raise ApiError(422, "placement_error", f"placement group has its {MAX_SERVERS} servers already")

    def add(self, server: Server) -> None:
        """Put ``server`` in the group."""
        self.servers[server.id] = server
        server.placement_group = self
        self.invalidate()

    def remove(self, server: Server) -> None:
        """Take ``server`` out of the group."""
        del self.servers[server.id]
        server.placement_group = None
        server.invalidate()
        self.invalidate()


class PlacementGroups(Collection[PlacementGroup]):
    """All placement groups."""

    kind, plural, label = "placement_group", "placement_groups", "placement group"
    filters: ClassVar[Filters] = {"type": lambda group: group.type}
    has_actions = False

    def __init__(self, project: Project, servers: Servers) -> None:
        super().__init__(project)
        servers.on_delete.append(self._remove_server)

    def of(self, server: Server) -> PlacementGroup | None:
        """The group that ``server`` is in."""
        return self.store.get(server.placement_group.id) if server.placement_group else None

    def _remove_server(self, server: Server) -> None:
        group = self.of(server)
        if group is not None:
            group.remove(server)

    @operation("create_placement_group")
    def create(self, call: Call) -> Reply:
        body = call.body or {}
        if required(body, "type") != "spread":
            raise invalid("type", "must be 'spread'")
        group = self.store.add(PlacementGroup(self.new_identity(body)))
        return Reply(201, {"placement_group": group.render(), "action": None})

    @operation("delete_placement_group")
    def delete(self, call: Call) -> Reply:
        group = self.find(call.params["id"])
        for server in list(group.servers.values()):
            group.remove(server)
        self.store.remove(group)
        return Reply(204)
