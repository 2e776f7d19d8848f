"""A guest as QEMU's words: the command line, and the devices that come and go."""

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

# Slots for cards and virtio disks that come later; each costs a little at every boot.
PORTS = 8

# What of the board a guest of the lab has no use for, and would spend time on.
BOARD = "q35,sata=off,smbus=off,i8042=off,vmport=off"

# Direct start without an initrd. What is switched off guards machines that have enemies, or
# waits for hardware that is not there.
KERNEL_WORDS = (
    "console=ttyS0 quiet loglevel=3 root=/dev/nvme0n1 rw rootfstype=ext4 rootflags=noinit_itable"
    " net.ifnames=0 mitigations=off nokaslr no_timer_check apparmor=0 audit=0 nowatchdog"
    " rcupdate.rcu_expedited=1 random.trust_cpu=on systemd.show_status=false systemd.ssh_auto=no ds=nocloud"
)


@dataclass(frozen=True)
class Host:
    """What all guests of a lab share."""

    folder: Path
    emulator: Emulator
    golden: Golden
    kvm: bool
    network: Namespace
    disks: Disks


def name(kind: str, key: str) -> str:
    """A QEMU id for ``key``: ids take few characters, and 31 at most for a block node."""
    return f"{kind}-{uuid.uuid5(uuid.NAMESPACE_OID, key).hex[:16]}"


def node(disk: Disk, path: Path) -> dict[str, Any]:
    """The block node of a volume."""
    file = {"driver": "file", "filename": str(path), "discard": "unmap"}
    return {"driver": "raw", "node-name": name("node", disk.key), "discard": "unmap", "file": file}


def netdev(nic: Nic, tap: str) -> dict[str, Any]:
    """The host's end of a card."""
    return {"type": "tap", "id": name("net", nic.segment), "ifname": tap, "script": "no", "downscript": "no"}


@dataclass
class Slots:
    """Which PCI ports of a running guest are taken, and devices that take one."""

    taken: dict[str, int] = field(default_factory=dict)

    def disk(self, disk: Disk) -> dict[str, Any]:
        """A volume's device. Raises ``RuntimeError`` when no slot is free."""
        device = {"id": name("disk", disk.key), "drive": name("node", disk.key)}
        if disk.vendor == "virtio":
            return {"driver": "virtio-blk-pci", "serial": disk.serial[:20], "bus": self._take(device["id"]), **device}
        # All four are needed for the name below by-id that the clouds' guests see.
        ids = {"vendor": disk.vendor, "product": disk.product, "device_id": disk.serial, "serial": disk.serial}
        return {"driver": "scsi-hd", "bus": "scsi0.0", **ids, **device}

    def card(self, nic: Nic) -> dict[str, Any]:
        """A card's device. Raises ``RuntimeError`` when no slot is free."""
        card = name("card", nic.segment)
        bus = self._take(card)
        ends = {"netdev": name("net", nic.segment), "mac": nic.mac}
        return {"driver": "virtio-net-pci", "id": card, "bus": bus, "romfile": "", **ends}

    def free(self, device: str) -> None:
        """Give the slot of ``device`` back, if it had one."""
        self.taken.pop(device, None)

    def _take(self, device: str) -> str:
        free = next((n for n in range(PORTS) if n not in self.taken.values()), None)
        if free is None:
            raise RuntimeError(f"the machine has no free slot (it has {PORTS} for cards and virtio disks)")
        self.taken[device] = free
        return f"port{free}"


def command(host: Host, spec: MachineSpec, instance: str, folder: Path, slots: Slots, monitor: int) -> list[str]:
    """The command line that starts ``spec``; makes its taps and writes its seed. ``monitor`` is
    the file descriptor for QMP, ``instance`` the machine's UUID."""
    root = {
        "driver": "qcow2",
        "node-name": "root",
        "discard": "unmap",
        # A guest lives no longer than its host: waiting for the host's disk is vain.
        "file": {"driver": "file", "filename": str(folder / "root.qcow2"), "cache": {"no-flush": True}},
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
    console = str(folder / "console.log").replace(",", ",,")
    words = [*host.emulator.system(), "-name", f"guest={spec.key}", *accel.arguments(host.kvm)]
    words += ["-machine", BOARD, "-smp", str(spec.cores), "-m", f"{spec.memory_bytes // 1024**2}"]
    words += ["-nodefaults", "-no-user-config", "-display", "none", "-uuid", instance]
    words += ["-kernel", str(host.golden.kernel), "-append", KERNEL_WORDS]
    words += ["-chardev", f"socket,id=qmp,fd={monitor}", "-mon", "chardev=qmp,mode=control"]
    words += ["-chardev", f"file,id=console,path={console},append=on", "-serial", "chardev:console"]
    words += seed.write(folder / "seed", spec, instance)
    for word, values in (("-blockdev", nodes), ("-netdev", networks), ("-device", devices)):
        for value in values:
            words += [word, json.dumps(value)]
    return words
