"""Floating IPs: can be assigned to any server in any location at any time."""

from __future__ import annotations

from typing import Any

from ..core.errors import ApiError
from ..core.routing import Call, Reply
from .actions import require_unlocked
from .addresses import VERSIONS, Address
from .collection import Collection, operation, require_deletable, required
from .labels import invalid
from .products import Locations
from .project import Project
from .server import Server
from .servers import Servers


class FloatingIp(Address):
    """One floating IP."""

    kind = "floating_ip"
    description: str | None = None
    server: Server | None = None

    def view(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "name": self.name,
            "description": self.description,
            "ip": self.ip,
            "type": self.type,
            "server": self.server.id if self.server else None,
            "dns_ptr": self.reverse_names(),
            "home_location": self.location.render(),
            "blocked": False,
            "protection": self.protection,
            "labels": self.labels,
            "created": self.created,
        }

    def assign(self, server: Server) -> None:
        """Assign to ``server``; it is unassigned from its previous one."""
        self.unassign()
        self.server = server
        server.floating_ips[self.id] = self
        self.invalidate()
        server.invalidate()

    def unassign(self) -> None:
        """Unassign from its server, if it is assigned."""
        if self.server is not None:
            del self.server.floating_ips[self.id]
            self.server.invalidate()
            self.server = None
            self.invalidate()


class FloatingIps(Collection[FloatingIp]):
    """All floating IPs."""

    kind, plural, label = "floating_ip", "floating_ips", "floating IP"

    def __init__(self, project: Project, servers: Servers, locations: Locations) -> None:
        super().__init__(project)
        self._servers = servers
        self._locations = locations
        servers.on_delete.append(self._unassign_all)

    def _unassign_all(self, server: Server) -> None:
        for address in [self.store.get(ident) for ident in server.floating_ips]:
            if address is not None:
                address.unassign()

    @operation("create_floating_ip")
    def create(self, call: Call) -> Reply:
        body = call.body or {}
        version = required(body, "type")
        if version not in VERSIONS:
            raise invalid("type", "must be 'ipv4' or 'ipv6'")
        server = None
        if body.get("server") is not None:
            server = self._servers.lookup(body["server"], "server")
            require_unlocked(server)
        if body.get("home_location") is not None:
            location = self._locations.lookup(body["home_location"], "home_location")
        elif server is not None:
            location = server.location
        else:
            raise invalid("home_location", "is required for a floating IP without server")
        ident, name, labels, created = self.new_identity({"name": f"floating-ip-{self.project.new_id()}", **body})
        address = FloatingIp(
            (ident, name, labels, created), version, self.project.addresses.allocate(version), location
        )
        address.description = body.get("description")
        self.store.add(address)
        reply = {}
        if server is not None:
            address.assign(server)
            action = self.project.start_action("assign_floating_ip", [address, server], locks=[address])
            reply = {"action": self.project.action_view(action)}
        return Reply(201, {"floating_ip": address.render(), **reply})

    def edit(self, resource: FloatingIp, body: dict[str, Any]) -> None:
        super().edit(resource, body)
        if "description" in body:
            resource.description = body["description"]
            resource.invalidate()

    @operation("delete_floating_ip")
    def delete(self, call: Call) -> Reply:
        address = self.find(call.params["id"])
        require_deletable(address)
        if address.server is not None:
            raise ApiError(422, "must_be_unassigned", "floating IP must be unassigned before it is deleted")
        self.store.remove(address)
        self.project.addresses.release(address.type, address.ip)
        return Reply(204)

    @operation("assign_floating_ip")
    def assign(self, call: Call) -> Reply:
        """Assign it, moving it from another server; assigning it to its own server is an error."""
        address = self.find(call.params["id"])
        server = self._servers.lookup(required(call.body or {}, "server"), "server")
        require_unlocked(address, server)
        if address.server is server:
            raise ApiError(422, "floating_ip_assigned", "floating IP is already assigned to this server")
        address.assign(server)
        return self.answer_with_action("assign_floating_ip", [address, server], locks=[address])

    @operation("unassign_floating_ip")
    def unassign(self, call: Call) -> Reply:
        address = self.find(call.params["id"])
        require_unlocked(address)
        if address.server is None:
            raise ApiError(422, "invalid_input", "floating IP is not assigned")
        return self.answer_with_action(
            "unassign_floating_ip", [address, address.server], address.unassign, locks=[address]
        )

    @operation("change_floating_ip_dns_ptr")
    def change_dns_ptr(self, call: Call) -> Reply:
        address, body = self.find(call.params["id"]), call.body or {}
        address.rename(required(body, "ip"), body.get("dns_ptr"))
        return self.answer_with_action("change_dns_ptr", [address])

    @operation("change_floating_ip_protection")
    def change_protection(self, call: Call) -> Reply:
        return self.protect(self.find(call.params["id"]), call)
