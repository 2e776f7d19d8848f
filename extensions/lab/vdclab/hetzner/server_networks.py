"""A server's place in private networks."""

from __future__ import annotations

from ..core.errors import ApiError
from ..core.routing import Call, Reply
from .actions import unlocked
from .labels import invalid
from .machine import mac, nic_of
from .networks import Membership, Network, address_of, settled
from .project import Calls, need, operation
from .servers import Server


class ServerNetworks(Calls):
    def _both(self, call: Call) -> tuple[Server, Network]:
        server = self.project.servers.find(call.params["id"])
        network = self.project.networks.referred(need(call.body or {}, "network"), "network")
        unlocked(server)
        settled(network)
        return server, network

    @operation("attach_server_to_network")
    def attach(self, call: Call) -> Reply:
        server, network = self._both(call)
        body = call.body or {}
        if network.id in server.networks:
            raise ApiError(422, "server_already_attached", "the server is already attached to the network")
        if any(network.range.overlaps(place.network.range) for place in server.networks.values()):
            raise ApiError(422, "networks_overlap", "the network overlaps with another network of the server")
        address = network.place(server.location.network_zone, body.get("ip"), body.get("ip_range"))
        aliases = [address_of(text, "alias_ips") for text in body.get("alias_ips") or []]
        for alias in aliases:
            if alias == address or not network.free(alias):
                raise ApiError(422, "ip_not_available", f"IP {alias} is not available in the network")
        network.join(server, address, mac("86:00", self.project.new_id()), aliases)
        place = server.networks[network.id]
        place.status = "attaching"
        job = self.project.machines.plug_nic(server.key, nic_of(place))

        def done() -> None:
            place.status = "ok"

        def broken() -> None:
            network.leave(server)

        return self.begun("attach_to_network", [server, network], done, holds=[server], job=job, failed=broken)

    @operation("detach_server_from_network")
    def detach(self, call: Call) -> Reply:
        server, network = self._both(call)
        place = _place(server, network)
        place.status = "detaching"
        job = self.project.machines.unplug_nic(server.key, network.segment)

        def done() -> None:
            # The network may have been deleted meanwhile, and the server detached with it.
            if network.id in server.networks:
                network.leave(server)

        return self.begun("detach_from_network", [server, network], done, holds=[server], job=job)

    @operation("change_server_alias_ips")
    def change_alias_ips(self, call: Call) -> Reply:
        server, network = self._both(call)
        place = _place(server, network)
        aliases = [address_of(text, "alias_ips") for text in need(call.body or {}, "alias_ips")]
        for alias in aliases:
            if alias not in place.alias_ips and not network.free(alias):
                raise ApiError(422, "ip_not_available", f"IP {alias} is not available in the network")
        network.used.difference_update(place.alias_ips)
        network.used.update(aliases)
        place.alias_ips = aliases
        server.touch()
        return self.begun("change_alias_ips", [server, network], holds=[server])


def _place(server: Server, network: Network) -> Membership:
    place = server.networks.get(network.id)
    if place is None:
        raise invalid("network", f"the server is not attached to network '{network.id}'")
    return place
