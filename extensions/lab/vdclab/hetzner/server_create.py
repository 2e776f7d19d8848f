"""``POST /servers``: everything is checked before anything is made."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING, Any

from ..core.errors import ApiError
from ..core.routing import Call, Reply
from .firewalls import MOST_PER_SERVER as MOST_FIREWALLS
from .labels import check_labels, invalid
from .machine import mac, spec_of
from .project import Calls, Project, need, operation
from .servers import Server
from .store import Resource
from .volumes import MOST_PER_SERVER as MOST_VOLUMES
from .volumes import check_attachable

if TYPE_CHECKING:
    from .actions import Action
    from .firewalls import Firewall
    from .images import Image
    from .networks import Network
    from .offers import Location, ServerType
    from .placement_groups import PlacementGroup
    from .primary_ips import PrimaryIp
    from .volumes import Volume

LONGEST_USER_DATA = 32 * 1024  # bytes


@dataclass
class Order:
    """A checked request."""

    kind: ServerType
    location: Location
    image: Image
    ssh_keys: list[str]
    user_data: str
    start: bool
    volumes: list[Volume] = field(default_factory=list)
    networks: list[Network] = field(default_factory=list)
    firewalls: list[Firewall] = field(default_factory=list)
    group: PlacementGroup | None = None
    # Version -> an existing primary IP, or ``None`` for a new one; absent: not wanted.
    addresses: dict[str, PrimaryIp | None] = field(default_factory=dict)


class ServerCreation(Calls):
    @operation("create_server")
    def create(self, call: Call) -> Reply:
        project, body = self.project, call.body or {}
        order = self._checked(body)
        identity = project.servers.identity(body)
        order.kind.take(str(order.location.name))
        try:
            server = self._assembled(Server(identity, order.kind, order.location, order.image), order)
        except ApiError:
            order.kind.give_back(str(order.location.name))
            raise
        actions = self._started(server, order)
        shown = [project.shown(action) for action in actions]
        password = None if order.ssh_keys else new_password()
        return Reply(
            201,
            {"server": server.render(), "action": shown[0], "next_actions": shown[1:], "root_password": password},
        )

    # -- checks --------------------------------------------------------------------------

    def _checked(self, body: dict[str, Any]) -> Order:
        project = self.project
        project.servers.check_name(need(body, "name"))
        check_labels(body.get("labels") or {})
        project.check_quota("servers", have=len(project.servers.store))
        kind = project.server_types.referred(need(body, "server_type"), "server_type")
        if kind.retired(project.now()):
            raise invalid("server_type", f"server type {kind.id} is deprecated")
        image = project.images.for_server(need(body, "image"), kind.row.architecture)
        if image.disk_size > kind.row.disk:
            raise invalid("image", "image disk is bigger than server type disk")
        keys = [project.ssh_keys.referred(key, "ssh_keys").public_key for key in body.get("ssh_keys") or []]
        volumes = [project.volumes.referred(ident, "volumes") for ident in body.get("volumes") or []]
        addresses = wanted_addresses(project, body.get("public_net") or {})
        networks = [project.networks.referred(ident, "networks") for ident in body.get("networks") or []]
        if not addresses and not networks:
            raise invalid("public_net", "a server needs a public or a private network")
        location = self._location(body, kind, volumes, addresses)
        order = Order(kind, location, image, keys, user_data(body), body.get("start_after_create") is not False)
        order.volumes, order.networks, order.addresses = volumes, networks, addresses
        for wish in body.get("firewalls") or []:
            order.firewalls.append(project.firewalls.referred(need(wish, "firewall"), "firewalls"))
        self._check_parts(order)
        if body.get("placement_group") is not None:
            order.group = project.placement_groups.referred(body["placement_group"], "placement_group")
            order.group.check_room()
        return order

    @staticmethod
    def _check_parts(order: Order) -> None:
        """Raise ``ApiError`` 422 for what cannot be attached to one server."""
        parts: dict[str, Sequence[Resource]] = {
            "volumes": order.volumes,
            "networks": order.networks,
            "firewalls": order.firewalls,
        }
        for name, resources in parts.items():
            if len({resource.id for resource in resources}) < len(resources):
                raise invalid(name, "must not name anything twice")
        if len(order.volumes) > MOST_VOLUMES:
            raise invalid("volumes", f"a server takes at most {MOST_VOLUMES} volumes")
        for volume in order.volumes:
            check_attachable(volume, order.location)
        for first, second in combinations(order.networks, 2):
            if first.range.overlaps(second.range):
                raise ApiError(422, "networks_overlap", "the networks overlap with each other")
        for network in order.networks:
            network.place(order.location.network_zone)
        if len(order.firewalls) > MOST_FIREWALLS:
            raise invalid("firewalls", f"a server takes at most {MOST_FIREWALLS} firewalls")
        if order.firewalls and not order.addresses:
            raise ApiError(422, "private_net_only_server", "firewalls need a server with a public interface")

    def _location(
        self, body: dict[str, Any], kind: ServerType, volumes: list[Volume], addresses: dict[str, PrimaryIp | None]
    ) -> Location:
        """The location asked for, that of what the server takes over, or the first with stock."""
        bound = [volume.location for volume in volumes] + [a.location for a in addresses.values() if a]
        if body.get("location") is not None:
            place = self.project.locations.referred(body["location"], "location")
        elif bound:
            place = bound[0]
        else:
            place = next((p for p in kind.places if kind.stock[str(p.name)] != 0), kind.places[0])
        if any(a is not None and a.location is not place for a in addresses.values()):
            raise ApiError(422, "primary_ip_datacenter_mismatch", "the primary IP is in a different location")
        kind.check_stock(str(place.name))
        return place

    # -- making --------------------------------------------------------------------------

    def _assembled(self, server: Server, order: Order) -> Server:
        project = self.project
        project.servers.store.add(server)
        server.ssh_keys, server.user_data = order.ssh_keys, order.user_data
        try:
            for version, address in order.addresses.items():
                if address is None:
                    project.primary_ips.make_for(server, version)
                else:
                    address.join(server)
        except ApiError:
            project.primary_ips.release(server)
            project.servers.store.remove(server)
            raise
        for network in order.networks:
            network.join(server, network.place(server.location.network_zone), mac("86:00", project.new_id()), [])
        for volume in order.volumes:
            volume.join(server)
        for firewall in order.firewalls:
            project.firewalls.apply(firewall, server)
        if order.group is not None:
            order.group.join(server)
        project.firewalls.follow(server)
        return server

    def _started(self, server: Server, order: Order) -> list[Action]:
        """The actions: creation takes half of the lab's latency, all else is over at its end."""
        project = self.project
        half = project.settings.action_seconds / 2
        job = project.machines.create(spec_of(project, server), start=order.start)

        def created() -> None:
            server.set_status("starting" if order.start else "off")

        def running() -> None:
            server.set_status("running")

        def broken() -> None:
            server.set_status("off")

        holds = [server]
        actions = [project.begin("create_server", [server], created, seconds=half, holds=holds, job=job, failed=broken)]
        actions += [project.begin("attach_to_network", [server, n], holds=holds, job=job) for n in order.networks]
        actions += [project.begin("attach_volume", [server, v], holds=[server, v], job=job) for v in order.volumes]
        if order.start:
            actions.append(project.begin("start_server", [server], running, holds=holds, job=job, failed=broken))
        return actions


def wanted_addresses(project: Project, public: dict[str, Any]) -> dict[str, PrimaryIp | None]:
    """The primary IPs that ``public_net`` asks for; raises ``ApiError`` 412, 422."""
    wanted: dict[str, PrimaryIp | None] = {}
    for version in ("ipv4", "ipv6"):
        if public.get(f"enable_{version}") is not False:
            ident = public.get(version)
            wanted[version] = None if ident is None else project.primary_ips.for_server(ident, version)
    return wanted


def user_data(body: dict[str, Any]) -> str:
    """The cloud-init document of a request; raises ``ApiError`` 422 above 32 KiB."""
    text = body.get("user_data") or ""
    if len(text.encode()) > LONGEST_USER_DATA:
        raise invalid("user_data", f"must be at most {LONGEST_USER_DATA} bytes")
    return text


def new_password() -> str:
    """A root password, as long as the vendor's."""
    return secrets.token_urlsafe(15)
