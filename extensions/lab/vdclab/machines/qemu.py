"""Machines that are QEMU guests: the ``Machines`` protocol over guests, disks and network."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from socket import socket
from typing import Any

from . import accel, access, containers, disks, emulator, futures, golden, guest, namespace
from .base import Disk, MachineSpec, Nic
from .cache import Cache, default_cache
from .guest import Guest
from .hardware import Host
from .registry import ADDRESS, HOST, Registry

# What a guest may take to go down when asked, before a reboot becomes a reset; seconds.
PATIENCE = 60.0


class NotPrepared(RuntimeError):
    """The golden image or QEMU is not in the cache."""


def why_not(cache_dir: Path | None = None) -> str | None:
    """Why machines cannot run here now, or ``None`` when they can."""
    cache = Cache(cache_dir or default_cache())
    if emulator.find(cache) is None or golden.find(cache) is None:
        return "the machine image is not prepared: run `python -m vdclab prepare`"
    return namespace.why_not()


class QemuMachines:
    """One per lab. Each guest has a queue of its own, so deeds on it run in the order asked
    for, beside those of other guests."""

    real = True

    def __init__(self, run_dir: Path, cache_dir: Path | None = None) -> None:
        """Make the network and all that guests share. Raises ``NotPrepared`` or
        ``NetworkError`` with the reason."""
        reason = why_not(cache_dir)
        if reason:
            raise NotPrepared(reason)
        self.run_dir = run_dir.resolve()
        cache = Cache(cache_dir or default_cache())
        found, image = emulator.find(cache), golden.find(cache)
        assert found is not None
        assert image is not None
        clean(self.run_dir)
        self.run_dir.mkdir(parents=True, exist_ok=True)
        self.network = namespace.Namespace(self.run_dir)
        self.network.start()
        access.write(self.run_dir, self.network)
        self._registry = Registry(containers.find(cache), self.network.listener(*ADDRESS))
        self._disks = disks.Disks(self.run_dir, found, image.disk)
        kvm = accel.kvm_works(cache.folder, found, image)
        self._host = Host(self.run_dir, found, image, kvm, self.network, self._disks)
        self._lock = threading.Lock()
        self._guests: dict[str, Guest] = {}
        self._queues: dict[str, ThreadPoolExecutor] = {}
        self._storage = ThreadPoolExecutor(1, "disks")
        # Who has which volume, as asked for: so that a deed on it queues behind its plugging.
        self._holder: dict[str, str] = {}

    def environment(self) -> dict[str, str]:
        """What a controller needs to reach the guests, as environment variables: for Ansible's
        ssh, and the script that runs a command inside the lab's network."""
        return {
            "ANSIBLE_SSH_COMMON_ARGS": access.ssh_args(self.run_dir),
            # Guests of labs beside each other have the same addresses, and must not have each other's connections.
            "ANSIBLE_SSH_CONTROL_PATH_DIR": str(self.run_dir / "ssh"),
            "VDC_LAB_INSIDE": str(self.run_dir / "inside"),
        }

    def listener(self, port: int) -> socket:
        return self.network.listener(HOST, port)

    def describe(self) -> dict[str, Any]:
        """What runs, for ``/_lab``."""
        with self._lock:
            guests = dict(self._guests)
        return {
            "accelerator": "kvm" if self._host.kvm else "tcg",
            "image": self._host.golden.key,
            "guests": {key: one.describe() for key, one in guests.items()},
        }

    # -- machines ----------------------------------------------------------------------------

    def create(self, spec: MachineSpec, start: bool = True) -> Future:
        one = Guest(self._host, spec)
        disks.file_name(spec.key)
        with self._lock:
            if spec.key in self._guests:
                raise ValueError(f"there is a machine {spec.key} already")
            self._guests[spec.key] = one
            # A machine that is still being deleted under this key has its queue yet.
            if spec.key not in self._queues:
                self._queues[spec.key] = ThreadPoolExecutor(1, spec.key)
            for disk in spec.disks:
                self._holder[disk.key] = spec.key

        def deed() -> None:
            for disk in spec.disks:
                self._disks.ensure(disk.key, disk.size_bytes)
            one.create()
            if start:
                one.start()

        return self._on(spec.key, lambda _: deed())

    def start(self, key: str) -> Future:
        return self._on(key, Guest.start)

    def shutdown(self, key: str) -> Future:
        return self._on(key, Guest.ask_down)

    def power_off(self, key: str) -> Future:
        return self._on(key, Guest.power_off)

    def reboot(self, key: str) -> Future:
        def deed(one: Guest) -> None:
            if not one.running():
                return
            one.ask_down()
            if one.wait_down(PATIENCE):
                one.start()
            else:
                one.reset()

        return self._on(key, deed)

    def reset(self, key: str) -> Future:
        return self._on(key, Guest.reset)

    def running(self, key: str) -> bool:
        one = self._guests.get(key)
        return one is not None and one.running()

    def rescale(self, key: str, cores: int, memory_bytes: int, disk_bytes: int) -> Future:
        return self._on(key, lambda one: one.resize(cores, memory_bytes, disk_bytes))

    def delete(self, key: str) -> Future:
        def deed(one: Guest) -> None:
            one.remove()
            with self._lock:
                if key not in self._guests and key in self._queues:
                    self._queues.pop(key).shutdown(wait=False)

        with self._lock:
            one = self._guests.pop(key, None)
            if one is None:
                return futures.done()
            self._holder = {disk: holder for disk, holder in self._holder.items() if holder != key}
            return self._queues[key].submit(deed, one)

    # -- volumes -----------------------------------------------------------------------------

    def plug(self, key: str, disk: Disk) -> Future:
        self._holder[disk.key] = key

        def deed(one: Guest) -> None:
            self._disks.ensure(disk.key, disk.size_bytes)
            one.plug(disk)

        return self._on(key, deed)

    def unplug(self, key: str, disk_key: str) -> Future:
        if self._holder.get(disk_key) == key:
            del self._holder[disk_key]
        return self._on(key, lambda one: one.unplug(disk_key))

    def grow_disk(self, disk_key: str, size_bytes: int) -> Future:
        def deed(one: Guest | None) -> None:
            self._disks.ensure(disk_key, size_bytes)
            if one:
                one.resized(disk_key, size_bytes)

        return self._on_disk(disk_key, deed)

    def copy_disk(self, disk_key: str, new_key: str) -> Future:
        def deed(one: Guest | None) -> None:
            if one is None:
                self._disks.copy(disk_key, new_key)
                return
            # As on the clouds: what a running machine has not written yet is not in it.
            with one.frozen():
                self._disks.copy(disk_key, new_key)

        return self._on_disk(disk_key, deed)

    def delete_disk(self, disk_key: str) -> Future:
        return self._on_disk(disk_key, lambda _: self._disks.delete(disk_key))

    # -- network cards -----------------------------------------------------------------------

    def plug_nic(self, key: str, nic: Nic) -> Future:
        return self._on(key, lambda one: one.plug_nic(nic))

    def unplug_nic(self, key: str, segment: str) -> Future:
        return self._on(key, lambda one: one.unplug_nic(segment))

    # -- images ------------------------------------------------------------------------------

    def save_image(self, key: str, image: str) -> Future:
        def deed(one: Guest) -> None:
            with one.frozen():
                self._disks.save_root(one.root, image)

        return self._on(key, deed)

    def delete_image(self, image: str) -> Future:
        return self._storage.submit(self._disks.delete_image, image)

    # -- the end -----------------------------------------------------------------------------

    def stop_all(self) -> None:
        """End every guest and the network, and remove all they had."""
        with self._lock:
            queues, self._queues = self._queues, {}
            guests, self._guests = self._guests, {}
        for queue in queues.values():
            queue.shutdown(wait=False, cancel_futures=True)
        for one in guests.values():
            one.kill()
        self._storage.shutdown(wait=True, cancel_futures=True)
        self._registry.stop()
        self.network.stop()
        clean(self.run_dir)

    # -- queues ------------------------------------------------------------------------------

    def _on(self, key: str, deed: Callable[[Guest], Any]) -> Future:
        """Queue ``deed`` on machine ``key``; the future fails when there is none."""
        with self._lock:
            one, queue = self._guests.get(key), self._queues.get(key)
            if one is None or queue is None:
                return futures.failed(KeyError(f"there is no machine {key}"))
            return queue.submit(deed, one)

    def _on_disk(self, disk_key: str, deed: Callable[[Guest | None], Any]) -> Future:
        """Queue ``deed`` behind what was asked of the machine that holds the volume."""
        holder = self._holder.get(disk_key)
        if holder is not None:
            return self._on(holder, deed)
        return self._storage.submit(deed, None)


def clean(run_dir: Path) -> None:
    """End all that a lab left running in ``run_dir``, found by its pid files alone, and remove
    its files. Safe when nothing is there."""
    run_dir = run_dir.resolve()
    guest.clean(run_dir)
    namespace.clean(run_dir)
    for name in ("volumes", "images", "ssh"):
        shutil.rmtree(run_dir / name, ignore_errors=True)
    for name in ("inside", "proxy", "ssh_config", "known_hosts"):
        (run_dir / name).unlink(missing_ok=True)
