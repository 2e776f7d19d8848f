"""Every state that an interrupted run leaves converges, and what cannot be reached is rejected."""

from __future__ import annotations

import dataclasses

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import StorageError
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.lvm import (
    GIB,
    OWNED,
    Disk,
    Group,
    Move,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.pool.plan import next_step, validate
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.pool.result import predicted, view
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.pool.spec import Device, Spec
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.pool.state import State

ONE = Device("/dev/disk/by-id/virtio-1", "/dev/vda", 10 * GIB)
TWO = Device("/dev/disk/by-id/virtio-2", "/dev/vdb", 20 * GIB)
PATHS = {device.node: device.path for device in (ONE, TWO)}


class FakeLvm:
    """Applies the commands to a pool in memory."""

    def __init__(self) -> None:
        self.state = State(Group("vdc_pool"), {})

    def add(self, device: Device, used: int, group: str = "vdc_pool") -> None:
        disk = Disk(device.node, group, device.size, used, True)
        self.state.disks[device.node] = disk
        if group == "vdc_pool":
            self.state.group.exists, self.state.group.tags = True, frozenset({OWNED})
            self.state.group.disks[device.node] = disk

    def do(self, command: tuple[str, ...]) -> None:
        program, node, group = command[0], command[-1], self.state.group
        sizes = {device.node: device for device in (ONE, TWO)}
        if program in ("vgcreate", "vgextend"):
            self.add(sizes[node], 0)
        elif program == "pvchange":
            self._set(node, allocatable=command[2] == "y")
        elif command == ("pvmove", "--background"):
            source = group.moves.pop().device
            data = group.disks[source].used
            self._set(source, used=0)
            target = next(disk for disk in group.disks.values() if disk.allocatable)
            self._set(target.device, used=target.used + data)
        elif program == "pvmove" and "--abort" in command:
            group.moves.clear()
        elif program == "pvmove":
            group.moves.append(Move(node, 0))
        elif program == "vgreduce":
            del group.disks[node]
            self.state.disks[node] = dataclasses.replace(self.state.disks[node], group="")
        elif program == "pvremove":
            del self.state.disks[node]

    def _set(self, node: str, **change: object) -> None:
        disk = dataclasses.replace(self.state.group.disks[node], **change)
        self.state.group.disks[node] = self.state.disks[node] = disk

    def run(self, spec: Spec, steps: int = 20) -> list[str]:
        """Run until the desired state is reached, at most ``steps`` commands; return them."""
        commands = []
        validate(spec, self.state)
        while len(commands) < steps and (step := next_step(spec, self.state)):
            self.do(step.command)
            commands.append(" ".join(step.command))
        return commands


def two_disks(used: int) -> FakeLvm:
    lvm = FakeLvm()
    lvm.add(ONE, used)
    lvm.add(TWO, 0)
    return lvm


def test_a_pool_is_created_and_extended() -> None:
    lvm = FakeLvm()
    assert lvm.run(Spec("vdc_pool", [ONE])) == [f"vgcreate --addtag {OWNED} vdc_pool /dev/vda"]
    assert lvm.run(Spec("vdc_pool", [ONE, TWO])) == ["vgextend vdc_pool /dev/vdb"]
    assert lvm.run(Spec("vdc_pool", [ONE, TWO])) == []
    assert lvm.run(Spec("vdc_pool")) == []


RETIREMENT = [
    "pvchange --allocatable n /dev/vda",
    "pvmove --background /dev/vda",
    "pvmove --background",
    "vgreduce vdc_pool /dev/vda",
    "pvremove /dev/vda",
]


def test_a_disk_is_retired_as_predicted() -> None:
    lvm = two_disks(used=5 * GIB)
    spec = Spec("vdc_pool", retired=[ONE])
    before = view(lvm.state, PATHS)
    after = predicted(spec, before)
    assert lvm.run(spec) == RETIREMENT
    assert view(lvm.state, PATHS) == after
    assert lvm.state.group.disks[TWO.node].used == 5 * GIB
    assert lvm.run(spec) == []


@pytest.mark.parametrize("interrupted_after", range(len(RETIREMENT) + 1))
def test_an_interrupted_retirement_is_resumed(interrupted_after: int) -> None:
    lvm = two_disks(used=15 * GIB // 2)
    spec = Spec("vdc_pool", retired=[ONE])
    first = lvm.run(spec, steps=interrupted_after)
    assert first + lvm.run(spec) == RETIREMENT


def test_a_move_in_progress_needs_no_more_free_space() -> None:
    lvm = two_disks(used=9 * GIB)
    spec = Spec("vdc_pool", retired=[ONE])
    lvm.run(spec, steps=2)
    lvm._set(TWO.node, used=19 * GIB)  # the mirror's other half is allocated on it
    validate(spec, lvm.state)


def test_a_retirement_is_canceled_only_with_reclaim() -> None:
    lvm = two_disks(used=GIB)
    lvm.run(Spec("vdc_pool", retired=[ONE]), steps=2)
    assert lvm.run(Spec("vdc_pool", [ONE, TWO])) == []
    assert view(lvm.state, PATHS)["disks"][ONE.path] == "being retired"
    spec = Spec("vdc_pool", [ONE, TWO], reclaim=True)
    assert lvm.run(spec) == ["pvmove --abort /dev/vda", "pvchange --allocatable y /dev/vda"]


def test_a_small_disk_is_replaced_by_a_bigger_one_in_one_run() -> None:
    lvm = FakeLvm()
    lvm.add(ONE, 10 * GIB)
    commands = lvm.run(Spec("vdc_pool", [TWO], [ONE]))
    assert commands == ["vgextend vdc_pool /dev/vdb", *RETIREMENT]


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (Spec("vdc_pool", retired=[TWO]), "holds 15.0 GiB, but the other disks of pool vdc_pool have 5.0 GiB free"),
        (Spec("vdc_pool", retired=[ONE, TWO]), "pool vdc_pool has no other disk"),
        (Spec("vdc_pool", [ONE], [ONE]), "name each disk in one of the two"),
        (Spec("vdc_pool", [Device("/dev/x", "")]), "the node has no device /dev/x"),
        (Spec("vdc_pool", [Device("/dev/x", "/dev/vdc", GIB, "ext4")]), "carries ext4"),
        (Spec("vdc_pool", retired=[Device("/dev/x", "/dev/vdc", GIB, "xfs")]), "carries xfs"),
        (Spec("vdc_pool", [Device("/dev/x", "/dev/vdd", GIB, "LVM2_member")]), "belongs to volume group data"),
        (Spec("vdc_pool", retired=[Device("/dev/x", "/dev/vdd")]), "belongs to volume group data"),
    ],
)
def test_an_unreachable_state_is_rejected(spec: Spec, message: str) -> None:
    lvm = two_disks(used=5 * GIB)
    lvm._set(TWO.node, used=15 * GIB)
    lvm.add(Device("/dev/x", "/dev/vdd", GIB), 0, group="data")
    with pytest.raises(StorageError, match=message):
        validate(spec, lvm.state)


def test_a_physical_volume_without_a_group_is_added() -> None:
    lvm = two_disks(used=0)
    orphan = Device("/dev/x", "/dev/vde", GIB, "LVM2_member")
    lvm.add(orphan, 0, group="")
    validate(Spec("vdc_pool", [orphan]), lvm.state)


def test_a_missing_device_counts_as_retired() -> None:
    assert two_disks(used=0).run(Spec("vdc_pool", retired=[Device("/dev/x", "")])) == []
