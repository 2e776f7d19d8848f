"""``POST /servers``: everything is validated before anything is created."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from ..core.errors import ApiError
from ..core.routing import Call, Reply
from .actions import Action
from .collection import Calls, operation, required
from .firewalls import MAX_PER_SERVER as MAX_FIREWALLS
from .firewalls import Firewall
from .images import Image
from .labels import check_labels, invalid
from .machine import mac, machine_spec
from .network import Network
from .placement_groups import PlacementGroup
from .primary_ips import PrimaryIp
from .products import Location, ServerType
from .project import Project
from .resources import Resources
from .server import Server
from .store import Resource
from .volumes import MAX_PER_SERVER as MAX_VOLUMES
from .volumes import Volume, check_attachable

MAX_USER_DATA = 32 * 1024  # bytes


@dataclass
class ServerRequest:
    """A validated request."""

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
    # IP version -> an existing primary IP, or ``None`` for a new one; a version that is absent is not wanted.
    addresses: dict[str, PrimaryIp | None] = field(default_factory=dict)


class ServerCreation(Calls):
    """``create_server``."""

    def __init__(self, project: Project, resources: Resources) -> None:
        super().__init__(project)
        self._resources = resources

    @operation("create_server")
    def create(self, call: Call) -> Reply:
        project, body = self.project, call.body or {}
        request = self._validate(body)
        identity = self._resources.servers.new_identity(body)
        request.kind.take_stock(str(request.location.name))
        try:
            server = self._assemble(Server(identity, request.kind, request.location, request.image), request)
        except ApiError:
            request.kind.return_stock(str(request.location.name))
            raise
        actions = self._start_actions(server, request)
        shown = [project.action_view(action) for action in actions]
        password = None if request.ssh_keys else new_password()
        return Reply(
            201,
            {"server": server.render(), "action": shown[0], "next_actions": shown[1:], "root_password": password},
        )

    # -- validation --------------------------------------------------------------------------

    def _validate(self, body: dict[str, Any]) -> ServerRequest:
        project = self.project
        self._resources.servers.check_name(required(body, "name"))
        check_labels(body.get("labels") or {})
        project.check_quota("servers", have=len(self._resources.servers.store))
        kind = self._resources.server_types.lookup(required(body, "server_type"), "server_type")
        if kind.retired(project.now()):
            raise invalid("server_type", f"server type {kind.id} is deprecated")
        image = self._resources.images.for_server(required(body, "image"), kind.row.architecture)
        if image.disk_size > kind.row.disk:
            raise invalid("image", "image disk is bigger than server type disk")
        keys = [self._resources.ssh_keys.lookup(key, "ssh_keys").public_key for key in body.get("ssh_keys") or []]
        volumes = [self._resources.volumes.lookup(ident, "volumes") for ident in body.get("volumes") or []]
        addresses = wanted_addresses(self._resources, body.get("public_net") or {})
        networks = [self._resources.networks.lookup(ident, "networks") for ident in body.get("networks") or []]
        if not addresses and not networks:
            raise invalid("public_net", "a server needs a public or a private network")
        location = self._location(body, kind, volumes, addresses)
        request = ServerRequest(
            kind, location, image, keys, user_data(body), body.get("start_after_create") is not False
        )
        request.volumes, request.networks, request.addresses = volumes, networks, addresses
        for spec in body.get("firewalls") or []:
            request.firewalls.append(self._resources.firewalls.lookup(required(spec, "firewall"), "firewalls"))
        self._check_attachments(request)
        if body.get("placement_group") is not None:
            request.group = self._resources.placement_groups.lookup(body["placement_group"], "placement_group")
            request.group.check_room()
        return request

    @staticmethod
    def _check_attachments(request: ServerRequest) -> None:
        """Raise ``ApiError`` 422 for resources that cannot be attached to one server."""
        attachments: dict[str, Sequence[Resource]] = {
            "volumes": request.volumes,
            "networks": request.networks,
            "firewalls": request.firewalls,
        }
        for name, resources in attachments.items():
            if len({resource.id for resource in resources}) < len(resources):
                raise invalid(name, "must not name anything twice")
        if len(request.volumes) > MAX_VOLUMES:
            raise invalid("volumes", f"a server has at most {MAX_VOLUMES} volumes")
        for volume in request.volumes:
            check_attachable(volume, request.location)
        for first, second in combinations(request.networks, 2):
            if first.range.overlaps(second.range):
                raise ApiError(422, "networks_overlap", "the networks overlap with each other")
        for network in request.networks:
            network.free_ip(request.location.network_zone)
        if len(request.firewalls) > MAX_FIREWALLS:
            raise invalid("firewalls", f"a server has at most {MAX_FIREWALLS} firewalls")
        if request.firewalls and not request.addresses:
            raise ApiError(422, "private_net_only_server", "firewalls required a server with a public interface")

    def _location(
        self, body: dict[str, Any], kind: ServerType, volumes: list[Volume], addresses: dict[str, PrimaryIp | None]
    ) -> Location:
        """The requested location, that of an existing volume or primary IP, or the first with stock."""
        bound = [volume.location for volume in volumes] + [a.location for a in addresses.values() if a]
        if body.get("location") is not None:
            location = self._resources.locations.lookup(body["location"], "location")
        elif bound:
            location = bound[0]
        else:
            location = next((p for p in kind.sold_in if kind.stock[str(p.name)] != 0), kind.sold_in[0])
        if any(a is not None and a.location is not location for a in addresses.values()):
            raise ApiError(422, "primary_ip_datacenter_mismatch", "the primary IP is in a different location")
        kind.check_stock(str(location.name))
        return location

    # -- creation --------------------------------------------------------------------------

    def _assemble(self, server: Server, request: ServerRequest) -> Server:
        project = self.project
        self._resources.servers.store.add(server)
        server.ssh_keys, server.user_data = request.ssh_keys, request.user_data
        try:
            for version, address in request.addresses.items():
                if address is None:
                    self._resources.primary_ips.add_for(server, version)
                else:
                    address.assign(server)
        except ApiError:
            self._resources.primary_ips.release(server)
            self._resources.servers.store.remove(server)
            raise
        for network in request.networks:
            network.attach(server, network.free_ip(server.location.network_zone), mac("86:00", project.new_id()), [])
        for volume in request.volumes:
            volume.attach(server)
        for firewall in request.firewalls:
            self._resources.firewalls.apply(firewall, server)
        if request.group is not None:
            request.group.add(server)
        self._resources.firewalls.update_selectors(server)
        return server

    def _start_actions(self, server: Server, request: ServerRequest) -> list[Action]:
        """Start the actions: creation takes half of the lab's latency, all others the whole."""
        project = self.project
        half = project.settings.action_seconds / 2
        spec = machine_spec(project.addresses, server, [volume.disk for volume in request.volumes])
        job = project.machines.create(spec, start=request.start)

        def created() -> None:
            server.set_status("starting" if request.start else "off")

        def running() -> None:
            server.set_status("running")

        def failed() -> None:
            server.set_status("off")

        locks = [server]
        actions = [
            project.start_action("create_server", [server], created, seconds=half, locks=locks, job=job, failed=failed)
        ]
        actions += [
            project.start_action("attach_to_network", [server, n], locks=locks, job=job) for n in request.networks
        ]
        actions += [
            project.start_action("attach_volume", [server, v], locks=[server, v], job=job) for v in request.volumes
        ]
        if request.start:
            actions.append(project.start_action("start_server", [server], running, locks=locks, job=job, failed=failed))
        return actions


def wanted_addresses(resources: Resources, public: dict[str, Any]) -> dict[str, PrimaryIp | None]:
    """The primary IPs that ``public_net`` asks for; raises ``ApiError`` 412, 422."""
    wanted: dict[str, PrimaryIp | None] = {}
    for version in ("ipv4", "ipv6"):
        if public.get(f"enable_{version}") is not False:
            ident = public.get(version)
            wanted[version] = None if ident is None else resources.primary_ips.for_server(ident, version)
    return wanted


def user_data(body: dict[str, Any]) -> str:
    """The user data of a request; raises ``ApiError`` 422 above 32 KiB."""
    text = body.get("user_data") or ""
    if len(text.encode()) > MAX_USER_DATA:
        raise invalid("user_data", f"must be at most {MAX_USER_DATA} bytes")
    return text


def new_password() -> str:
    """A random root password, as long as the vendor's."""
    return secrets.token_urlsafe(15)
