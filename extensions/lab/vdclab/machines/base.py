"""The border between a cloud's state machine and what it boots.

Every method returns a ``Future``: a cloud plans the deed on its scheduler and the action ends
when the future has. A future that raises ends the action as failed, with the exception's
text. Deeds on one machine run one after the other, in the order asked for.
"""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass, field
from socket import socket
from typing import Protocol


@dataclass(frozen=True)
class Nic:
    """One network card. ``segment`` names the layer-2 network: ``public``, or the cloud's and
    network's id for a private one. ``address`` is ``ip/prefix``, or empty where the cloud gives
    none (an Exoscale private network without DHCP); ``gateway`` only for the default route."""

    segment: str
    mac: str
    address: str
    gateway: str | None = None


@dataclass(frozen=True)
class Disk:
    """One attached volume: ``key`` names its backing file; the ids are what the guest sees
    below ``/dev/disk/by-id``: ``scsi-0<vendor>_<product>_<serial>``, or for vendor ``virtio``
    (Exoscale; its product is empty) a virtio disk ``virtio-<serial>``."""

    key: str
    size_bytes: int
    vendor: str
    product: str
    serial: str


@dataclass(frozen=True)
class MachineSpec:
    """What to boot. ``key`` is unique in the lab (``hetzner-42``). ``user_data`` is the request's
    own cloud-init document, ``ssh_keys`` public keys for root. ``image`` is a key from
    ``save_image``, or ``None`` for the golden image."""

    key: str
    hostname: str
    cores: int
    memory_bytes: int
    disk_bytes: int
    nics: tuple[Nic, ...] = ()
    ssh_keys: tuple[str, ...] = ()
    user_data: str = ""
    image: str | None = None
    disks: tuple[Disk, ...] = field(default=())


class Machines(Protocol):
    """What a cloud asks of its machines. Power-on of a running machine and power-off of a
    stopped one are no-ops."""

    # Whether guests are real: addresses then come from the documentation ranges.
    real: bool

    def environment(self) -> dict[str, str]:
        """What a client needs besides the clouds' endpoints to reach the machines."""

    def listener(self, port: int) -> socket | None:
        """A TCP socket that listens on ``port`` where guests reach it; ``None`` without guests."""

    def create(self, spec: MachineSpec, start: bool = True) -> Future: ...

    def start(self, key: str) -> Future: ...

    def shutdown(self, key: str) -> Future:
        """Ask the guest to power down (ACPI); ends at once, whether it obeys or not."""

    def power_off(self, key: str) -> Future: ...

    def reboot(self, key: str) -> Future: ...

    def reset(self, key: str) -> Future: ...

    def running(self, key: str) -> bool:
        """Whether the machine runs now (a guest may have powered itself down)."""

    def rescale(self, key: str, cores: int, memory_bytes: int, disk_bytes: int) -> Future:
        """Change a stopped machine; its disk never shrinks."""

    def delete(self, key: str) -> Future: ...

    def plug(self, key: str, disk: Disk) -> Future:
        """Attach a volume, running or stopped; its backing file is made when first seen."""

    def unplug(self, key: str, disk_key: str) -> Future: ...

    def grow_disk(self, disk_key: str, size_bytes: int) -> Future: ...

    def copy_disk(self, disk_key: str, new_key: str) -> Future:
        """A volume snapshot, or a volume from one."""

    def delete_disk(self, disk_key: str) -> Future: ...

    def plug_nic(self, key: str, nic: Nic) -> Future: ...

    def unplug_nic(self, key: str, segment: str) -> Future: ...

    def save_image(self, key: str, image: str) -> Future:
        """Copy the machine's root disk to image ``image``."""

    def delete_image(self, image: str) -> Future: ...

    def stop_all(self) -> None:
        """End every guest; called when the lab stops."""
