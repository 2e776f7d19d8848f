"""Primary IPs: one of each version per server, bound to a location, moved while it is off."""

from __future__ import annotations

from concurrent.futures import Future
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any, ClassVar

from ..core.errors import ApiError
from ..core.routing import Call, Reply
from .actions import unlocked
from .labels import invalid
from .machine import public_nics, together
from .project import Family, Filters, guard, need, operation
from .store import Resource

if TYPE_CHECKING:
    from .offers import Location
    from .servers import Server

VERSIONS = ("ipv4", "ipv6")


class Address(Resource):
    """What primary and floating IPs share: an address and its reverse names."""

    def __init__(
        self, identity: tuple[int, str, dict[str, str], str], version: str, address: str, location: Location
    ) -> None:
        super().__init__(*identity)
        self.type = version
        self.ip = address
        self.location = location
        self.server: Server | None = None
        self.protection = {"delete": False}
        self.names: dict[str, str] = {address: default_name(address)} if version == "ipv4" else {}

    def rename(self, address: str, name: str | None) -> None:
        """Set the reverse name of ``address``, or its default; raises ``ApiError`` 422."""
        if self.type == "ipv4":
            if address != self.ip:
                raise invalid("ip", f"{address} does not belong to this resource")
            self.names = {self.ip: name or default_name(self.ip)}
        else:
            if not _inside(address, self.ip):
                raise invalid("ip", f"{address} does not belong to this resource")
            self.names = {a: n for a, n in self.names.items() if a != address} | ({address: name} if name else {})
        self.touch()
        if self.server is not None:
            self.server.touch()

    def reverse(self) -> list[dict[str, str]]:
        return [{"ip": address, "dns_ptr": name} for address, name in self.names.items()]


class PrimaryIp(Address):
    kind = "primary_ip"
    auto_delete = False

    def draw(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "name": self.name,
            "labels": self.labels,
            "created": self.created,
            "blocked": False,
            "location": self.location.render(),
            "ip": self.ip,
            "dns_ptr": self.reverse(),
            "protection": self.protection,
            "type": self.type,
            "auto_delete": self.auto_delete,
            "assignee_type": "server" if self.server else "unassigned",
            "assignee_id": self.server.id if self.server else None,
        }

    def join(self, server: Server) -> None:
        self.server = server
        server.primary_ips[self.type] = self
        self.touch()
        server.touch()

    def leave(self) -> None:
        if self.server is not None:
            del self.server.primary_ips[self.type]
            self.server.touch()
            self.server = None
            self.touch()


class PrimaryIps(Family[PrimaryIp]):
    kind, plural, label = "primary_ip", "primary_ips", "primary IP"
    filters: ClassVar[Filters] = {"ip": lambda address: address.ip}

    def make(self, identity: tuple[int, str, dict[str, str], str], version: str, location: Location) -> PrimaryIp:
        address = self.project.addresses.take(version)
        return self.store.add(PrimaryIp(identity, version, address, location))

    def make_for(self, server: Server, version: str) -> None:
        """The primary IP that a new server gets, and that goes with it."""
        ident = self.project.new_id()
        address = self.make((ident, f"primary_ip-{ident}", {}, server.created), version, server.location)
        address.auto_delete = True
        address.join(server)

    def release(self, server: Server) -> None:
        """Let go of a deleted server's primary IPs."""
        for address in list(server.primary_ips.values()):
            address.leave()
            if address.auto_delete:
                self.drop(address)

    def drop(self, address: PrimaryIp) -> None:
        self.store.remove(address)
        self.project.addresses.give_back(address.type, address.ip)

    def for_server(self, ident: Any, version: str) -> PrimaryIp:
        """A free primary IP that a server's request names."""
        address = self.referred(ident, f"public_net.{version}")
        if address.type != version:
            raise ApiError(412, "primary_ip_version_mismatch", "the primary IP has the wrong IP version")
        if address.server is not None:
            raise ApiError(422, "primary_ip_assigned", "the primary IP is already assigned to a server")
        return address

    @operation("create_primary_ip")
    def create(self, call: Call) -> Reply:
        body = call.body or {}
        version = need(body, "type")
        if version not in VERSIONS:
            raise invalid("type", "must be 'ipv4' or 'ipv6'")
        server = None
        if body.get("assignee_id") is not None:
            server = self.project.servers.referred(body["assignee_id"], "assignee_id")
            self._check_server(server, version)
            location = server.location
        elif body.get("location") is not None:
            location = self.project.locations.referred(body["location"], "location")
        else:
            raise invalid("location", "is required for a primary IP without assignee")
        address = self.make(self.identity(body), version, location)
        address.auto_delete = bool(body.get("auto_delete"))
        reply = {}
        if server is not None:
            had_card = bool(server.primary_ips)
            address.join(server)
            job = self._rewire(server, had_card)
            action = self.project.begin("assign_primary_ip", [address, server], holds=[address, server], job=job)
            reply = {"action": self.project.shown(action)}
        return Reply(201, {"primary_ip": address.render(), **reply})

    def edit(self, resource: PrimaryIp, body: dict[str, Any]) -> None:
        super().edit(resource, body)
        if body.get("auto_delete") is not None:
            if body["auto_delete"] and resource.protection["delete"]:
                raise invalid("auto_delete", "cannot be set while delete protection is on")
            resource.auto_delete = bool(body["auto_delete"])
            resource.touch()

    @operation("delete_primary_ip")
    def delete(self, call: Call) -> Reply:
        address = self.find(call.params["id"])
        guard(address)
        if address.server is not None:
            raise ApiError(422, "must_be_unassigned", "primary IP must be unassigned before it is deleted")
        self.drop(address)
        return Reply(204)

    @operation("assign_primary_ip")
    def assign(self, call: Call) -> Reply:
        address = self.find(call.params["id"])
        server = self.project.servers.referred(need(call.body or {}, "assignee_id"), "assignee_id")
        unlocked(address)
        if address.server is not None:
            raise ApiError(422, "primary_ip_already_assigned", "primary IP is already assigned to a server")
        if address.location is not server.location:
            raise ApiError(422, "invalid_input", "server and primary IP need to be in the same location")
        self._check_server(server, address.type)
        had_card = bool(server.primary_ips)
        address.join(server)
        job = self._rewire(server, had_card)
        return self.begun("assign_primary_ip", [address, server], holds=[address, server], job=job)

    @operation("unassign_primary_ip")
    def unassign(self, call: Call) -> Reply:
        address = self.find(call.params["id"])
        unlocked(address)
        server = address.server
        if server is None:
            raise ApiError(422, "invalid_input", "primary IP is not assigned")
        unlocked(server)
        if server.status != "off":
            raise ApiError(422, "server_not_stopped", "the server must be powered off")

        def released() -> None:
            address.leave()
            self._rewire(server, had_card=True)

        return self.begun("unassign_primary_ip", [address, server], released, holds=[address, server])

    def _rewire(self, server: Server, had_card: bool) -> Future:
        """Give a server that is off the public card of its present addresses."""
        machines = self.project.machines
        jobs = [machines.unplug_nic(server.key, "public")] if had_card else []
        jobs += [machines.plug_nic(server.key, nic) for nic in public_nics(self.project, server)]
        return together(*jobs)

    @operation("change_primary_ip_dns_ptr")
    def change_dns_ptr(self, call: Call) -> Reply:
        address, body = self.find(call.params["id"]), call.body or {}
        address.rename(need(body, "ip"), body.get("dns_ptr"))
        return self.begun("change_dns_ptr", [address])

    @operation("change_primary_ip_protection")
    def change_protection(self, call: Call) -> Reply:
        address = self.find(call.params["id"])
        if (call.body or {}).get("delete") and address.auto_delete:
            raise invalid("delete", "cannot be protected while auto_delete is on")
        return self.protect(address, call)

    @staticmethod
    def _check_server(server: Server, version: str) -> None:
        unlocked(server)
        if server.status != "off":
            raise ApiError(422, "server_not_stopped", "the server must be powered off")
        if version in server.primary_ips:
            raise ApiError(422, f"server_has_{version}", f"the server already has an {version} address")


def default_name(address: str) -> str:
    """The reverse name that an IPv4 address has unless told otherwise."""
    return f"static.{'.'.join(reversed(address.split('.')))}.clients.your-server.de"


def _inside(address: str, network: str) -> bool:
    try:
        return ip_address(address) in ip_network(network)
    except ValueError:
        return False
