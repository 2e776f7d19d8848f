"""Machines that are not real and only store whether they run: for tests of the API alone."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

from .base import Disk, MachineSpec, Nic
from .futures import done


class NoMachines:
    """The ``Machines`` protocol without machines; every change ends at once."""

    real = False

    def __init__(self) -> None:
        self._running: dict[str, bool] = {}

    def environment(self) -> dict[str, str]:
        return {}

    def listener(self, port: int) -> None:
        return None

    def describe(self) -> dict[str, Any]:
        return {"accelerator": None, "image": None, "guests": {}}

    def create(self, spec: MachineSpec, start: bool = True) -> Future:
        self._running[spec.key] = start
        return done()

    def start(self, key: str) -> Future:
        self._running[key] = True
        return done()

    def shutdown(self, key: str) -> Future:
        return self.power_off(key)

    def power_off(self, key: str) -> Future:
        self._running[key] = False
        return done()

    def reboot(self, key: str) -> Future:
        return done()

    def reset(self, key: str) -> Future:
        return done()

    def running(self, key: str) -> bool:
        return self._running.get(key, False)

    def rescale(self, key: str, cores: int, memory_bytes: int, disk_bytes: int) -> Future:
        return done()

    def delete(self, key: str) -> Future:
        self._running.pop(key, None)
        return done()

    def plug(self, key: str, disk: Disk) -> Future:
        return done()

    def unplug(self, key: str, disk_key: str) -> Future:
        return done()

    def grow_disk(self, disk_key: str, size_bytes: int) -> Future:
        return done()

    def copy_disk(self, disk_key: str, new_key: str) -> Future:
        return done()

    def delete_disk(self, disk_key: str) -> Future:
        return done()

    def plug_nic(self, key: str, nic: Nic) -> Future:
        return done()

    def unplug_nic(self, key: str, segment: str) -> Future:
        return done()

    def save_image(self, key: str, image: str) -> Future:
        return done()

    def delete_image(self, image: str) -> Future:
        return done()

    def stop_all(self) -> None:
        self._running.clear()
