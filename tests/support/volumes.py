"""A tenant's volume on a node in memory, for tests of its plan."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from ansible_collections.sovereign.vdc.plugins.module_utils.storage.lvm import (
    GIB,
    OWNED,
    Disk,
    Group,
    Volume,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.volume import plan
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.volume.spec import CLOSED, UNFORMATTED, Spec
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.volume.state import State
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.volume.validate import validate_present

ACME = Spec("acme", 7, 4 * GIB, "vdc_pool", "/srv/vdc", "10.99.64.7", 107000, directories={".": (107000, 0o711)})


def acme(**change: object) -> Spec:
    """Return the tenant's spec with some fields changed."""
    return dataclasses.replace(ACME, **change)


class FakeNode:
    """Applies the steps to a node in memory."""

    def __init__(self, disks_gib: int = 20) -> None:
        disk = Disk("/dev/vda", "vdc_pool", disks_gib * GIB, 0, True)
        group = Group("vdc_pool", True, frozenset({OWNED}), disks={disk.device: disk})
        self.state = State(group)

    def run(self, spec: Spec, steps: int = 40, next_step: Callable = plan.next_present) -> list[str]:
        """Run until the desired state is reached, at most ``steps`` steps; return them."""
        done = []
        if next_step is plan.next_present:
            validate_present(spec, self.state)
        while len(done) < steps and (step := next_step(spec, self.state)):
            getattr(self, f"_{step.action}")(spec, *step.arguments)
            done.append(" ".join(step.command[:2]))
        return done

    def rename(self, name: str, to: str) -> None:
        """Rename a volume, as a run does that is interrupted right after it."""
        self._rename(ACME, name, to)

    def _set_volume(self, spec: Spec, name: str, size: int, origin: str = "", extra: tuple = ()) -> None:
        volumes, disk = self.state.group.volumes, self.state.group.disks["/dev/vda"]
        volumes[name] = Volume(name, size, spec.tags | set(extra), origin)
        used = sum(volume.size for volume in volumes.values())
        self.state.group.disks["/dev/vda"] = dataclasses.replace(disk, used=used)

    def _create(self, spec: Spec, name: str) -> None:
        self._set_volume(spec, name, spec.size, extra=(UNFORMATTED,))

    def _format(self, spec: Spec, name: str) -> None:
        self._set_volume(spec, name, self.state.group.volumes[name].size)

    def _mark(self, spec: Spec, *changes: str) -> None:
        volume = self.state.group.volumes[spec.name]
        gone = {change.removeprefix("--deltag=") for change in changes if change.startswith("--deltag=")}
        new = {change.removeprefix("--addtag=") for change in changes if change.startswith("--addtag=")}
        self.state.group.volumes[spec.name] = dataclasses.replace(volume, tags=(volume.tags - gone) | new)

    def _mount(self, spec: Spec, path: str, unit: str) -> None:
        name = next(line for line in unit.splitlines() if line.startswith("What=")).rpartition("/")[2]
        self.state.units[path], self.state.mounts[path] = unit, name
        if name == spec.name:
            self.state.filesystem = self.state.group.volumes[name].size

    def _extend(self, spec: Spec, size: str) -> None:
        self._set_volume(spec, spec.name, int(size))

    def _grow(self, spec: Spec) -> None:
        self.state.filesystem = self.state.group.volumes[spec.name].size

    def _directory(self, spec: Spec, path: str) -> None:
        self.state.directories[path] = spec.directories[path]

    def _export(self, spec: Spec) -> None:
        self.state.exports, self.state.exported = spec.exports, True

    def _unexport(self, spec: Spec) -> None:
        self.state.exports, self.state.exported = "", False

    def _unmount(self, spec: Spec, path: str) -> None:
        self.state.units.pop(path, None)
        self.state.mounts.pop(path, None)

    def _umount(self, spec: Spec, path: str) -> None:
        del self.state.mounts[path]

    def _snapshot(self, spec: Spec, name: str) -> None:
        self._set_volume(spec, spec.snapshot(name), spec.snapshot_size(self.state.group), origin=spec.name)

    def _close(self, spec: Spec) -> None:
        self._set_volume(spec, spec.name, self.state.group.volumes[spec.name].size, extra=(CLOSED,))

    def _remove(self, spec: Spec, name: str) -> None:
        del self.state.group.volumes[name]

    _discard = _remove

    def _rename(self, spec: Spec, name: str, to: str) -> None:
        volume = self.state.group.volumes.pop(name)
        self.state.group.volumes[to] = dataclasses.replace(volume, name=to)

    def _switch(self, spec: Spec) -> None:
        self._unexport(spec)
        self.state.mounts.pop(spec.path, None)
        self._rename(spec, spec.name, spec.old)
        self._rename(spec, spec.new, spec.name)


def node_with_volume(gib: int = 4) -> FakeNode:
    """Return a node that has the tenant's volume with this size."""
    node = FakeNode()
    node.run(acme(size=gib * GIB))
    return node
