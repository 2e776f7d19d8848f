"""Floating IPs: assigned to any server, in any location, at any time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..core.errors import ApiError
from ..core.routing import Call, Reply
from .actions import unlocked
from .labels import invalid
from .primary_ips import VERSIONS, Address
from .project import Family, guard, need, operation

if TYPE_CHECKING:
    from .servers import Server


class FloatingIp(Address):
    kind = "floating_ip"
    description: str | None = None

    def draw(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "name": self.name,
            "description": self.description,
            "ip": self.ip,
            "type": self.type,
            "server": self.server.id if self.server else None,
            "dns_ptr": self.reverse(),
            "home_location": self.location.render(),
            "blocked": False,
            "protection": self.protection,
            "labels": self.labels,
            "created": self.created,
        }

    def join(self, server: Server) -> None:
        self.leave()
        self.server = server
        server.floating_ips[self.id] = self
        self.touch()
        server.touch()

    def leave(self) -> None:
        if self.server is not None:
            del self.server.floating_ips[self.id]
            self.server.touch()
            self.server = None
            self.touch()


class FloatingIps(Family[FloatingIp]):
    kind, plural, label = "floating_ip", "floating_ips", "floating IP"

    @operation("create_floating_ip")
    def create(self, call: Call) -> Reply:
        body = call.body or {}
        version = need(body, "type")
        if version not in VERSIONS:
            raise invalid("type", "must be 'ipv4' or 'ipv6'")
        server = None
        if body.get("server") is not None:
            server = self.project.servers.referred(body["server"], "server")
            unlocked(server)
        if body.get("home_location") is not None:
            location = self.project.locations.referred(body["home_location"], "home_location")
        elif server is not None:
            location = server.location
        else:
            raise invalid("home_location", "is required for a floating IP without server")
        ident, name, labels, created = self.identity({"name": f"floating-ip-{self.project.new_id()}", **body})
        address = FloatingIp((ident, name, labels, created), version, self.project.addresses.take(version), location)
        address.description = body.get("description")
        self.store.add(address)
        reply = {}
        if server is not None:
            address.join(server)
            action = self.project.begin("assign_floating_ip", [address, server], holds=[address])
            reply = {"action": self.project.shown(action)}
        return Reply(201, {"floating_ip": address.render(), **reply})

    def edit(self, resource: FloatingIp, body: dict[str, Any]) -> None:
        super().edit(resource, body)
        if "description" in body:
            resource.description = body["description"]
            resource.touch()

    @operation("delete_floating_ip")
    def delete(self, call: Call) -> Reply:
        address = self.find(call.params["id"])
        guard(address)
        if address.server is not None:
            raise ApiError(422, "must_be_unassigned", "floating IP must be unassigned before it is deleted")
        self.store.remove(address)
        self.project.addresses.give_back(address.type, address.ip)
        return Reply(204)

    @operation("assign_floating_ip")
    def assign(self, call: Call) -> Reply:
        """Assigning moves it from another server; to its own server it is refused."""
        address = self.find(call.params["id"])
        server = self.project.servers.referred(need(call.body or {}, "server"), "server")
        unlocked(address, server)
        if address.server is server:
            raise ApiError(422, "floating_ip_assigned", "floating IP is already assigned to this server")
        address.join(server)
        return self.begun("assign_floating_ip", [address, server], holds=[address])

    @operation("unassign_floating_ip")
    def unassign(self, call: Call) -> Reply:
        address = self.find(call.params["id"])
        unlocked(address)
        if address.server is None:
            raise ApiError(422, "invalid_input", "floating IP is not assigned")
        return self.begun("unassign_floating_ip", [address, address.server], address.leave, holds=[address])

    @operation("change_floating_ip_dns_ptr")
    def change_dns_ptr(self, call: Call) -> Reply:
        address, body = self.find(call.params["id"]), call.body or {}
        address.rename(need(body, "ip"), body.get("dns_ptr"))
        return self.begun("change_dns_ptr", [address])

    @operation("change_floating_ip_protection")
    def change_protection(self, call: Call) -> Reply:
        return self.protect(self.find(call.params["id"]), call)
