"""Primary IPs: one of each version per server, bound to a location, reassigned while the server is off."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any, ClassVar

from ..core.errors import ApiError
from ..core.routing import Call, Reply
from ..machines import futures
from .actions import require_unlocked
from .addresses import VERSIONS, Address
from .collection import Collection, Filters, operation, require_deletable, required
from .labels import invalid
from .machine import public_nics
from .products import Location, Locations
from .project import Project
from .server import Server
from .servers import Servers
from .store import Identity


class PrimaryIp(Address):
    """One primary IP."""

    kind = "primary_ip"
    auto_delete = False
    server: Server | None = None

    def invalidate(self) -> None:
        """Invalidate its server, too: it shows address and reverse names."""
        super().invalidate()
        if self.server is not None:
            self.server.invalidate()

    def view(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "name": self.name,
            "labels": self.labels,
            "created": self.created,
            "blocked": False,
            "location": self.location.render(),
            "ip": self.ip,
            "dns_ptr": self.reverse_names(),
            "protection": self.protection,
            "type": self.type,
            "auto_delete": self.auto_delete,
            "assignee_type": "server" if self.server else "unassigned",
            "assignee_id": self.server.id if self.server else None,
        }

    def assign(self, server: Server) -> None:
        """Assign to ``server``."""
        self.server = server
        server.primary_ips[self.type] = self
        self.invalidate()

    def unassign(self) -> None:
        """Unassign from its server, if it is assigned."""
        if self.server is not None:
            del self.server.primary_ips[self.type]
            self.invalidate()
            self.server = None


class PrimaryIps(Collection[PrimaryIp]):
    """All primary IPs."""

    kind, plural, label = "primary_ip", "primary_ips", "primary IP"
    filters: ClassVar[Filters] = {"ip": lambda address: address.ip}

    def __init__(self, project: Project, servers: Servers, locations: Locations) -> None:
        super().__init__(project)
        self._servers = servers
        self._locations = locations
        servers.on_delete.append(self.release)

    def add(self, identity: Identity, version: str, location: Location) -> PrimaryIp:
        """Allocate an address and store it as a new primary IP; raises ``ApiError`` 412."""
        address = self.project.addresses.allocate(version)
        return self.store.add(PrimaryIp(identity, version, address, location))

    def add_for(self, server: Server, version: str) -> None:
        """Create the primary IP of a new server; it is deleted with the server."""
        ident = self.project.new_id()
        address = self.add((ident, f"primary_ip-{ident}", {}, server.created), version, server.location)
        address.auto_delete = True
        address.assign(server)

    def release(self, server: Server) -> None:
        """Unassign the primary IPs of a server that is deleted, and delete those with ``auto_delete``."""
        for address in [self.store.get(own.id) for own in server.primary_ips.values()]:
            if address is not None:
                address.unassign()
                if address.auto_delete:
                    self.remove(address)

    def remove(self, address: PrimaryIp) -> None:
        """Delete ``address`` and return it to the pool."""
        self.store.remove(address)
        self.project.addresses.release(address.type, address.ip)

    def for_server(self, ident: Any, version: str) -> PrimaryIp:
        """The unassigned primary IP that a request for a server names; raises ``ApiError`` 412, 422."""
        address = self.lookup(ident, f"public_net.{version}")
        if address.type != version:
            raise ApiError(412, "primary_ip_version_mismatch", "the primary IP has the wrong IP version")
        if address.server is not None:
            raise ApiError(422, "primary_ip_assigned", "the primary IP is already assigned to a server")
        return address

    @operation("create_primary_ip")
    def create(self, call: Call) -> Reply:
        body = call.body or {}
        version = required(body, "type")
        if version not in VERSIONS:
            raise invalid("type", "must be 'ipv4' or 'ipv6'")
        server = None
        if body.get("assignee_id") is not None:
            server = self._servers.lookup(body["assignee_id"], "assignee_id")
            self._check_server(server, version)
            location = server.location
        elif body.get("location") is not None:
            location = self._locations.lookup(body["location"], "location")
        else:
            raise invalid("location", "is required for a primary IP without assignee")
        address = self.add(self.new_identity(body), version, location)
        address.auto_delete = bool(body.get("auto_delete"))
        reply = {}
        if server is not None:
            had_card = bool(server.primary_ips)
            address.assign(server)
            job = self._replace_public_nic(server, had_card)
            action = self.project.start_action("assign_primary_ip", [address, server], locks=[address, server], job=job)
            reply = {"action": self.project.action_view(action)}
        return Reply(201, {"primary_ip": address.render(), **reply})

    def edit(self, resource: PrimaryIp, body: dict[str, Any]) -> None:
        super().edit(resource, body)
        if body.get("auto_delete") is not None:
            if body["auto_delete"] and resource.protection["delete"]:
                raise invalid("auto_delete", "cannot be set while delete protection is on")
            resource.auto_delete = bool(body["auto_delete"])
            resource.invalidate()

    @operation("delete_primary_ip")
    def delete(self, call: Call) -> Reply:
        address = self.find(call.params["id"])
        require_deletable(address)
        if address.server is not None:
            raise ApiError(422, "must_be_unassigned", "primary IP must be unassigned before it is deleted")
        self.remove(address)
        return Reply(204)

    @operation("assign_primary_ip")
    def assign(self, call: Call) -> Reply:
        address = self.find(call.params["id"])
        server = self._servers.lookup(required(call.body or {}, "assignee_id"), "assignee_id")
        require_unlocked(address)
        if address.server is not None:
            raise ApiError(422, "primary_ip_already_assigned", "primary IP is already assigned to a server")
        if address.location is not server.location:
            raise ApiError(422, "invalid_input", "server and primary IP required to be in the same location")
        self._check_server(server, address.type)
        had_card = bool(server.primary_ips)
        address.assign(server)
        job = self._replace_public_nic(server, had_card)
        return self.answer_with_action("assign_primary_ip", [address, server], locks=[address, server], job=job)

    @operation("unassign_primary_ip")
    def unassign(self, call: Call) -> Reply:
        address = self.find(call.params["id"])
        require_unlocked(address)
        server = address.server
        if server is None:
            raise ApiError(422, "invalid_input", "primary IP is not assigned")
        require_unlocked(server)
        if server.status != "off":
            raise ApiError(422, "server_not_stopped", "the server must be powered off")

        def released() -> None:
            address.unassign()
            self._replace_public_nic(server, had_card=True)

        return self.answer_with_action("unassign_primary_ip", [address, server], released, locks=[address, server])

    def _replace_public_nic(self, server: Server, had_card: bool) -> Future:
        """Give a server that is off the public network card of its current addresses."""
        machines = self.project.machines
        jobs = [machines.unplug_nic(server.key, "public")] if had_card else []
        jobs += [machines.plug_nic(server.key, nic) for nic in public_nics(self.project.addresses, server)]
        return futures.gather(jobs)

    @operation("change_primary_ip_dns_ptr")
    def change_dns_ptr(self, call: Call) -> Reply:
        address, body = self.find(call.params["id"]), call.body or {}
        address.rename(required(body, "ip"), body.get("dns_ptr"))
        return self.answer_with_action("change_dns_ptr", [address])

    @operation("change_primary_ip_protection")
    def change_protection(self, call: Call) -> Reply:
        address = self.find(call.params["id"])
        if (call.body or {}).get("delete") and address.auto_delete:
            raise invalid("delete", "cannot be protected while auto_delete is on")
        return self.protect(address, call)

    @staticmethod
    def _check_server(server: Server, version: str) -> None:
        require_unlocked(server)
        if server.status != "off":
            raise ApiError(422, "server_not_stopped", "the server must be powered off")
        if version in server.primary_ips:
            raise ApiError(422, f"server_has_{version}", f"the server already has an {version} address")
