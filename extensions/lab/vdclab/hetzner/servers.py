"""Servers: the resource itself, its lists, its creation's end and its deletion."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

from ..core.routing import Call, Reply
from .labels import invalid
from .project import Family, Filters, guard, operation
from .store import Resource

if TYPE_CHECKING:
    from .firewalls import Firewall
    from .floating_ips import FloatingIp
    from .images import Image
    from .load_balancers import LoadBalancer
    from .networks import Membership
    from .offers import Iso, Location, ServerType
    from .placement_groups import PlacementGroup
    from .primary_ips import PrimaryIp
    from .volumes import Volume

# Hostnames as in RFC 1123.
LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
NAME = re.compile(rf"{LABEL}(?:\.{LABEL})*")


class Server(Resource):
    kind = "server"

    def __init__(
        self,
        identity: tuple[int, str, dict[str, str], str],
        kind: ServerType,
        location: Location,
        image: Image,
    ) -> None:
        super().__init__(*identity)
        self.type = kind
        self.location = location
        self.image: Image | None = image
        self.status = "initializing"
        self.primary_disk_size = kind.row.disk
        self.price = self.current_price()
        self.user_data = ""
        self.ssh_keys: list[str] = []
        self.primary_ips: dict[str, PrimaryIp] = {}
        self.networks: dict[int, Membership] = {}
        self.volumes: dict[int, Volume] = {}
        self.floating_ips: dict[int, FloatingIp] = {}
        self.load_balancers: dict[int, LoadBalancer] = {}
        self.firewalls: list[Firewall] = []
        self.placement_group: PlacementGroup | None = None
        self.iso: Iso | None = None
        self.rescue = False
        self.backup_window: str | None = None
        self.protection = {"delete": False, "rebuild": False}

    @property
    def key(self) -> str:
        """What the machines call it."""
        return f"hetzner-{self.id}"

    def current_price(self) -> dict[str, str]:
        """Net euro of its type today; a server keeps the price of its creation or last rescale."""
        return {"type": str(self.type.name), "hourly": self.type.net[0], "monthly": self.type.net[1]}

    def set_status(self, status: str) -> None:
        if status != self.status:
            self.status = status
            self.touch()

    def draw(self) -> dict[str, Any]:
        v4, v6 = self.primary_ips.get("ipv4"), self.primary_ips.get("ipv6")
        return {
            "id": self.id,
            "name": self.name,
            "status": self.status,
            "created": self.created,
            "public_net": {
                "ipv4": v4 and {"id": v4.id, "ip": v4.ip, "blocked": False, "dns_ptr": v4.names[v4.ip]},
                "ipv6": v6 and {"id": v6.id, "ip": v6.ip, "blocked": False, "dns_ptr": v6.reverse()},
                "floating_ips": list(self.floating_ips),
                "firewalls": [{"id": firewall.id, "status": "applied"} for firewall in self.firewalls],
            },
            "private_net": [place.draw() for place in self.networks.values()],
            "server_type": self.type.render(),
            "location": self.location.render(),
            "image": self.image.render() if self.image else None,
            "iso": self.iso.render() if self.iso else None,
            "rescue_enabled": self.rescue,
            "locked": bool(self.busy),
            "backup_window": self.backup_window,
            "outgoing_traffic": 0,
            "ingoing_traffic": 0,
            "included_traffic": self.type.included_traffic(str(self.location.name)),
            "protection": self.protection,
            "labels": self.labels,
            "volumes": list(self.volumes),
            "load_balancers": list(self.load_balancers),
            "primary_disk_size": self.primary_disk_size,
            "placement_group": self.placement_group.render() if self.placement_group else None,
        }

    def dump(self) -> dict[str, Any]:
        return {**self.render(), "created_price": self.price}


class Servers(Family[Server]):
    kind, plural, label = "server", "servers", "server"
    filters: ClassVar[Filters] = {"status": lambda server: server.status}

    def check_name(self, name: Any, owner: Server | None = None) -> str:
        if not isinstance(name, str) or len(name) > 253 or not NAME.fullmatch(name):
            raise invalid("name", "must be a valid hostname (RFC 1123)")
        return super().check_name(name, owner)

    def edit(self, resource: Server, body: dict[str, Any]) -> None:
        super().edit(resource, body)
        self.project.firewalls.follow(resource)

    @operation("delete_server")
    def delete(self, call: Call) -> Reply:
        server = self.find(call.params["id"])
        guard(server)
        server.set_status("deleting")
        self.project.dying.discard(server.id)
        job = self.project.machines.delete(server.key)

        def gone() -> None:
            self.bury(server)

        def broken() -> None:
            server.set_status("unknown")

        action = self.project.begin("delete_server", [server], gone, holds=[server], job=job, failed=broken)
        return Reply(200, {"action": self.project.shown(action)})

    def bury(self, server: Server) -> None:
        """Let go of all that a deleted server held."""
        for volume in list(server.volumes.values()):
            volume.leave()
        for address in list(server.floating_ips.values()):
            address.leave()
        for balancer in list(server.load_balancers.values()):
            balancer.forget(server)
        for place in list(server.networks.values()):
            place.network.leave(server)
        if server.placement_group is not None:
            server.placement_group.leave(server)
        self.project.firewalls.forget(server)
        self.project.primary_ips.release(server)
        self.project.images.drop_backups(server)
        self.store.remove(server)
        server.type.give_back(str(server.location.name))

    def settle(self) -> None:
        """See which guests have powered themselves down since the last call."""
        machines = self.project.machines
        asked = [self.store.get(ident) for ident in self.project.dying]
        # Real guests also stop without being asked; one that is being changed is left alone.
        watched = asked + ([s for s in self.store if not s.busy] if machines.real else [])
        for server in watched:
            if server is not None and server.status == "running" and not machines.running(server.key):
                server.set_status("off")
        self.project.dying = {s.id for s in asked if s is not None and s.status == "running"}
