"""An instance's machine: what to boot, and the instance's state that follows from it."""

from __future__ import annotations

import re

from ..machines.base import Disk, MachineSpec, Nic
from .catalog import GIB, instance_types
from .errors import busy
from .instance_requests import read_user_data
from .meters import running
from .models import Instance, Volume
from .private_networks import network_nic
from .zone import Zone

NOT_IN_A_HOSTNAME = re.compile(r"[^a-zA-Z0-9-]+")


def machine_spec(zone: Zone, instance: Instance, image: str | None = None) -> MachineSpec:
    """What to boot for ``instance``: from ``image``, or from its template's."""
    kind = instance_types()[instance.type_id]
    nics = []
    if instance.address is not None:
        address = f"{instance.address}/{zone.addresses.prefix_length}"
        nics.append(Nic("public", instance.mac, address, zone.addresses.gateway))
    nics += [network_nic(zone.networks[n], a) for n, a in instance.networks.items()]
    template = zone.account.templates.get(instance.template_id)
    return MachineSpec(
        key=instance.key,
        hostname=NOT_IN_A_HOSTNAME.sub("-", instance.name).strip("-")[:63].lower() or "vm",
        cores=kind.cpus,
        memory_bytes=kind.memory,
        disk_bytes=instance.disk_gib * GIB,
        nics=tuple(nics),
        ssh_keys=tuple(zone.account.ssh_keys[n].text for n in instance.ssh_keys if n in zone.account.ssh_keys),
        user_data=read_user_data(instance.user_data),
        image=image or (template.image if template else None),
        disks=tuple(volume_disk(zone.volumes[v]) for v in instance.volumes),
    )


def volume_disk(volume: Volume) -> Disk:
    """A block volume as the guest sees it: ``/dev/disk/by-id/virtio-<first 20 characters of the
    volume's id>``, where Exoscale's own CSI driver looks for it."""
    return Disk(volume.key, volume.size * GIB, "virtio", "", volume.id[:20])


def reserve(instance: Instance, doing: str) -> None:
    """Mark that change ``doing`` of the instance runs; raises ``ApiError`` 409 while another one does."""
    require_idle(instance)
    instance.doing = doing


def require_idle(instance: Instance) -> None:
    """Raise ``ApiError`` 409 while a change of the instance runs."""
    if instance.doing:
        raise busy("Instance", instance.doing)


def set_state(zone: Zone, instance: Instance, state: str) -> None:
    """Set the instance's state, and start or stop to count its running time."""
    meter = running(instance_types()[instance.type_id])
    if state == "running":
        zone.account.meters.begin(instance.id, meter, zone.now())
    else:
        zone.account.meters.end(instance.id, meter, zone.now())
    instance.state = state


def finish(zone: Zone, instance: Instance, state: str) -> None:
    """End the running change of the instance and set its ``state``."""
    instance.doing = None
    set_state(zone, instance, state)


def refresh(zone: Zone, instance: Instance) -> Instance:
    """``instance``, marked as stopped if its guest has shut itself down."""
    shown_running = zone.machines.real and instance.state == "running" and not instance.doing
    if shown_running and not zone.machines.running(instance.key):
        set_state(zone, instance, "stopped")
    return instance
