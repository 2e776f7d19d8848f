"""Every state that a pool's run may have died in leads to the wish, and what cannot be had is refused."""

from __future__ import annotations

import dataclasses

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.lvm import (
    GIB,
    OWNED,
    Disk,
    Group,
    Move,
    StorageError,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.pool import (
    Device,
    Seen,
    Wish,
    foreseen,
    next_step,
    refuse,
    view,
)

ONE = Device("/dev/disk/by-id/virtio-1", "/dev/vda", 10 * GIB)
TWO = Device("/dev/disk/by-id/virtio-2", "/dev/vdb", 20 * GIB)
NAMES = {device.node: device.path for device in (ONE, TWO)}


class FakeLvm:
    """Does what the commands do, to a picture of the pool."""

    def __init__(self) -> None:
        self.seen = Seen(Group("vdc_pool"), {})

    def holds(self, device: Device, used: int, group: str = "vdc_pool") -> None:
        disk = Disk(device.node, group, device.size, used, True)
        self.seen.every[device.node] = disk
        if group == "vdc_pool":
            self.seen.group.exists, self.seen.group.tags = True, frozenset({OWNED})
            self.seen.group.disks[device.node] = disk

    def do(self, command: tuple[str, ...]) -> None:
        verb, node, group = command[0], command[-1], self.seen.group
        sizes = {device.node: device for device in (ONE, TWO)}
        if verb in ("vgcreate", "vgextend"):
            self.holds(sizes[node], 0)
        elif verb == "pvchange":
            self._set(node, allocatable=command[2] == "y")
        elif command == ("pvmove", "--background"):
            source = group.moves.pop().device
            data = group.disks[source].used
            self._set(source, used=0)
            target = next(disk for disk in group.disks.values() if disk.allocatable)
            self._set(target.device, used=target.used + data)
        elif verb == "pvmove" and "--abort" in command:
            group.moves.clear()
        elif verb == "pvmove":
            group.moves.append(Move(node, 0))
        elif verb == "vgreduce":
            del group.disks[node]
            self.seen.every[node] = dataclasses.replace(self.seen.every[node], group="")
        elif verb == "pvremove":
            del self.seen.every[node]

    def _set(self, node: str, **change: object) -> None:
        disk = dataclasses.replace(self.seen.group.disks[node], **change)
        self.seen.group.disks[node] = self.seen.every[node] = disk

    def run(self, wish: Wish, steps: int = 20) -> list[str]:
        """The commands until the wish is fulfilled, or ``steps`` of them."""
        done = []
        refuse(wish, self.seen)
        while len(done) < steps and (step := next_step(wish, self.seen)):
            self.do(step.command)
            done.append(" ".join(step.command))
        return done


def two_disks(used: int) -> FakeLvm:
    lvm = FakeLvm()
    lvm.holds(ONE, used)
    lvm.holds(TWO, 0)
    return lvm


def test_a_pool_is_made_and_extended() -> None:
    lvm = FakeLvm()
    assert lvm.run(Wish("vdc_pool", [ONE])) == [f"vgcreate --addtag {OWNED} vdc_pool /dev/vda"]
    assert lvm.run(Wish("vdc_pool", [ONE, TWO])) == ["vgextend vdc_pool /dev/vdb"]
    assert lvm.run(Wish("vdc_pool", [ONE, TWO])) == []
    assert lvm.run(Wish("vdc_pool")) == []


RETIREMENT = [
    "pvchange --allocatable n /dev/vda",
    "pvmove --background /dev/vda",
    "pvmove --background",
    "vgreduce vdc_pool /dev/vda",
    "pvremove /dev/vda",
]


def test_a_disk_is_retired() -> None:
    lvm = two_disks(used=5 * GIB)
    wish = Wish("vdc_pool", retired=[ONE])
    before = view(lvm.seen, NAMES)
    after = foreseen(wish, before)
    assert lvm.run(wish) == RETIREMENT
    assert view(lvm.seen, NAMES) == after
    assert lvm.seen.group.disks[TWO.node].used == 5 * GIB
    assert lvm.run(wish) == []


@pytest.mark.parametrize("died_after", range(len(RETIREMENT) + 1))
def test_a_retirement_that_died_is_taken_up(died_after: int) -> None:
    lvm = two_disks(used=15 * GIB // 2)
    wish = Wish("vdc_pool", retired=[ONE])
    begun = lvm.run(wish, steps=died_after)
    assert begun + lvm.run(wish) == RETIREMENT


def test_a_move_that_was_begun_has_its_room_already() -> None:
    lvm = two_disks(used=9 * GIB)
    wish = Wish("vdc_pool", retired=[ONE])
    lvm.run(wish, steps=2)
    lvm._set(TWO.node, used=19 * GIB)  # the mirror's other half is allocated on it
    refuse(wish, lvm.seen)


def test_a_retirement_is_given_up_only_when_told_so() -> None:
    lvm = two_disks(used=GIB)
    lvm.run(Wish("vdc_pool", retired=[ONE]), steps=2)
    assert lvm.run(Wish("vdc_pool", [ONE, TWO])) == []
    assert view(lvm.seen, NAMES)["disks"][ONE.path] == "being retired"
    wish = Wish("vdc_pool", [ONE, TWO], reclaim=True)
    assert lvm.run(wish) == ["pvmove --abort /dev/vda", "pvchange --allocatable y /dev/vda"]


def test_a_small_disk_is_replaced_by_a_bigger_one_at_once() -> None:
    lvm = FakeLvm()
    lvm.holds(ONE, 10 * GIB)
    done = lvm.run(Wish("vdc_pool", [TWO], [ONE]))
    assert done == ["vgextend vdc_pool /dev/vdb", *RETIREMENT]


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        (Wish("vdc_pool", retired=[TWO]), "holds 15.0 GiB, the other disks of pool vdc_pool have 5.0 GiB free"),
        (Wish("vdc_pool", retired=[ONE, TWO]), "it is all that pool vdc_pool has"),
        (Wish("vdc_pool", [ONE], [ONE]), "name each disk once"),
        (Wish("vdc_pool", [Device("/dev/x", "")]), "the node has no such device"),
        (Wish("vdc_pool", [Device("/dev/x", "/dev/vdc", GIB, "ext4")]), "carries ext4"),
        (Wish("vdc_pool", retired=[Device("/dev/x", "/dev/vdc", GIB, "xfs")]), "carries xfs"),
        (Wish("vdc_pool", [Device("/dev/x", "/dev/vdd", GIB, "LVM2_member")]), "belongs to volume group data"),
        (Wish("vdc_pool", retired=[Device("/dev/x", "/dev/vdd")]), "belongs to volume group data"),
    ],
)
def test_what_cannot_be_had_is_refused(wish: Wish, said: str) -> None:
    lvm = two_disks(used=5 * GIB)
    lvm._set(TWO.node, used=15 * GIB)
    lvm.holds(Device("/dev/x", "/dev/vdd", GIB), 0, group="data")
    with pytest.raises(StorageError, match=said):
        refuse(wish, lvm.seen)


def test_a_disk_that_died_between_pvcreate_and_vgextend_is_taken_in() -> None:
    lvm = two_disks(used=0)
    orphan = Device("/dev/x", "/dev/vde", GIB, "LVM2_member")
    lvm.holds(orphan, 0, group="")
    refuse(Wish("vdc_pool", [orphan]), lvm.seen)


def test_a_device_that_is_gone_is_retired() -> None:
    assert two_disks(used=0).run(Wish("vdc_pool", retired=[Device("/dev/x", "")])) == []
