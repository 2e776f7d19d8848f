"""A server as the project stores it."""

from __future__ import annotations

from typing import Any

from .addresses import Address
from .images import Image
from .network import Member
from .products import Iso, Location, ServerType
from .store import Identity, Resource


class Server(Member):
    """One server. It knows attached resources only as far as it shows them; their own
    collections attach and detach them."""

    kind = "server"

    def __init__(self, identity: Identity, kind: ServerType, location: Location, image: Image) -> None:
        super().__init__(identity)
        self.type = kind
        self.location = location
        self.image: Image | None = image
        self.status = "initializing"
        self.primary_disk_size = kind.row.disk
        self.price = self.current_price()
        self.user_data = ""
        self.ssh_keys: list[str] = []
        # IP version -> primary IP; the others by id.
        self.primary_ips: dict[str, Address] = {}
        self.volumes: dict[int, Resource] = {}
        self.floating_ips: dict[int, Resource] = {}
        self.load_balancers: dict[int, Resource] = {}
        self.firewalls: dict[int, Resource] = {}
        self.placement_group: Resource | None = None
        self.iso: Iso | None = None
        self.rescue = False
        self.backup_window: str | None = None
        self.protection = {"delete": False, "rebuild": False}

    @property
    def key(self) -> str:
        """The key of its machine."""
        return f"hetzner-{self.id}"

    def current_price(self) -> dict[str, str]:
        """The price of its type today, net euro; a server keeps the price of its creation or last rescale."""
        return {"type": str(self.type.name), "hourly": self.type.net[0], "monthly": self.type.net[1]}

    def set_status(self, status: str) -> None:
        """Set the status that the API shows."""
        if status != self.status:
            self.status = status
            self.invalidate()

    def view(self) -> dict[str, Any]:
        v4, v6 = self.primary_ips.get("ipv4"), self.primary_ips.get("ipv6")
        return {
            "id": self.id,
            "name": self.name,
            "status": self.status,
            "created": self.created,
            "public_net": {
                "ipv4": v4 and {"id": v4.id, "ip": v4.ip, "blocked": False, "dns_ptr": v4.names[v4.ip]},
                "ipv6": v6 and {"id": v6.id, "ip": v6.ip, "blocked": False, "dns_ptr": v6.reverse_names()},
                "floating_ips": list(self.floating_ips),
                "firewalls": [{"id": ident, "status": "applied"} for ident in self.firewalls],
            },
            "private_net": [membership.view() for membership in self.networks.values()],
            "server_type": self.type.render(),
            "location": self.location.render(),
            "image": self.image.render() if self.image else None,
            "iso": self.iso.render() if self.iso else None,
            "rescue_enabled": self.rescue,
            "locked": bool(self.locks),
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
        """The view, and the price that is billed: the API does not show it."""
        return {**self.render(), "created_price": self.price}
