"""Private networks of servers: attach, detach, alias IPs."""

from __future__ import annotations

from ..core.errors import ApiError
from ..core.routing import Call, Reply
from .actions import require_unlocked
from .collection import Calls, operation, required
from .labels import invalid
from .machine import mac, network_nic
from .network import Membership, Network, parse_address
from .networks import Networks
from .project import Project
from .server import Server
from .servers import Servers


class ServerNetworks(Calls):
    """The calls that change a server's networks."""

    def __init__(self, project: Project, servers: Servers, networks: Networks) -> None:
        super().__init__(project)
        self._servers = servers
        self._networks = networks

    def _find(self, call: Call) -> tuple[Server, Network]:
        """The server of the path and the network of the body; raises ``ApiError`` if one of them is being changed."""
        server = self._servers.find(call.params["id"])
        network = self._networks.lookup(required(call.body or {}, "network"), "network")
        require_unlocked(server)
        network.require_idle()
        return server, network

    @operation("attach_server_to_network")
    def attach(self, call: Call) -> Reply:
        server, network = self._find(call)
        body = call.body or {}
        if network.id in server.networks:
            raise ApiError(422, "server_already_attached", "the server is already attached to the network")
        if any(network.range.overlaps(other.network.range) for other in server.networks.values()):
            raise ApiError(422, "networks_overlap", "the network overlaps with another network of the server")
        address = network.free_ip(server.location.network_zone, body.get("ip"), body.get("ip_range"))
        aliases = [parse_address(text, "alias_ips") for text in body.get("alias_ips") or []]
        for alias in aliases:
            if alias == address or not network.is_free(alias):
                raise ApiError(422, "ip_not_available", f"IP {alias} is not available in the network")
        membership = network.attach(server, address, mac("86:00", self.project.new_id()), aliases)
        membership.status = "attaching"
        job = self.project.machines.plug_nic(server.key, network_nic(membership))

        def done() -> None:
            membership.status = "ok"

        def failed() -> None:
            network.detach(server)

        return self.answer_with_action(
            "attach_to_network", [server, network], done, locks=[server], job=job, failed=failed
        )

    @operation("detach_server_from_network")
    def detach(self, call: Call) -> Reply:
        server, network = self._find(call)
        membership = _membership(server, network)
        membership.status = "detaching"
        job = self.project.machines.unplug_nic(server.key, network.segment)

        def done() -> None:
            # If the network was deleted meanwhile, the server is detached already.
            if network.id in server.networks:
                network.detach(server)

        return self.answer_with_action("detach_from_network", [server, network], done, locks=[server], job=job)

    @operation("change_server_alias_ips")
    def change_alias_ips(self, call: Call) -> Reply:
        server, network = self._find(call)
        membership = _membership(server, network)
        aliases = [parse_address(text, "alias_ips") for text in required(call.body or {}, "alias_ips")]
        for alias in aliases:
            if alias not in membership.alias_ips and not network.is_free(alias):
                raise ApiError(422, "ip_not_available", f"IP {alias} is not available in the network")
        network.used.difference_update(membership.alias_ips)
        network.used.update(aliases)
        membership.alias_ips = aliases
        server.invalidate()
        return self.answer_with_action("change_alias_ips", [server, network], locks=[server])


def _membership(server: Server, network: Network) -> Membership:
    membership = server.networks.get(network.id)
    if membership is None:
        raise invalid("network", f"the server is not attached to network '{network.id}'")
    return membership
