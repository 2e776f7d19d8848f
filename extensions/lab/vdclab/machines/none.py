"""Machines that only remember whether they run: for tests and benchmarks of the API alone."""

from __future__ import annotations

from concurrent.futures import Future

from .base import Disk, MachineSpec, Nic


def _done() -> Future:
    future: Future = Future()
    future.set_result(None)
    return future


class NoMachines:
    """The ``Machines`` protocol without a machine; every deed is done at once."""

    real = False

    def __init__(self) -> None:
        self._running: dict[str, bool] = {}

    def environment(self) -> dict[str, str]:
        return {}

    def listener(self, port: int) -> None:
        return None

    def create(self, spec: MachineSpec, start: bool = True) -> Future:
        self._running[spec.key] = start
        return _done()

    def start(self, key: str) -> Future:
        self._running[key] = True
        return _done()

    def shutdown(self, key: str) -> Future:
        return self.power_off(key)

    def power_off(self, key: str) -> Future:
        self._running[key] = False
        return _done()

    def reboot(self, key: str) -> Future:
        return _done()

    def reset(self, key: str) -> Future:
        return _done()

    def running(self, key: str) -> bool:
        return self._running.get(key, False)

    def rescale(self, key: str, cores: int, memory_bytes: int, disk_bytes: int) -> Future:
        return _done()

    def delete(self, key: str) -> Future:
        self._running.pop(key, None)
        return _done()

    def plug(self, key: str, disk: Disk) -> Future:
        return _done()

    def unplug(self, key: str, disk_key: str) -> Future:
        return _done()

    def grow_disk(self, disk_key: str, size_bytes: int) -> Future:
        return _done()

    def copy_disk(self, disk_key: str, new_key: str) -> Future:
        return _done()

    def delete_disk(self, disk_key: str) -> Future:
        return _done()

    def plug_nic(self, key: str, nic: Nic) -> Future:
        return _done()

    def unplug_nic(self, key: str, segment: str) -> Future:
        return _done()

    def save_image(self, key: str, image: str) -> Future:
        return _done()

    def delete_image(self, image: str) -> Future:
        return _done()

    def stop_all(self) -> None:
        self._running.clear()
