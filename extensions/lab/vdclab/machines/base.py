"""The interface between the clouds and their machines.

Every change of a machine returns a ``Future``: the cloud passes it to its scheduler, and the
cloud's action ends when the future has. A future that raises fails the action with the exception's
text. Changes of one machine run one after the other, in the order of the calls.
"""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass, field
from socket import socket
from typing import Any, Protocol


@dataclass(frozen=True)
class Nic:
    """One network card. ``segment`` names the layer-2 network: ``public``, or for a private one the
    cloud and the network's id. ``address`` is ``ip/prefix``, or empty if the cloud assigns none (an
    Exoscale private network without DHCP); ``gateway`` is that of the default route, if any."""

    segment: str
    mac: str
    address: str
    gateway: str | None = None


@dataclass(frozen=True)
class Disk:
    """One attached volume. ``key`` names its file; vendor, product and serial make its name in the
    guest's ``/dev/disk/by-id``: ``scsi-0<vendor>_<product>_<serial>``, or for vendor ``virtio``
    (Exoscale, without product) ``virtio-<serial>``."""

    key: str
    size_bytes: int
    vendor: str
    product: str
    serial: str


@dataclass(frozen=True)
class MachineSpec:
    """A machine to boot. ``key`` is unique in the lab (``hetzner-42``). ``user_data`` is the request's
    cloud-init document, ``ssh_keys`` are public keys for root. ``image`` is a key of ``save_image``,
    or ``None`` for the golden image."""

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
    """The machines of a lab. Power-on of a running machine and power-off of a stopped one do nothing."""

    # Whether guests are real; their addresses then come from the documentation ranges.
    real: bool

    def environment(self) -> dict[str, str]:
        """Environment variables that a client needs to reach the machines."""

    def listener(self, port: int) -> socket | None:
        """A TCP socket that listens on ``port`` in the guests' network; ``None`` without guests."""

    def describe(self) -> dict[str, Any]:
        """The machines and how long they took to boot, for ``/_lab/machines``."""

    def create(self, spec: MachineSpec, start: bool = True) -> Future: ...

    def start(self, key: str) -> Future: ...

    def shutdown(self, key: str) -> Future:
        """Ask the guest to shut down (ACPI); the future does not wait until it does."""

    def power_off(self, key: str) -> Future: ...

    def reboot(self, key: str) -> Future: ...

    def reset(self, key: str) -> Future: ...

    def running(self, key: str) -> bool:
        """Whether the machine runs now; a guest may shut itself down."""

    def rescale(self, key: str, cores: int, memory_bytes: int, disk_bytes: int) -> Future:
        """Change a stopped machine; its disk never shrinks."""

    def delete(self, key: str) -> Future: ...

    def plug(self, key: str, disk: Disk) -> Future:
        """Attach a volume to a running or stopped machine; its file is created if necessary."""

    def unplug(self, key: str, disk_key: str) -> Future: ...

    def grow_disk(self, disk_key: str, size_bytes: int) -> Future: ...

    def copy_disk(self, disk_key: str, new_key: str) -> Future:
        """Copy a volume's file: to a snapshot, or from one."""

    def delete_disk(self, disk_key: str) -> Future: ...

    def plug_nic(self, key: str, nic: Nic) -> Future: ...

    def unplug_nic(self, key: str, segment: str) -> Future: ...

    def save_image(self, key: str, image: str) -> Future:
        """Copy the machine's root disk to image ``image``."""

    def delete_image(self, image: str) -> Future: ...

    def stop_all(self) -> None:
        """Stop every guest; called when the lab stops."""
