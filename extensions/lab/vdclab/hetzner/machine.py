"""The project's resources in the words of the border to machines."""

from __future__ import annotations

from concurrent.futures import Future
from threading import Lock
from typing import TYPE_CHECKING

from ..machines.base import MachineSpec, Nic

if TYPE_CHECKING:
    from .networks import Membership
    from .project import Project
    from .servers import Server


def spec_of(project: Project, server: Server) -> MachineSpec:
    """What to boot for ``server``."""
    row = server.type.row
    return MachineSpec(
        key=server.key,
        hostname=str(server.name),
        cores=row.cores,
        memory_bytes=int(row.memory * 2**30),
        disk_bytes=server.primary_disk_size * 2**30,
        nics=(*public_nics(project, server), *(nic_of(place) for place in server.networks.values())),
        ssh_keys=tuple(server.ssh_keys),
        user_data=server.user_data,
        image=server.image.machine_key if server.image else None,
        disks=tuple(volume.disk for volume in server.volumes.values()),
    )


def public_nics(project: Project, server: Server) -> tuple[Nic, ...]:
    """The public card: its IPv4 address or, without one, the first of its IPv6 network."""
    addresses = project.addresses
    v4, v6 = server.primary_ips.get("ipv4"), server.primary_ips.get("ipv6")
    if v4 is not None:
        where = f"{v4.ip}/{addresses.v4.prefixlen}"
        return (Nic("public", mac("92:00", server.id), where, addresses.gateway),)
    if v6 is not None:
        return (Nic("public", mac("92:00", server.id), v6.ip.replace("::/", "::1/")),)
    return ()


def nic_of(place: Membership) -> Nic:
    """A private card. Its prefix is the whole network's: the lab's segment is flat, where the
    vendor routes between subnets."""
    return Nic(place.network.segment, place.mac, f"{place.ip}/{place.network.range.prefixlen}")


def mac(prefix: str, number: int) -> str:
    """A locally administered hardware address: ``prefix`` (two bytes) and ``number``."""
    return prefix + "".join(f":{byte:02x}" for byte in (number % 2**32).to_bytes(4, "big"))


def together(*jobs: Future) -> Future:
    """Done when all ``jobs`` are; raises what the first of them (in order) raised."""
    whole: Future = Future()
    lock, left = Lock(), len(jobs)
    if not jobs:
        whole.set_result(None)

    def one_done(_job: Future) -> None:
        nonlocal left
        with lock:
            left -= 1
            if left:
                return
        error = next((e for e in (job.exception() for job in jobs) if e is not None), None)
        if error is None:
            whole.set_result(None)
        else:
            whole.set_exception(error)

    for job in jobs:
        job.add_done_callback(one_done)
    return whole
