"""Machines that are QEMU guests: the ``Machines`` protocol."""

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

# Seconds that a guest may take to shut down before a reboot becomes a reset.
SHUTDOWN_TIMEOUT = 60.0


class NotPrepared(RuntimeError):
    """The golden image or QEMU is not in the cache."""


def why_not(cache_dir: Path | None = None) -> str | None:
    """The reason why machines cannot run on this host, or ``None`` if they can."""
    cache = Cache(cache_dir or default_cache())
    if emulator.find(cache) is None or golden.find(cache) is None:
        return "the machine image is not prepared: run `make prepare`"
    return namespace.why_not()


class QemuMachines:
    """One per lab. Each guest has its own queue: changes of it run in the order of the calls, and
    concurrently with those of other guests."""

    real = True

    def __init__(self, run_dir: Path, cache_dir: Path | None = None) -> None:
        """Create the network and everything that guests share. Raises ``NotPrepared`` or
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
        kvm = accel.kvm_works(cache.directory, found, image)
        self._host = Host(self.run_dir, found, image, kvm, self.network, self._disks)
        self._lock = threading.Lock()
        self._guests: dict[str, Guest] = {}
        self._queues: dict[str, ThreadPoolExecutor] = {}
        self._storage = ThreadPoolExecutor(1, "disks")
        # Volume key -> key of the machine it is, or will be, attached to: changes of the volume use that queue.
        self._holder: dict[str, str] = {}

    def environment(self) -> dict[str, str]:
        """Environment variables of a controller: for Ansible's ssh, and the script that runs a command
        inside the lab's network."""
        return {
            "ANSIBLE_SSH_COMMON_ARGS": access.ssh_args(self.run_dir),
            # Guests of other labs have the same addresses: connections must not be shared between labs.
            "ANSIBLE_SSH_CONTROL_PATH_DIR": str(self.run_dir / "ssh"),
            "VDC_LAB_INSIDE": str(self.run_dir / "inside"),
        }

    def listener(self, port: int) -> socket:
        return self.network.listener(HOST, port)

    def describe(self) -> dict[str, Any]:
        """The machines and how long they took to boot, for ``/_lab/machines``."""
        with self._lock:
            guests = dict(self._guests)
        return {
            "accelerator": "kvm" if self._host.kvm else "tcg",
            "image": self._host.golden.key,
            "guests": {key: one.describe() for key, one in guests.items()},
        }

    # -- machines ----------------------------------------------------------------------------

    def create(self, spec: MachineSpec, start: bool = True) -> Future:
        one = Guest(self._host, spec, lambda: self.start(spec.key))
        disks.file_name(spec.key)
        with self._lock:
            if spec.key in self._guests:
                raise ValueError(f"there is a machine {spec.key} already")
            self._guests[spec.key] = one
            # A machine that is still being deleted under this key still has its queue.
            if spec.key not in self._queues:
                self._queues[spec.key] = ThreadPoolExecutor(1, spec.key)
            for disk in spec.disks:
                self._holder[disk.key] = spec.key

        def change() -> None:
            for disk in spec.disks:
                self._disks.ensure(disk.key, disk.size_bytes)
            one.create()
            if start:
                one.start()

        return self._on(spec.key, lambda _: change())

    def start(self, key: str) -> Future:
        return self._on(key, Guest.start)

    def shutdown(self, key: str) -> Future:
        return self._on(key, Guest.shutdown)

    def power_off(self, key: str) -> Future:
        return self._on(key, Guest.power_off)

    def reboot(self, key: str) -> Future:
        def change(one: Guest) -> None:
            if not one.running():
                return
            one.shutdown()
            if one.wait_until_off(SHUTDOWN_TIMEOUT):
                one.start()
            else:
                one.reset()

        return self._on(key, change)

    def reset(self, key: str) -> Future:
        return self._on(key, Guest.reset)

    def running(self, key: str) -> bool:
        one = self._guests.get(key)
        return one is not None and one.running()

    def rescale(self, key: str, cores: int, memory_bytes: int, disk_bytes: int) -> Future:
        return self._on(key, lambda one: one.resize(cores, memory_bytes, disk_bytes))

    def delete(self, key: str) -> Future:
        def change(one: Guest) -> None:
            one.remove()
            with self._lock:
                if key not in self._guests and key in self._queues:
                    self._queues.pop(key).shutdown(wait=False)

        with self._lock:
            one = self._guests.pop(key, None)
            if one is None:
                return futures.done()
            self._holder = {disk: holder for disk, holder in self._holder.items() if holder != key}
            return self._queues[key].submit(change, one)

    # -- volumes -----------------------------------------------------------------------------

    def plug(self, key: str, disk: Disk) -> Future:
        self._holder[disk.key] = key

        def change(one: Guest) -> None:
            self._disks.ensure(disk.key, disk.size_bytes)
            one.plug(disk)

        return self._on(key, change)

    def unplug(self, key: str, disk_key: str) -> Future:
        if self._holder.get(disk_key) == key:
            del self._holder[disk_key]
        return self._on(key, lambda one: one.unplug(disk_key))

    def grow_disk(self, disk_key: str, size_bytes: int) -> Future:
        def change(one: Guest | None) -> None:
            self._disks.ensure(disk_key, size_bytes)
            if one:
                one.resized(disk_key, size_bytes)

        return self._on_disk(disk_key, change)

    def copy_disk(self, disk_key: str, new_key: str) -> Future:
        def change(one: Guest | None) -> None:
            if one is None:
                self._disks.copy(disk_key, new_key)
                return
            # As on the clouds, a copy lacks what a running machine has not written yet.
            with one.frozen():
                self._disks.copy(disk_key, new_key)

        return self._on_disk(disk_key, change)

    def delete_disk(self, disk_key: str) -> Future:
        return self._on_disk(disk_key, lambda _: self._disks.delete(disk_key))

    # -- network cards -----------------------------------------------------------------------

    def plug_nic(self, key: str, nic: Nic) -> Future:
        return self._on(key, lambda one: one.plug_nic(nic))

    def unplug_nic(self, key: str, segment: str) -> Future:
        return self._on(key, lambda one: one.unplug_nic(segment))

    # -- images ------------------------------------------------------------------------------

    def save_image(self, key: str, image: str) -> Future:
        def change(one: Guest) -> None:
            with one.frozen():
                self._disks.save_root(one.root, image)

        return self._on(key, change)

    def delete_image(self, image: str) -> Future:
        return self._storage.submit(self._disks.delete_image, image)

    # -- stop --------------------------------------------------------------------------------

    def stop_all(self) -> None:
        """Stop every guest and the network, and remove their files."""
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

    def _on(self, key: str, change: Callable[[Guest], Any]) -> Future:
        """Queue ``change`` of machine ``key``; without such a machine the future fails."""
        with self._lock:
            one, queue = self._guests.get(key), self._queues.get(key)
            if one is None or queue is None:
                return futures.failed(KeyError(f"there is no machine {key}"))
            return queue.submit(change, one)

    def _on_disk(self, disk_key: str, change: Callable[[Guest | None], Any]) -> Future:
        """Queue ``change`` of a volume in the queue of the machine that it is attached to."""
        holder = self._holder.get(disk_key)
        if holder is not None:
            return self._on(holder, change)
        return self._storage.submit(change, None)


def clean(run_dir: Path) -> None:
    """Stop every process of the lab of ``run_dir`` by its pid files, and remove its files. Does
    nothing if there are none."""
    run_dir = run_dir.resolve()
    guest.clean(run_dir)
    namespace.clean(run_dir)
    for name in ("volumes", "images", "ssh"):
        shutil.rmtree(run_dir / name, ignore_errors=True)
    for name in ("inside", "proxy", "ssh_config", "known_hosts"):
        (run_dir / name).unlink(missing_ok=True)
