"""What the project's servers ask of their machines."""

from __future__ import annotations

from collections.abc import Iterable

from ..machines.base import Disk, MachineSpec, Nic
from .address_pool import AddressPool
from .network import Membership
from .server import Server


def machine_spec(addresses: AddressPool, server: Server, disks: Iterable[Disk]) -> MachineSpec:
    """What to boot for ``server`` with its volumes' ``disks``."""
    row = server.type.row
    return MachineSpec(
        key=server.key,
        hostname=str(server.name),
        cores=row.cores,
        memory_bytes=int(row.memory * 2**30),
        disk_bytes=server.primary_disk_size * 2**30,
        nics=(*public_nics(addresses, server), *(network_nic(m) for m in server.networks.values())),
        ssh_keys=tuple(server.ssh_keys),
        user_data=server.user_data,
        image=server.image.machine_key if server.image else None,
        disks=tuple(disks),
    )


def public_nics(addresses: AddressPool, server: Server) -> tuple[Nic, ...]:
    """The public network card, if any: with the IPv4 address or, without one, the first of the IPv6 network."""
    v4, v6 = server.primary_ips.get("ipv4"), server.primary_ips.get("ipv6")
    if v4 is not None:
        address = f"{v4.ip}/{addresses.v4.prefixlen}"
        return (Nic("public", mac("92:00", server.id), address, addresses.gateway),)
    if v6 is not None:
        return (Nic("public", mac("92:00", server.id), v6.ip.replace("::/", "::1/")),)
    return ()


def network_nic(membership: Membership) -> Nic:
    """The network card in a private network. Its prefix is the whole network's: the lab's segment
    is flat, where the vendor routes between subnets."""
    network = membership.network
    return Nic(network.segment, membership.mac, f"{membership.ip}/{network.range.prefixlen}")


def mac(prefix: str, number: int) -> str:
    """A locally administered MAC address: ``prefix`` (two bytes) and ``number``."""
    return prefix + "".join(f":{byte:02x}" for byte in (number % 2**32).to_bytes(4, "big"))
