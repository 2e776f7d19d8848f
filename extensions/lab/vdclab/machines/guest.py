"""One guest: its directory, its QEMU process, its devices."""

from __future__ import annotations

import contextlib
import logging
import shutil
import signal
import socket
import subprocess
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

from . import hardware, process
from .base import Disk, MachineSpec, Nic
from .hardware import Host, Slots, name
from .liveness import Liveness
from .qmp import Qmp, QmpError

# The most cores and memory of a guest, whatever its type: several guests share one small host.
# Docker with a few containers fits.
MAX_CORES = 2
MAX_MEMORY = 768 * 1024**2

# What the golden image's lab-ready.service writes to the console when sshd listens.
REACHABLE = b"lab: reachable"

# How QEMU ends when it crashes itself: under TCG a boot on a busy host sometimes fails one of its assertions.
CRASHES = (-signal.SIGABRT, -signal.SIGSEGV)
# How many crashed boots of one machine are repeated.
MAX_RESTARTS = 3

log = logging.getLogger(__name__)


class Guest:
    """A machine, running or not. Only its queue calls its methods, one after the other; any thread
    may call ``running`` and ``describe``."""

    def __init__(self, host: Host, spec: MachineSpec, power_on: Callable[[], object]) -> None:
        """``power_on`` puts a call of ``start`` into the machine's queue, for a boot whose QEMU crashed."""
        self.host = host
        self._power_on = power_on
        self.spec = replace(spec, cores=min(spec.cores, MAX_CORES), memory_bytes=min(spec.memory_bytes, MAX_MEMORY))
        self.directory = host.directory / "guests" / spec.key
        self.instance = str(uuid.uuid4())
        self.boots: list[float] = []  # seconds from power-on until sshd listened, for each completed boot
        self.resets = 0  # boots that hung or crashed and were repeated
        self._booting_since: float | None = None
        self._qemu: subprocess.Popen | None = None
        self._qmp: Qmp | None = None
        self._slots = Slots()

    # -- power -----------------------------------------------------------------------------

    def create(self) -> None:
        """Create its directory and root disk. Raises ``FileNotFoundError`` if the image does not exist."""
        self.directory.mkdir(parents=True)
        self.host.disks.new_root(self.root, self.spec.image, self.spec.disk_bytes)

    def start(self) -> None:
        """Power on; returns when the virtual machine runs, not when it has booted. Raises ``QmpError``."""
        if self.running():
            return
        self._release()
        started = time.monotonic()
        ours, theirs = socket.socketpair()
        with theirs, (self.directory / "qemu.log").open("ab") as output:
            self._slots = Slots()
            words = hardware.command(
                self.host, self.spec, self.instance, self.directory, self._slots, monitor=theirs.fileno()
            )
            self._qemu = subprocess.Popen(
                [*self.host.network.enter(), *words],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=self.host.emulator.env(),
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        # nsenter executes QEMU, so this is QEMU's pid.
        (self.directory / "pid").write_text(str(self._qemu.pid))
        self._qmp = Qmp(ours)
        try:
            self._qmp.open()
        except QmpError as error:
            self.kill()
            lines = (self.directory / "qemu.log").read_text(errors="replace").strip().splitlines()
            raise QmpError(f"{error}: {lines[-1] if lines else 'no output'}") from error
        log.info("%s: powered on", self.spec.key)
        self._booting_since = started
        threading.Thread(target=self._watch_boot, args=(self._qemu, started), daemon=True).start()

    def running(self) -> bool:
        """Whether QEMU runs: it ends when the guest has shut down."""
        qemu = self._qemu
        return qemu is not None and qemu.poll() is None

    def shutdown(self) -> None:
        """Ask the guest to shut down (ACPI power button); returns at once."""
        if self.running() and self._qmp:
            self._qmp.do("system_powerdown")

    def wait_until_off(self, seconds: float) -> bool:
        """Wait until it is off; returns ``False`` after ``seconds``."""
        if self._qemu is None:
            return True
        try:
            self._qemu.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        self._release()
        return True

    def power_off(self) -> None:
        """Power off at once."""
        if self._qmp and self.running():
            with contextlib.suppress(QmpError):
                self._qmp.do("quit", timeout=5)
            self.wait_until_off(5)
        self.kill()

    def reset(self) -> None:
        """Reset a running machine."""
        if self.running() and self._qmp:
            self._qmp.do("system_reset")

    def remove(self) -> None:
        """Power off and delete its files."""
        self.power_off()
        shutil.rmtree(self.directory, ignore_errors=True)

    def resize(self, cores: int, memory_bytes: int, disk_bytes: int) -> None:
        """Change cores, memory and disk size of a stopped machine."""
        if self.running():
            raise RuntimeError("a running machine cannot be rescaled")
        self.spec = replace(self.spec, cores=min(cores, MAX_CORES), memory_bytes=min(memory_bytes, MAX_MEMORY))
        self.host.disks.grow_root(self.root, disk_bytes)

    def frozen(self):
        """A context in which the guest is paused, so that its disk files can be copied."""
        return _Frozen(self._qmp if self.running() else None)

    @property
    def root(self) -> Path:
        """The file of its root disk."""
        return self.directory / "root.qcow2"

    # -- devices ---------------------------------------------------------------------------

    def plug(self, disk: Disk) -> None:
        """Attach a volume, whose file must exist."""
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
        """Detach a volume; does nothing if it is not attached."""
        if self.running() and self._qmp and any(d.key == disk_key for d in self.spec.disks):
            self._remove_device(name("disk", disk_key))
            self._qmp.do("blockdev-del", {"node-name": name("node", disk_key)})
        self.spec = replace(self.spec, disks=tuple(d for d in self.spec.disks if d.key != disk_key))

    def resized(self, disk_key: str, size_bytes: int) -> None:
        """Make a running guest see that a volume's file has grown."""
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
        """Remove the network card on ``segment``; does nothing if there is none."""
        removed = [n for n in self.spec.nics if n.segment == segment]
        if removed and self.running() and self._qmp:
            self._remove_device(name("card", segment))
            self._qmp.do("netdev_del", {"id": name("net", segment)})
            self.host.network.remove_tap(self.spec.key, removed[0])
        self.spec = replace(self.spec, nics=tuple(n for n in self.spec.nics if n.segment != segment))

    def _remove_device(self, device: str) -> None:
        """Remove a device once the guest releases it; retries while the guest does not answer, for
        example because it boots. Raises ``QmpError`` if it never does."""
        assert self._qmp is not None
        self._qmp.drop_events()
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
        raise QmpError("the guest does not release the device")

    # -- the process -------------------------------------------------------------------------

    def _watch_boot(self, qemu: subprocess.Popen, started: float) -> None:
        """Record when the guest reports that sshd listens. Reset a guest that hangs before its first
        output, as about one boot in a hundred under TCG does, and start one again whose QEMU crashes."""
        console = self.directory / "console.log"
        start = console.stat().st_size if console.exists() else 0
        liveness, sampled = Liveness(qemu.pid), started
        while qemu.poll() is None and time.monotonic() - started < 600:
            if time.monotonic() - sampled > 5 and console.exists() and console.stat().st_size == start:
                sampled = time.monotonic()
                if liveness.sample() >= 3:
                    self.resets += 1
                    log.warning("%s: no output and no CPU use since power-on, resetting", self.spec.key)
                    liveness = Liveness(qemu.pid)
                    with contextlib.suppress(QmpError):
                        self.reset()
            with contextlib.suppress(FileNotFoundError), console.open("rb") as handle:
                handle.seek(max(0, start - len(REACHABLE)))
                if REACHABLE in handle.read():
                    self.boots.append(round(time.monotonic() - started, 1))
                    self._booting_since = None
                    log.info("%s: reachable after %.1f s", self.spec.key, self.boots[-1])
                    return
            time.sleep(0.25)
        if qemu.returncode in CRASHES and self.resets < MAX_RESTARTS:
            self.resets += 1
            log.warning("%s: QEMU crashed while it booted (qemu.log), powering on again", self.spec.key)
            self._power_on()

    def kill(self) -> None:
        """Kill QEMU."""
        if self._qemu is not None and self._qemu.poll() is None:
            self._qemu.kill()
            self._qemu.wait()
        self._release()

    def _release(self) -> None:
        """Release the monitor, the pid file and the taps of a QEMU that has ended."""
        if self._qemu is None:
            return
        if self._qmp:
            self._qmp.close()
        self._qmp = self._qemu = None
        (self.directory / "pid").unlink(missing_ok=True)
        for nic in self.spec.nics:
            self.host.network.remove_tap(self.spec.key, nic)

    def describe(self) -> dict:
        """For ``/_lab/machines``: its specification, whether it runs, and how long its boots took in seconds."""
        shown = asdict(self.spec)
        shown.pop("user_data")
        since = self._booting_since if self.running() else None
        return {
            **shown,
            "running": self.running(),
            "booting_seconds": None if since is None else round(time.monotonic() - since, 1),
            "boot_seconds": self.boots,
            "resets": self.resets,
            "console": str(self.directory / "console.log"),
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
    """Kill every guest of the lab of ``run_dir``, whichever process started it, and remove its files."""
    for pidfile in sorted((run_dir / "guests").glob("*/pid")):
        pid = process.recorded(pidfile, str(pidfile.parent))
        if pid:
            process.end(pid, grace=1.0)
    shutil.rmtree(run_dir / "guests", ignore_errors=True)
