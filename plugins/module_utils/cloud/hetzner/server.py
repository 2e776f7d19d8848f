# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A server as the API shows it, reduced to what we compare and change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

FLEET = "fleet"
# The price that a server keeps until it is rescaled is in no answer of the API: we write it down.
PRICE_TYPE, PRICE_HOURLY, PRICE_MONTHLY = "price-type", "price-hourly", "price-monthly"
# Set while a server is stopped on the way to something else, so that a run which dies there
# does not leave it off: the next run starts it.
RESUME = "resume"
# Labels that the module keeps itself, besides that of ownership.
OURS = (FLEET, PRICE_TYPE, PRICE_HOURLY, PRICE_MONTHLY, RESUME)

RUNNING = ("running", "starting", "initializing", "rebuilding", "migrating")
SETTLED = ("running", "off")


@dataclass(frozen=True)
class Attachment:
    """A server's place in one network. In a wish, ``None`` leaves the choice to the provider."""

    ip: str | None = None
    alias_ips: frozenset[str] | None = None

    def fits(self, wish: Attachment) -> bool:
        """Whether this place is what ``wish`` asks for, aliases aside."""
        return wish.ip in (None, self.ip)


@dataclass(frozen=True)
class Server:
    """One server. Networks, firewalls and volumes by id; ``disk`` in GB is its real size, ``kind``
    its type as the API describes it."""

    id: int | None
    name: str
    status: str
    server_type: str
    location: str
    image: str | None
    disk: int
    labels: Mapping[str, str] = field(default_factory=dict)
    networks: Mapping[int, Attachment] = field(default_factory=dict)
    firewalls: frozenset[int] = frozenset()
    volumes: frozenset[int] = frozenset()
    placement_group: int | None = None
    backups: bool = False
    delete_protection: bool = False
    locked: bool = False
    kind: Mapping[str, Any] = field(default_factory=dict, compare=False)
    raw: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @property
    def on(self) -> bool:
        """Whether it runs, or will in a moment."""
        return self.status in RUNNING


def from_api(raw: Mapping[str, Any]) -> Server:
    """A server of ``GET /servers``."""
    group = raw.get("placement_group")
    image = raw.get("image")
    return Server(
        id=raw["id"],
        name=raw["name"],
        status=raw["status"],
        server_type=raw["server_type"]["name"],
        location=raw["location"]["name"],
        image=image["name"] if image else None,
        disk=raw["primary_disk_size"],
        labels=raw["labels"],
        networks={
            net["network"]: Attachment(net["ip"], frozenset(net["alias_ips"])) for net in raw.get("private_net") or []
        },
        firewalls=frozenset(firewall["id"] for firewall in raw["public_net"].get("firewalls") or []),
        volumes=frozenset(raw.get("volumes") or []),
        placement_group=group["id"] if group else None,
        backups=raw.get("backup_window") is not None,
        delete_protection=raw["protection"]["delete"],
        locked=raw["locked"],
        kind=raw["server_type"],
        raw=raw,
    )


def as_result(server: Server) -> dict[str, Any]:
    """A server as ``hetzner_servers`` returns it; what only the cloud knows is null in check mode."""
    public = server.raw.get("public_net") or {}
    ipv4, ipv6 = public.get("ipv4") or {}, public.get("ipv6") or {}
    return {
        "id": server.id,
        "name": server.name,
        "status": server.status,
        "server_type": server.server_type,
        "location": server.location or None,
        "image": server.image,
        "labels": dict(server.labels),
        "ipv4": ipv4.get("ip"),
        "ipv6": ipv6.get("ip"),
        "private_networks": [
            {"network": id_, "ip": place.ip, "alias_ips": sorted(place.alias_ips or ())}
            for id_, place in sorted(server.networks.items())
        ],
        "firewalls": sorted(server.firewalls),
        "volumes": sorted(server.volumes),
        "placement_group": server.placement_group,
        "backups": server.backups,
        "delete_protection": server.delete_protection,
        "disk_gb": server.disk,
        "created": server.raw.get("created"),
        "price_hourly": server.labels.get(PRICE_HOURLY),
        "price_monthly": server.labels.get(PRICE_MONTHLY),
    }
