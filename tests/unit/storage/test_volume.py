"""A tenant's volume: what is refused, and that every state a run may have died in leads to the wish."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.storage import volume as plan
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.lvm import (
    GIB,
    OWNED,
    Disk,
    Group,
    StorageError,
    Volume,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.volume import Seen, Wish

ACME = Wish("acme", 7, 4 * GIB, "vdc_pool", "/srv/vdc", "10.99.64.7", 107000, directories={".": (107000, 0o711)})


def wish(**change: object) -> Wish:
    return dataclasses.replace(ACME, **change)


class FakeNode:
    """Does what the steps do, to a picture of the node."""

    def __init__(self, disks_gib: int = 20) -> None:
        disk = Disk("/dev/vda", "vdc_pool", disks_gib * GIB, 0, True)
        group = Group("vdc_pool", True, frozenset({OWNED}), disks={disk.device: disk})
        self.seen = Seen(group)

    def run(self, wish: Wish, steps: int = 40, following: Callable = plan.next_step) -> list[str]:
        """The steps until the wish is fulfilled, or ``steps`` of them."""
        done = []
        if following is plan.next_step:
            plan.refuse(wish, self.seen)
        while len(done) < steps and (step := following(wish, self.seen)):
            getattr(self, f"_{step[0]}")(wish, *step[1:])
            done.append(" ".join(step[:2]) if step[0] != "mount" else f"mount {step[1]}")
        return done

    def _put(self, wish: Wish, name: str, size: int, origin: str = "", extra: tuple = ()) -> None:
        volumes, disk = self.seen.group.volumes, self.seen.group.disks["/dev/vda"]
        volumes[name] = Volume(name, size, wish.tags | set(extra), origin)
        used = sum(volume.size for volume in volumes.values())
        self.seen.group.disks["/dev/vda"] = dataclasses.replace(disk, used=used)

    def _create(self, wish: Wish, name: str) -> None:
        self._put(wish, name, wish.size, extra=(plan.UNFORMATTED,))

    def _format(self, wish: Wish, name: str) -> None:
        self._put(wish, name, self.seen.group.volumes[name].size)

    def _mount(self, wish: Wish, path: str, unit: str) -> None:
        name = next(line for line in unit.splitlines() if line.startswith("What=")).rpartition("/")[2]
        self.seen.units[path], self.seen.mounts[path] = unit, name
        if name == wish.name:
            self.seen.filesystem = self.seen.group.volumes[name].size

    def _extend(self, wish: Wish, size: str) -> None:
        self._put(wish, wish.name, int(size))

    def _grow(self, wish: Wish) -> None:
        self.seen.filesystem = self.seen.group.volumes[wish.name].size

    def _directory(self, wish: Wish, path: str) -> None:
        self.seen.directories[path] = wish.directories[path]

    def _export(self, wish: Wish) -> None:
        self.seen.exports, self.seen.exported = wish.exports, True

    def _unexport(self, wish: Wish) -> None:
        self.seen.exports, self.seen.exported = "", False

    def _unmount(self, wish: Wish, path: str) -> None:
        self.seen.units.pop(path, None)
        self.seen.mounts.pop(path, None)

    def _umount(self, wish: Wish, path: str) -> None:
        del self.seen.mounts[path]

    def _snapshot(self, wish: Wish, name: str) -> None:
        self._put(wish, wish.snapshot(name), plan.snapshot_size(wish, self.seen.group), origin=wish.name)

    def _close(self, wish: Wish) -> None:
        self._put(wish, wish.name, self.seen.group.volumes[wish.name].size, extra=(plan.CLOSED,))

    def _remove(self, wish: Wish, name: str) -> None:
        del self.seen.group.volumes[name]

    _discard = _remove

    def _rename(self, wish: Wish, name: str, to: str) -> None:
        volume = self.seen.group.volumes.pop(name)
        self.seen.group.volumes[to] = dataclasses.replace(volume, name=to)

    def _switch(self, wish: Wish) -> None:
        self._unexport(wish)
        self.seen.mounts.pop(wish.path, None)
        self._rename(wish, wish.name, wish.old)
        self._rename(wish, wish.new, wish.name)


def made(gib: int = 4) -> FakeNode:
    node = FakeNode()
    node.run(wish(size=gib * GIB))
    return node


BIRTH = ["create t-acme", "format t-acme", "mount /srv/vdc/acme", "directory .", "export"]


def test_a_volume_is_made_as_foreseen() -> None:
    node = FakeNode()
    after = plan.foreseen(ACME, node.seen)
    assert node.run(ACME) == BIRTH
    assert plan.view(ACME, node.seen) == after
    assert node.run(ACME) == []
    assert node.seen.exports == (
        "/srv/vdc/acme 10.99.64.7(rw,sync,mp,no_subtree_check,root_squash,anonuid=107000,anongid=107000,sec=sys)\n"
    )


@pytest.mark.parametrize("died_after", range(len(BIRTH) + 1))
def test_a_run_that_died_is_taken_up(died_after: int) -> None:
    node = FakeNode()
    assert node.run(ACME, steps=died_after) + node.run(ACME) == BIRTH


def test_it_grows_online() -> None:
    node = made()
    bigger = wish(size=6 * GIB)
    after = plan.foreseen(bigger, node.seen)
    assert node.run(bigger) == [f"extend {6 * GIB}", "grow"]
    assert plan.view(bigger, node.seen) == after


@pytest.mark.parametrize("died_after", range(5))
def test_it_shrinks_by_a_copy(died_after: int) -> None:
    node = made(gib=8)
    prepare, switch, finish = (wish(shrink=shrink) for shrink in ("prepare", "switch", "finish"))
    after = plan.foreseen(prepare, node.seen)
    assert node.run(prepare) == ["create t-acme.new", "format t-acme.new"]
    assert plan.view(prepare, node.seen) == after
    after = plan.foreseen(switch, node.seen)
    node.run(switch, steps=died_after)
    node.run(switch)
    assert plan.view(switch, node.seen) == after
    assert node.seen.group.volumes["t-acme.old"].size == 8 * GIB
    assert node.run(finish) == ["discard t-acme.old"]
    assert node.run(wish()) == []


def test_an_exchange_that_died_between_its_renames_is_ended() -> None:
    node = made(gib=8)
    node.run(wish(shrink="prepare"))
    node._rename(ACME, "t-acme", "t-acme.old")
    assert node.run(ACME)[0] == "rename t-acme.new"
    assert set(node.seen.group.volumes) == {"t-acme", "t-acme.old"}


def test_a_shrink_that_was_given_up_leaves_nothing() -> None:
    node = made(gib=8)
    node.run(wish(shrink="prepare"))
    assert node.run(wish(size=8 * GIB)) == []
    assert node.run(wish(size=8 * GIB, shrink="finish")) == ["discard t-acme.new"]


def test_a_copy_of_another_size_is_made_anew() -> None:
    node = made(gib=8)
    node.run(wish(shrink="prepare"))
    done = node.run(wish(size=5 * GIB, shrink="prepare"))
    assert done == ["discard t-acme.new", "create t-acme.new", "format t-acme.new"]


def test_snapshots_come_and_go() -> None:
    node = made()
    taken = wish(snapshots={"one": "present"})
    after = plan.foreseen(taken, node.seen)
    assert node.run(taken) == ["snapshot one", "mount /srv/vdc/.snapshots/acme/one"]
    assert plan.view(taken, node.seen) == after
    assert node.run(ACME) == []
    gone = wish(snapshots={"one": "absent"})
    assert node.run(gone) == ["unmount /srv/vdc/.snapshots/acme/one", "remove t-acme.snap-one"]


def test_a_volume_with_snapshots_grows_when_they_go() -> None:
    node = made()
    node.run(wish(snapshots={"one": "present"}))
    with pytest.raises(StorageError, match="does not grow while it has snapshots"):
        plan.refuse(wish(size=6 * GIB, snapshots={"one": "present"}), node.seen)
    both = wish(size=6 * GIB, snapshots={"one": "absent"})
    done = node.run(both)
    assert done[1:] == ["remove t-acme.snap-one", f"extend {6 * GIB}", "grow"]


REMOVAL = [
    "unexport",
    "unmount /srv/vdc/acme",
    "unmount /srv/vdc/.snapshots/acme/a",
    "remove t-acme.snap-a",
    "remove t-acme",
]


@pytest.mark.parametrize("died_after", range(len(REMOVAL) + 1))
def test_all_of_it_goes(died_after: int) -> None:
    node = made()
    node.run(wish(snapshots={"a": "present"}))
    assert (
        node.run(ACME, died_after, following=plan.next_absent) + node.run(ACME, following=plan.next_absent) == REMOVAL
    )
    assert node.seen.group.volumes == {}


@pytest.mark.parametrize("died_after", range(5))
def test_closed_it_is_kept_from_everybody_and_never_opened_again(died_after: int) -> None:
    node = FakeNode()
    node.run(ACME)
    node.run(ACME, died_after, following=plan.next_closed)
    if died_after < 3:  # until the last step it can be opened again
        node.run(ACME)
    plan.refuse_closed(ACME, node.seen)
    node.run(ACME, following=plan.next_closed)
    assert (node.seen.exports, node.seen.exported, node.seen.units, node.seen.mounts) == ("", False, {}, {})
    assert node.seen.group.volumes["t-acme"].tags == ACME.tags | {plan.CLOSED}
    assert plan.view(ACME, node.seen)["closed"]
    with pytest.raises(StorageError, match="was closed when its data moved to another storage node"):
        plan.refuse(ACME, node.seen)
    node.run(ACME, following=plan.next_absent)
    assert node.seen.group.volumes == {}
    assert plan.next_closed(ACME, node.seen) == ()


@pytest.mark.parametrize(
    ("others", "said"),
    [
        (
            (Volume("t-acme", GIB, ACME.tags), Volume("t-acme.snap-x", GIB, ACME.tags, "t-acme")),
            "would not move with it",
        ),
        ((Volume("t-acme.restored", GIB, ACME.tags),), "finish that shrink or restore first"),
    ],
)
def test_what_would_stay_behind_is_refused(others: tuple[Volume, ...], said: str) -> None:
    seen = FakeNode().seen
    seen.group.volumes |= {volume.name: volume for volume in others}
    with pytest.raises(StorageError, match=said):
        plan.refuse_closed(ACME, seen)


def test_another_tenant_whose_name_begins_alike_is_left_alone() -> None:
    node = made()
    node.run(wish(tenant="acme-two", number=8))
    node.run(ACME, following=plan.next_absent)
    assert set(node.seen.group.volumes) == {"t-acme-two"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"size": 100 * GIB}, "needs 96.0 GiB, pool vdc_pool has 16.0 GiB free: add a disk first"),
        ({"size": GIB // 8}, "too small for XFS"),
        ({"size": 2 * GIB}, "XFS does not shrink in place"),
        ({"size": 1 * GIB, "shrink": "switch"}, "it holds 1.5 GiB: give 2.0 GiB or more"),
        ({"number": 8}, r"is not that of tenant acme with the number 8 \(it lacks tenant-number=8\)"),
        (
            {"snapshots": {"big": "present"}, "snapshot_percent": 100, "size": 15 * GIB},
            "snapshot big of acme, with what grows, needs 26.0 GiB",
        ),
        ({"pool": "none"}, "there is no pool"),
    ],
)
def test_what_cannot_be_had_is_refused(change: dict, said: str) -> None:
    node = made()
    node.seen.used = GIB * 3 // 2
    if "pool" in change:
        node.seen.group = Group("none")
    with pytest.raises(StorageError, match=said):
        plan.refuse(wish(**change), node.seen)


def test_a_shrink_waits_for_snapshots_and_for_the_last_one() -> None:
    node = made(gib=8)
    node.run(wish(size=8 * GIB, snapshots={"one": "present"}))
    with pytest.raises(StorageError, match="it has snapshots"):
        plan.refuse(wish(shrink="prepare"), node.seen)
    node.run(wish(size=8 * GIB, snapshots={"one": "absent"}))
    node.run(wish(shrink="switch"))
    with pytest.raises(StorageError, match="still kept"):
        plan.refuse(wish(size=2 * GIB, shrink="prepare"), node.seen)


def test_removal_needs_confirm() -> None:
    node = made()
    with pytest.raises(StorageError, match="set confirm to acme"):
        plan.refuse_absent(ACME, node.seen, "acm")
    plan.refuse_absent(ACME, node.seen, "acme")
    plan.refuse_absent(ACME, FakeNode().seen, "")


def test_a_mount_point_that_is_taken_is_left_alone() -> None:
    node = FakeNode()
    node.seen.mounts["/srv/vdc/acme"] = ""
    with pytest.raises(StorageError, match="is taken by another mount"):
        node.run(ACME)


def test_units_bear_the_names_that_systemd_wants() -> None:
    assert plan.unit_name("/srv/vdc/acme") == "srv-vdc-acme.mount"
    assert plan.unit_name("/srv/vdc/.snapshots/a-b/c") == "srv-vdc-.snapshots-a\\x2db-c.mount"
