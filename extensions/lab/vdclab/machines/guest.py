"""One guest: its folder, its QEMU process, its devices."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import threading
import time
import uuid
from dataclasses import asdict, replace
from pathlib import Path

from . import hardware, process
from .base import Disk, MachineSpec, Nic
from .hardware import Host, Slots, name
from .liveness import Liveness
from .qmp import Qmp, QmpError

# Two cores and this much memory are all that a guest gets, whatever its type promises: a lab
# of several guests shares one small machine. Docker with a few containers fits well.
MOST_CORES = 2
MOST_MEMORY = 768 * 1024**2

REACHABLE = b"lab: reachable"


class Guest:
    """A machine, running or not. Its methods are called by its own queue, one after the other;
    ``running`` by anybody."""

    def __init__(self, host: Host, spec: MachineSpec) -> None:
        self.host = host
        self.spec = replace(spec, cores=min(spec.cores, MOST_CORES), memory_bytes=min(spec.memory_bytes, MOST_MEMORY))
        self.folder = host.folder / "guests" / spec.key
        self.instance = str(uuid.uuid4())
        self.boots: list[float] = []  # seconds from power-on to sshd, each boot that got there
        self.resets = 0  # boots that hung
        self._qemu: subprocess.Popen | None = None
        self._qmp: Qmp | None = None
        self._slots = Slots()

    # -- life ------------------------------------------------------------------------------

    def create(self) -> None:
        """Make its folder and root disk. Raises when the image is not there."""
        self.folder.mkdir(parents=True)
        self.host.disks.new_root(self.root, self.spec.image, self.spec.disk_bytes)

    def start(self) -> None:
        """Power on; returns when the virtual machine runs. Raises ``QmpError``."""
        if self.running():
            return
        self._release()
        started = time.monotonic()
        ours, theirs = socket.socketpair()
        with theirs, (self.folder / "qemu.log").open("ab") as log:
            self._slots = Slots()
            words = hardware.command(
                self.host, self.spec, self.instance, self.folder, self._slots, monitor=theirs.fileno()
            )
            self._qemu = subprocess.Popen(
                [*self.host.network.enter(), *words],
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
        qemu = self._qemu
        return qemu is not None and qemu.poll() is None

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
        self.host.disks.grow_root(self.root, disk_bytes)

    def frozen(self):
        """A context in which the guest stands still and its disks are complete on the host."""
        return _Frozen(self._qmp if self.running() else None)

    @property
    def root(self) -> Path:
        """The file of its root disk."""
        return self.folder / "root.qcow2"

    # -- devices ---------------------------------------------------------------------------

    def plug(self, disk: Disk) -> None:
        """Attach a volume; its file must be there."""
        if any(d.key == disk.key for d in self.spec.disks):
            return
        if self.running() and self._qmp:
            self._qmp.do("blockdev-add", hardware.node(disk, self.host.disks.volume(disk.key)))
            try:
                self._qmp.do("device_add", self._slots.disk(disk))
            except (QmpError, RuntimeError):
                self._qmp.do("blockdev-del", {"node-name": name("node", disk.key)})
                raise
        self.spec = replace(self.spec, disks=(*self.spec.disks, disk))

    def unplug(self, disk_key: str) -> None:
        """Detach a volume; one that is not there is fine."""
        if self.running() and self._qmp and any(d.key == disk_key for d in self.spec.disks):
            self._take_out(name("disk", disk_key))
            self._qmp.do("blockdev-del", {"node-name": name("node", disk_key)})
        self.spec = replace(self.spec, disks=tuple(d for d in self.spec.disks if d.key != disk_key))

    def resized(self, disk_key: str, size_bytes: int) -> None:
        """Tell the running guest that a volume's file has grown."""
        if self.running() and self._qmp and any(d.key == disk_key for d in self.spec.disks):
            self._qmp.do("block_resize", {"node-name": name("node", disk_key), "size": size_bytes})

    def plug_nic(self, nic: Nic) -> None:
        """Add a network card."""
        if any(n.segment == nic.segment for n in self.spec.nics):
            return
        if self.running() and self._qmp:
            tap = self.host.network.add_tap(self.spec.key, nic)
            self._qmp.do("netdev_add", hardware.netdev(nic, tap))
            self._qmp.do("device_add", self._slots.card(nic))
        self.spec = replace(self.spec, nics=(*self.spec.nics, nic))

    def unplug_nic(self, segment: str) -> None:
        """Remove the card on ``segment``; one that is not there is fine."""
        gone = [n for n in self.spec.nics if n.segment == segment]
        if gone and self.running() and self._qmp:
            self._take_out(name("card", segment))
            self._qmp.do("netdev_del", {"id": name("net", segment)})
            self.host.network.drop_tap(self.spec.key, gone[0])
        self.spec = replace(self.spec, nics=tuple(n for n in self.spec.nics if n.segment != segment))

    def _take_out(self, device: str) -> None:
        """Remove a device, with the guest's consent; a guest that does not answer (booting,
        hung) is asked again until it does."""
        assert self._qmp is not None
        self._qmp.forget()
        for _ in range(30):
            try:
                self._qmp.do("device_del", {"id": device})
            except QmpError as error:
                if "not found" in str(error):
                    self._slots.free(device)
                    return
                if "in the process of unplug" not in str(error):
                    raise
            if self._qmp.wait(
                lambda e: e["event"] == "DEVICE_DELETED" and e["data"].get("device") == device, timeout=2
            ):
                self._slots.free(device)
                return
        raise QmpError("the guest does not let go of the device")

    # -- the process -------------------------------------------------------------------------

    def _watch(self, qemu: subprocess.Popen, started: float) -> None:
        """Note when the guest says that sshd listens; reset one that hangs before its first word,
        which TCG does to about one boot in a hundred."""
        console = self.folder / "console.log"
        seen = console.stat().st_size if console.exists() else 0
        liveness, sampled = Liveness(qemu.pid), started
        while qemu.poll() is None and time.monotonic() - started < 600:
            if time.monotonic() - sampled > 5 and console.exists() and console.stat().st_size == seen:
                sampled = time.monotonic()
                if liveness.sample() >= 3:
                    self.resets += 1
                    liveness = Liveness(qemu.pid)
                    with contextlib.suppress(QmpError):
                        self.reset()
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
            self.host.network.drop_tap(self.spec.key, nic)

    def describe(self) -> dict:
        """For ``/_lab``: what runs and how long boots took, in seconds."""
        shown = asdict(self.spec)
        shown.pop("user_data")
        return {
            **shown,
            "running": self.running(),
            "boot_seconds": self.boots,
            "resets": self.resets,
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


def clean(run_dir: Path) -> None:
    """End every guest of the lab that ran in ``run_dir``, whoever started it, and remove what
    it had."""
    for pidfile in sorted((run_dir / "guests").glob("*/pid")):
        pid = process.recorded(pidfile, str(pidfile.parent))
        if pid:
            process.end(pid, grace=1.0)
    shutil.rmtree(run_dir / "guests", ignore_errors=True)
