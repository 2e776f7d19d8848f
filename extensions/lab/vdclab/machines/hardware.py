"""A guest's QEMU: the command line, and the devices that are plugged and unplugged."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import accel, seed
from .base import Disk, MachineSpec, Nic
from .disks import Disks
from .emulator import Emulator
from .golden import Golden
from .namespace import Namespace

# Slots for network cards and virtio disks; each one makes every boot slightly slower.
PORTS = 8

# Switches off parts of the board that the guests do not use and would spend boot time on.
BOARD = "q35,sata=off,smbus=off,i8042=off,vmport=off"

# Kernel parameters of a direct start without initrd. They switch off protections that a disposable
# guest does not need, and waits for hardware that it does not have.
KERNEL_PARAMETERS = (
    "console=ttyS0 quiet loglevel=3 root=/dev/nvme0n1 rw rootfstype=ext4 rootflags=noinit_itable"
    " net.ifnames=0 mitigations=off nokaslr no_timer_check apparmor=0 audit=0 nowatchdog"
    " rcupdate.rcu_expedited=1 random.trust_cpu=on systemd.show_status=false systemd.ssh_auto=no ds=nocloud"
)


@dataclass(frozen=True)
class Host:
    """What all guests of a lab share."""

    directory: Path
    emulator: Emulator
    golden: Golden
    kvm: bool
    network: Namespace
    disks: Disks


def name(kind: str, key: str) -> str:
    """A QEMU id for ``key``, at most 31 characters long, the limit for a block node."""
    return f"{kind}-{uuid.uuid5(uuid.NAMESPACE_OID, key).hex[:16]}"


def node(disk: Disk, path: Path) -> dict[str, Any]:
    """The block node of a volume."""
    file = {"driver": "file", "filename": str(path), "discard": "unmap"}
    return {"driver": "raw", "node-name": name("node", disk.key), "discard": "unmap", "file": file}


def netdev(nic: Nic, tap: str) -> dict[str, Any]:
    """The host's side of a network card."""
    return {"type": "tap", "id": name("net", nic.segment), "ifname": tap, "script": "no", "downscript": "no"}


@dataclass
class Slots:
    """The PCI ports of a running guest that are in use, by device."""

    in_use: dict[str, int] = field(default_factory=dict)

    def disk(self, disk: Disk) -> dict[str, Any]:
        """The device of a volume; takes a slot if it is a virtio disk. Raises ``RuntimeError`` if none is free."""
        device = {"id": name("disk", disk.key), "drive": name("node", disk.key)}
        if disk.vendor == "virtio":
            return {"driver": "virtio-blk-pci", "serial": disk.serial[:20], "bus": self._take(device["id"]), **device}
        # All four are needed for the clouds' names in /dev/disk/by-id.
        ids = {"vendor": disk.vendor, "product": disk.product, "device_id": disk.serial, "serial": disk.serial}
        return {"driver": "scsi-hd", "bus": "scsi0.0", **ids, **device}

    def card(self, nic: Nic) -> dict[str, Any]:
        """The device of a network card; takes a slot. Raises ``RuntimeError`` if none is free."""
        card = name("card", nic.segment)
        bus = self._take(card)
        ends = {"netdev": name("net", nic.segment), "mac": nic.mac}
        return {"driver": "virtio-net-pci", "id": card, "bus": bus, "romfile": "", **ends}

    def free(self, device: str) -> None:
        """Free the slot of ``device``, if it has one."""
        self.in_use.pop(device, None)

    def _take(self, device: str) -> str:
        free = next((n for n in range(PORTS) if n not in self.in_use.values()), None)
        if free is None:
            raise RuntimeError(
                f"the machine has no free slot: it has {PORTS} for network cards and Exoscale volumes; detach one first"
            )
        self.in_use[device] = free
        return f"port{free}"


def command(host: Host, spec: MachineSpec, instance: str, directory: Path, slots: Slots, monitor: int) -> list[str]:
    """The command line that starts ``spec``; also creates its taps and writes its seed. ``monitor`` is
    the file descriptor for QMP, ``instance`` the machine's UUID."""
    root = {
        "driver": "qcow2",
        "node-name": "root",
        "discard": "unmap",
        # The guest need not survive a crash of its host, so flushes are skipped.
        "file": {"driver": "file", "filename": str(directory / "root.qcow2"), "cache": {"no-flush": True}},
    }
    nodes = [root, *(node(disk, host.disks.volume(disk.key)) for disk in spec.disks)]
    networks = [netdev(nic, host.network.add_tap(spec.key, nic)) for nic in spec.nics]
    devices: list[dict[str, Any]] = [
        {"driver": "nvme", "id": "nvme0", "serial": "lab-root", "drive": "root"},
        {"driver": "virtio-rng-pci"},
        {"driver": "virtio-scsi-pci", "id": "scsi0"},
        *({"driver": "pcie-root-port", "id": f"port{n}", "chassis": n + 1, "port": n} for n in range(PORTS)),
        *(slots.disk(disk) for disk in spec.disks),
        *(slots.card(nic) for nic in spec.nics),
    ]
    console = str(directory / "console.log").replace(",", ",,")
    arguments = [*host.emulator.system(), "-name", f"guest={spec.key}", *accel.arguments(host.kvm)]
    arguments += ["-machine", BOARD, "-smp", str(spec.cores), "-m", f"{spec.memory_bytes // 1024**2}"]
    arguments += ["-nodefaults", "-no-user-config", "-display", "none", "-uuid", instance]
    arguments += ["-kernel", str(host.golden.kernel), "-append", KERNEL_PARAMETERS]
    arguments += ["-chardev", f"socket,id=qmp,fd={monitor}", "-mon", "chardev=qmp,mode=control"]
    arguments += ["-chardev", f"file,id=console,path={console},append=on", "-serial", "chardev:console"]
    arguments += seed.write(directory / "seed", spec, instance)
    for option, values in (("-blockdev", nodes), ("-netdev", networks), ("-device", devices)):
        for value in values:
            arguments += [option, json.dumps(value)]
    return arguments
