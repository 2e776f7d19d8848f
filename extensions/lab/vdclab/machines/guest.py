"""One guest: its folder, its QEMU process, its devices."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import subprocess
import threading
import time
import uuid
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from . import accel, process, seed
from .base import Disk, MachineSpec, Nic
from .disks import Disks
from .emulator import Emulator
from .golden import Golden
from .namespace import Namespace
from .qmp import Qmp, QmpError

# Two cores and this much memory are all that a guest gets, whatever its type promises: a lab
# of several guests shares one small machine. Docker with a few containers fits well.
MOST_CORES = 2
MOST_MEMORY = 768 * 1024**2

# Slots for cards and virtio disks that come later; each costs a little at every boot.
PORTS = 8

# Direct start without an initrd. What is switched off guards machines that have enemies, or
# waits for hardware that is not there.
KERNEL_WORDS = (
    "console=ttyS0 quiet loglevel=3 root=/dev/nvme0n1 rw rootfstype=ext4 rootflags=noinit_itable"
    " net.ifnames=0 mitigations=off nokaslr no_timer_check apparmor=0 audit=0 nowatchdog"
    " rcupdate.rcu_expedited=1 random.trust_cpu=on systemd.show_status=false ds=nocloud"
)
REACHABLE = b"lab: reachable"


@dataclass(frozen=True)
class Host:
    """What all guests of a lab share."""

    folder: Path
    emulator: Emulator
    golden: Golden
    kvm: bool
    network: Namespace
    disks: Disks


class Guest:
    """A machine, running or not. Its methods are called by its own queue, one after the other;
    ``running`` by anybody."""

    def __init__(self, host: Host, spec: MachineSpec) -> None:
        self.host = host
        self.spec = replace(spec, cores=min(spec.cores, MOST_CORES), memory_bytes=min(spec.memory_bytes, MOST_MEMORY))
        self.folder = host.folder / "guests" / spec.key
        self.instance = str(uuid.uuid4())
        self.boots: list[float] = []  # seconds from power-on to sshd, each boot that got there
        self._qemu: subprocess.Popen | None = None
        self._qmp: Qmp | None = None
        self._ports: dict[str, int] = {}

    # -- life ------------------------------------------------------------------------------

    def create(self) -> None:
        """Make its folder and root disk. Raises when the image is not there."""
        self.folder.mkdir(parents=True)
        self.host.disks.new_root(self._root, self.spec.image, self.spec.disk_bytes)

    def start(self) -> None:
        """Power on; returns when the virtual machine runs. Raises ``QmpError``."""
        if self.running():
            return
        self._release()
        started = time.monotonic()
        ours, theirs = socket.socketpair()
        with theirs, (self.folder / "qemu.log").open("ab") as log:
            command = [*self.host.network.enter(), *self._command(theirs.fileno())]
            self._qemu = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self.host.emulator.env(),
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        # nsenter becomes QEMU, so this is its pid.
        (self.folder / "pid").write_text(str(self._qemu.pid))
        self._qmp = Qmp(ours)
        try:
            self._qmp.open()
        except QmpError as error:
            self.kill()
            said = (self.folder / "qemu.log").read_text(errors="replace").strip().splitlines()
            raise QmpError(f"{error}: {said[-1] if said else 'no word'}") from error
        threading.Thread(target=self._watch, args=(self._qemu, started), daemon=True).start()

    def running(self) -> bool:
        """Whether QEMU runs: it ends when the guest powers itself down."""
        return self._qemu is not None and self._qemu.poll() is None

    def ask_down(self) -> None:
        """Press the power button, once."""
        if self.running() and self._qmp:
            self._qmp.do("system_powerdown")

    def wait_down(self, seconds: float) -> bool:
        """Wait until it is off; ``False`` after ``seconds``."""
        if self._qemu is None:
            return True
        try:
            self._qemu.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        self._release()
        return True

    def power_off(self) -> None:
        """Pull the plug."""
        if self._qmp and self.running():
            with contextlib.suppress(QmpError):
                self._qmp.do("quit", timeout=5)
            self.wait_down(5)
        self.kill()

    def reset(self) -> None:
        """Press the reset button of a running machine."""
        if self.running() and self._qmp:
            self._qmp.do("system_reset")

    def remove(self) -> None:
        """Power off and delete all it had."""
        self.power_off()
        shutil.rmtree(self.folder, ignore_errors=True)

    def resize(self, cores: int, memory_bytes: int, disk_bytes: int) -> None:
        """Change the stopped machine."""
        if self.running():
            raise RuntimeError("a running machine cannot be rescaled")
        self.spec = replace(self.spec, cores=min(cores, MOST_CORES), memory_bytes=min(memory_bytes, MOST_MEMORY))
        self.host.disks.grow_root(self._root, disk_bytes)

    def frozen(self):
        """A context in which the guest stands still and its disks are complete on the host."""
        return _Frozen(self._qmp if self.running() else None)

    @property
    def root(self) -> Path:
        """The file of its root disk."""
        return self._root

    # -- devices ---------------------------------------------------------------------------

    def plug(self, disk: Disk) -> None:
        """Attach a volume; its file must be there."""
        if any(d.key == disk.key for d in self.spec.disks):
            return
        self.spec = replace(self.spec, disks=(*self.spec.disks, disk))
        if self.running() and self._qmp:
            self._qmp.do("blockdev-add", **_node(disk, self.host.disks.volume(disk.key)))
            self._qmp.do("device_add", **self._disk_device(disk))

    def unplug(self, disk_key: str) -> None:
        """Detach a volume; one that is not there is fine."""
        self.spec = replace(self.spec, disks=tuple(d for d in self.spec.disks if d.key != disk_key))
        if self.running() and self._qmp:
            self._take_out(_name("disk", disk_key))
            with contextlib.suppress(QmpError):
                self._qmp.do("blockdev-del", node_name=_name("node", disk_key))

    def resized(self, disk_key: str, size_bytes: int) -> None:
        """Tell the running guest that a volume's file has grown."""
        if self.running() and self._qmp and any(d.key == disk_key for d in self.spec.disks):
            self._qmp.do("block_resize", node_name=_name("node", disk_key), size=size_bytes)

    def plug_nic(self, nic: Nic) -> None:
        """Add a network card."""
        if any(n.segment == nic.segment for n in self.spec.nics):
            return
        self.spec = replace(self.spec, nics=(*self.spec.nics, nic))
        if self.running() and self._qmp:
            tap = self.host.network.add_tap(self.spec.key, nic.mac, nic.segment)
            name = _name("net", nic.segment)
            self._qmp.do("netdev_add", type="tap", id=name, ifname=tap, script="no", downscript="no")
            self._qmp.do("device_add", **self._nic_device(nic))

    def unplug_nic(self, segment: str) -> None:
        """Remove the card on ``segment``; one that is not there is fine."""
        gone = [n for n in self.spec.nics if n.segment == segment]
        self.spec = replace(self.spec, nics=tuple(n for n in self.spec.nics if n.segment != segment))
        if gone and self.running() and self._qmp:
            self._take_out(_name("card", segment))
            with contextlib.suppress(QmpError):
                self._qmp.do("netdev_del", id=_name("net", segment))
            self.host.network.drop_tap(self.spec.key, gone[0].mac)

    def _take_out(self, device: str) -> None:
        """Remove a device, with the guest's consent; a guest that does not answer (booting,
        hung) is asked again until it does."""
        assert self._qmp is not None
        self._ports.pop(device, None)
        self._qmp.forget()
        for _ in range(30):
            try:
                self._qmp.do("device_del", id=device)
            except QmpError as error:
                if "not found" in str(error):
                    return
                if "in the process of unplug" not in str(error):
                    raise
            if self._qmp.wait(
                lambda e: e["event"] == "DEVICE_DELETED" and e["data"].get("device") == device, timeout=2
            ):
                return
        raise QmpError("the guest does not let go of the device")

    # -- QEMU's command line -----------------------------------------------------------------

    @property
    def _root(self) -> Path:
        return self.folder / "root.qcow2"

    def _command(self, monitor: int) -> list[str]:
        spec, host = self.spec, self.host
        self._ports = {}
        nodes = [
            {
                "driver": "qcow2",
                "node-name": "root",
                "discard": "unmap",
                # A guest lives no longer than its host: waiting for the host's disk is vain.
                "file": {"driver": "file", "filename": str(self._root), "cache": {"no-flush": True}},
            }
        ]
        devices: list[dict] = [
            {"driver": "nvme", "id": "nvme0", "serial": "lab-root", "drive": "root"},
            {"driver": "virtio-rng-pci"},
            {"driver": "virtio-scsi-pci", "id": "scsi0"},
        ]
        for number in range(PORTS):
            devices.append({"driver": "pcie-root-port", "id": f"port{number}", "chassis": number + 1, "port": number})
        for disk in spec.disks:
            nodes.append(_node(disk, host.disks.volume(disk.key)))
            devices.append(self._disk_device(disk))
        networks = []
        for nic in spec.nics:
            tap = host.network.add_tap(spec.key, nic.mac, nic.segment)
            networks.append(
                {"type": "tap", "id": _name("net", nic.segment), "ifname": tap, "script": "no", "downscript": "no"}
            )
            devices.append(self._nic_device(nic))
        command = [*host.emulator.system(), "-name", f"guest={spec.key}", *accel.arguments(host.kvm)]
        command += ["-machine", "q35", "-smp", str(spec.cores), "-m", f"{spec.memory_bytes // 1024**2}"]
        command += ["-nodefaults", "-no-user-config", "-display", "none", "-uuid", self.instance]
        command += ["-kernel", str(host.golden.kernel), "-append", KERNEL_WORDS]
        command += ["-chardev", f"socket,id=qmp,fd={monitor}", "-mon", "chardev=qmp,mode=control"]
        console = str(self.folder / "console.log").replace(",", ",,")
        command += ["-chardev", f"file,id=console,path={console},append=on", "-serial", "chardev:console"]
        command += seed.write(self.folder / "seed", spec, self.instance)
        for word, values in (("-blockdev", nodes), ("-netdev", networks), ("-device", devices)):
            for value in values:
                command += [word, json.dumps(value)]
        return command

    def _disk_device(self, disk: Disk) -> dict:
        device = {"id": _name("disk", disk.key), "drive": _name("node", disk.key)}
        if disk.vendor == "virtio":
            return {"driver": "virtio-blk-pci", "serial": disk.serial[:20], "bus": self._port(device["id"]), **device}
        # All four are needed for the name below by-id that the clouds' guests see.
        ids = {"vendor": disk.vendor, "product": disk.product, "device_id": disk.serial, "serial": disk.serial}
        return {"driver": "scsi-hd", "bus": "scsi0.0", **ids, **device}

    def _nic_device(self, nic: Nic) -> dict:
        card = _name("card", nic.segment)
        return {
            "driver": "virtio-net-pci",
            "id": card,
            "netdev": _name("net", nic.segment),
            "mac": nic.mac,
            "bus": self._port(card),
            "romfile": "",
        }

    def _port(self, device: str) -> str:
        free = next((n for n in range(PORTS) if n not in self._ports.values()), None)
        if free is None:
            raise RuntimeError(f"the machine has no free slot (it has {PORTS} for cards and virtio disks)")
        self._ports[device] = free
        return f"port{free}"

    # -- the process -------------------------------------------------------------------------

    def _watch(self, qemu: subprocess.Popen, started: float) -> None:
        """Note when the guest says that sshd listens."""
        console = self.folder / "console.log"
        seen = console.stat().st_size if console.exists() else 0
        while qemu.poll() is None and time.monotonic() - started < 600:
            with contextlib.suppress(FileNotFoundError), console.open("rb") as handle:
                handle.seek(max(0, seen - len(REACHABLE)))
                if REACHABLE in handle.read():
                    self.boots.append(round(time.monotonic() - started, 1))
                    return
            time.sleep(0.25)

    def kill(self) -> None:
        """End QEMU at once."""
        if self._qemu is not None and self._qemu.poll() is None:
            self._qemu.kill()
            self._qemu.wait()
        self._release()

    def _release(self) -> None:
        """Forget a process that has ended, and its taps."""
        if self._qemu is None:
            return
        if self._qmp:
            self._qmp.close()
        self._qmp = self._qemu = None
        (self.folder / "pid").unlink(missing_ok=True)
        for nic in self.spec.nics:
            self.host.network.drop_tap(self.spec.key, nic.mac)

    def describe(self) -> dict:
        """For ``/_lab``: what runs and how long boots took, in seconds."""
        shown = asdict(self.spec)
        shown.pop("user_data")
        return {
            **shown,
            "running": self.running(),
            "boot_seconds": self.boots,
            "console": str(self.folder / "console.log"),
        }


class _Frozen:
    def __init__(self, qmp: Qmp | None) -> None:
        self._qmp = qmp

    def __enter__(self) -> None:
        if self._qmp:
            self._qmp.do("stop")

    def __exit__(self, *_: object) -> None:
        if self._qmp:
            self._qmp.do("cont")


def _name(kind: str, key: str) -> str:
    """A QEMU id for ``key``: ids take no other characters, and 31 at most for a block node."""
    return f"{kind}-{uuid.uuid5(uuid.NAMESPACE_OID, key).hex[:16]}"


def _node(disk: Disk, path: Path) -> dict:
    return {
        "driver": "raw",
        "node-name": _name("node", disk.key),
        "discard": "unmap",
        "file": {"driver": "file", "filename": str(path), "discard": "unmap"},
    }


def clean(run_dir: Path) -> None:
    """End every guest of the lab that ran in ``run_dir``, whoever started it, and remove what
    it had."""
    for pidfile in sorted((run_dir / "guests").glob("*/pid")):
        pid = process.recorded(pidfile, str(pidfile.parent))
        if pid:
            process.end(pid, grace=1.0)
    shutil.rmtree(run_dir / "guests", ignore_errors=True)
