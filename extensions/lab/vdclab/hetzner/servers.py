"""Servers: lists, update, deletion and metrics; other files have their creation and changes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, ClassVar

from ..core.routing import Call, Reply
from .collection import Collection, Filters, operation, require_deletable
from .labels import invalid
from .metrics import SERVER_SERIES, answer
from .project import Project
from .server import Server

# Hostnames as in RFC 1123.
LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
NAME = re.compile(rf"{LABEL}(?:\.{LABEL})*")


class Servers(Collection[Server]):
    """All servers. Collections that attach resources to servers register with ``on_delete`` and ``on_change``."""

    kind, plural, label = "server", "servers", "server"
    filters: ClassVar[Filters] = {"status": lambda server: server.status}

    def __init__(self, project: Project) -> None:
        super().__init__(project)
        # Called with a server whose name or labels changed, and with one that is being removed.
        self.on_change: list[Callable[[Server], None]] = []
        self.on_delete: list[Callable[[Server], None]] = []
        # Ids of servers that were asked to shut down and may still run.
        self.shutting_down: set[int] = set()

    def check_name(self, name: Any, owner: Server | None = None) -> str:
        if not isinstance(name, str) or len(name) > 253 or not NAME.fullmatch(name):
            raise invalid("name", "must be a valid hostname (RFC 1123)")
        return super().check_name(name, owner)

    def edit(self, resource: Server, body: dict[str, Any]) -> None:
        super().edit(resource, body)
        for changed in self.on_change:
            changed(resource)

    @operation("delete_server")
    def delete(self, call: Call) -> Reply:
        server = self.find(call.params["id"])
        require_deletable(server)
        server.set_status("deleting")
        self.shutting_down.discard(server.id)
        job = self.project.machines.delete(server.key)

        def done() -> None:
            self.remove(server)

        def failed() -> None:
            server.set_status("unknown")

        action = self.project.start_action("delete_server", [server], done, locks=[server], job=job, failed=failed)
        return Reply(200, {"action": self.project.action_view(action)})

    def remove(self, server: Server) -> None:
        """Detach and release everything of a deleted server, then remove it."""
        for deleted in self.on_delete:
            deleted(server)
        self.store.remove(server)
        server.type.return_stock(str(server.location.name))

    def refresh_power_states(self) -> None:
        """Mark servers as off whose guests have shut down since the last call."""
        machines = self.project.machines
        if not machines.real and not self.shutting_down:
            return
        asked = [self.store.get(ident) for ident in self.shutting_down]
        # Real guests also stop without being asked; one that is being changed is skipped.
        watched = asked + ([s for s in self.store if not s.locks] if machines.real else [])
        for server in watched:
            if server is not None and server.status == "running" and not machines.running(server.key):
                server.set_status("off")
        self.shutting_down = {s.id for s in asked if s is not None and s.status == "running"}

    @operation("get_server_metrics")
    def metrics(self, call: Call) -> Reply:
        server = self.find(call.params["id"])
        return answer(call, SERVER_SERIES, server.status == "running")
