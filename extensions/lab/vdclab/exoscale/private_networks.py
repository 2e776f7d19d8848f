"""Private networks: layer 2 within a zone; a managed one leases addresses by DHCP."""

from __future__ import annotations

from concurrent.futures import Future
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from typing import Any

from ..core.routing import Call, Handler, Reply
from ..machines import futures
from ..machines.base import Nic
from .errors import busy, invalid
from .models import Attachment, Instance, PrivateNetwork
from .zone import Zone, body_of, find, new_id, ref_id

FIRST_VNI = 5000
RANGE = ("start-ip", "end-ip", "netmask")


class PrivateNetworks:
    """Create, list, get, update, delete, field reset, attach, detach, and change of a lease."""

    def __init__(self, zone: Zone) -> None:
        self._zone = zone

    def handlers(self) -> dict[str, Handler]:
        """Handlers by operation id."""
        return {
            "list-private-networks": lambda _: Reply(
                200, {"private-networks": [n.view() for n in self._zone.networks.values()]}
            ),
            "get-private-network": lambda call: Reply(200, self._find(call).view()),
            "create-private-network": self._create,
            "update-private-network": self._update,
            "delete-private-network": self._delete,
            "reset-private-network-field": self._reset_field,
            "attach-instance-to-private-network": self._attach,
            "detach-instance-from-private-network": self._detach,
            "update-private-network-instance-ip": self._update_ip,
        }

    def join(self, network: PrivateNetwork, instance: Instance, wanted: str | None) -> Nic:
        """Attach ``instance`` to ``network``; a managed network leases the address ``wanted``, or a free one.

        Raises ``ApiError`` 400 if it is attached already or the address is not available.
        """
        if instance.id in network.members:
            raise invalid("Instance is already attached to the Private Network")
        address = self._lease(network, wanted)
        network.members[instance.id] = address
        instance.networks[network.id] = Attachment(self._zone.account.mac(), address)
        return network_nic(network, instance.networks[network.id])

    def _find(self, call: Call) -> PrivateNetwork:
        return find(self._zone.networks, call.params["id"], "Private Network")

    def _create(self, call: Call) -> Reply:
        body = body_of(call)
        _check_range(body)
        self._zone.account.quotas.require("private-network")
        network = PrivateNetwork(
            id=new_id(),
            name=body["name"],
            vni=FIRST_VNI + self._zone.account.next_serial(),
            description=body.get("description"),
            labels=dict(body.get("labels") or {}),
            start=body.get("start-ip"),
            end=body.get("end-ip"),
            netmask=body.get("netmask"),
            options=body.get("options"),
        )
        self._zone.networks[network.id] = network
        return self._done(network)

    def _update(self, call: Call) -> Reply:
        network, body = self._find(call), body_of(call)
        wanted = {"start-ip": network.start, "end-ip": network.end, "netmask": network.netmask} | {
            key: body[key] for key in RANGE if key in body
        }
        _check_range(wanted)
        leases = [ip for ip in network.members.values() if ip is not None]
        if wanted["netmask"] and any(not _within(wanted, ip) for ip in leases):
            raise invalid("The new range leaves out an address that is leased")
        network.start, network.end, network.netmask = (wanted[key] for key in RANGE)
        network.name = body.get("name", network.name)
        network.description = body.get("description", network.description)
        network.labels = dict(body.get("labels", network.labels))
        network.options = body.get("options", network.options)
        return self._done(network)

    def _delete(self, call: Call) -> Reply:
        network = self._find(call)
        if network.members:
            raise invalid("Private Network still has instances attached")
        if any({"id": network.id} in (p.spec.get("private-networks") or []) for p in self._zone.pools.values()):
            raise invalid("Private Network is used by an Instance Pool")
        del self._zone.networks[network.id]
        return self._done(network)

    def _reset_field(self, call: Call) -> Reply:
        network = self._find(call)
        if call.params["field"] != "labels":
            raise invalid(f"field: {call.params['field']!r} cannot be reset; labels can")
        network.labels = {}
        return self._done(network)

    def _attach(self, call: Call) -> Reply:
        network, instance = self._find(call), self._member(call)
        nic = self.join(network, instance, body_of(call).get("ip"))
        return self._done(network, self._zone.machines.plug_nic(instance.key, nic))

    def _detach(self, call: Call) -> Reply:
        network, instance = self._find(call), self._member(call)
        self._require_attached(network, instance)
        del network.members[instance.id], instance.networks[network.id]
        return self._done(network, self._zone.machines.unplug_nic(instance.key, network.segment))

    def _update_ip(self, call: Call) -> Reply:
        network, instance, body = self._find(call), self._member(call), body_of(call)
        self._require_attached(network, instance)
        if not body.get("ip"):
            raise invalid("ip is required")
        if body["ip"] == network.members[instance.id]:
            return self._done(network)
        address = self._lease(network, body["ip"])
        network.members[instance.id] = instance.networks[network.id].address = address
        nic = network_nic(network, instance.networks[network.id])
        unplugged = self._zone.machines.unplug_nic(instance.key, network.segment)
        return self._done(network, futures.gather([unplugged, self._zone.machines.plug_nic(instance.key, nic)]))

    def _member(self, call: Call) -> Instance:
        instance = self._zone.instance(ref_id(body_of(call), "instance"))
        if instance.doing:
            raise busy("Instance", instance.doing)
        return instance

    def _require_attached(self, network: PrivateNetwork, instance: Instance) -> None:
        if instance.id not in network.members:
            raise invalid("Instance is not attached to the Private Network")

    def _lease(self, network: PrivateNetwork, wanted: str | None) -> str | None:
        if network.netmask is None:
            if wanted:
                raise invalid("ip: the Private Network is not managed, it leases no addresses")
            return None
        bounds = {"start-ip": network.start, "end-ip": network.end, "netmask": network.netmask}
        used = set(network.members.values())
        if wanted is not None:
            if not _within(bounds, wanted):
                raise invalid(f"ip: {wanted} is not within {network.start} to {network.end}")
            if wanted in used:
                raise invalid(f"ip: {wanted} is already in use in the Private Network")
            return wanted
        first, last = int(IPv4Address(network.start)), int(IPv4Address(network.end))
        for number in range(first, last + 1):
            if str(IPv4Address(number)) not in used:
                return str(IPv4Address(number))
        raise invalid("The Private Network has no free address")

    def _done(self, network: PrivateNetwork, job: Future | None = None) -> Reply:
        return self._zone.operations.start("get-private-network", f"private-network/{network.id}", job=job)


def network_nic(network: PrivateNetwork, attachment: Attachment) -> Nic:
    """An instance's network card in ``network``; without DHCP its address is empty."""
    address = ""
    if attachment.address:
        address = IPv4Interface(f"{attachment.address}/{network.netmask}").with_prefixlen
    return Nic(network.segment, attachment.mac, address)


def _check_range(wanted: dict[str, Any]) -> None:
    given = [key for key in RANGE if wanted.get(key)]
    if not given:
        return
    if len(given) < len(RANGE):
        raise invalid("start-ip, end-ip and netmask go together")
    try:
        net = IPv4Network(f"{wanted['start-ip']}/{wanted['netmask']}", strict=False)
    except ValueError:
        raise invalid(f"netmask: {wanted['netmask']} is not a netmask") from None
    start, end = IPv4Address(wanted["start-ip"]), IPv4Address(wanted["end-ip"])
    if end not in net or start > end:
        raise invalid(f"end-ip: {end} must not be below start-ip and must be in the same network {net}")


def _within(bounds: dict[str, Any], address: str) -> bool:
    return IPv4Address(bounds["start-ip"]) <= IPv4Address(address) <= IPv4Address(bounds["end-ip"])
