"""Every state that an interrupted run leaves leads to the desired volume."""

from __future__ import annotations

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import StorageError
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.lvm import GIB
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.volume import plan, result, validate
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.volume.spec import CLOSED
from support.volumes import ACME, FakeNode, acme, node_with_volume

CREATION = ["create t-acme", "format t-acme", "mount /srv/vdc/acme", "directory .", "export"]


def test_a_volume_is_created_as_predicted() -> None:
    node = FakeNode()
    after = result.predicted(ACME, node.state)
    assert node.run(ACME) == CREATION
    assert result.view(ACME, node.state) == after
    assert node.run(ACME) == []
    assert node.state.exports == (
        "/srv/vdc/acme 10.99.64.7(rw,sync,mp,no_subtree_check,root_squash,anonuid=107000,anongid=107000,sec=sys)\n"
    )


@pytest.mark.parametrize("interrupted_after", range(len(CREATION) + 1))
def test_an_interrupted_creation_is_resumed(interrupted_after: int) -> None:
    node = FakeNode()
    assert node.run(ACME, steps=interrupted_after) + node.run(ACME) == CREATION


def test_a_bigger_size_grows_the_volume_online() -> None:
    node = node_with_volume()
    bigger = acme(size=6 * GIB)
    after = result.predicted(bigger, node.state)
    assert node.run(bigger) == [f"extend {6 * GIB}", "grow"]
    assert result.view(bigger, node.state) == after


@pytest.mark.parametrize("interrupted_after", range(5))
def test_a_smaller_size_is_reached_by_a_copy_wherever_the_switch_is_interrupted(interrupted_after: int) -> None:
    node = node_with_volume(gib=8)
    prepare, switch, finish = (acme(shrink=shrink) for shrink in ("prepare", "switch", "finish"))
    after = result.predicted(prepare, node.state)
    assert node.run(prepare) == ["create t-acme.new", "format t-acme.new"]
    assert result.view(prepare, node.state) == after
    after = result.predicted(switch, node.state)
    node.run(switch, steps=interrupted_after)
    node.run(switch)
    assert result.view(switch, node.state) == after
    assert node.state.group.volumes["t-acme.old"].size == 8 * GIB
    assert node.run(finish) == ["discard t-acme.old"]
    assert node.run(acme()) == []


def test_an_exchange_interrupted_between_its_renames_is_finished() -> None:
    node = node_with_volume(gib=8)
    node.run(acme(shrink="prepare"))
    node.rename("t-acme", "t-acme.old")
    assert node.run(ACME)[0] == "rename t-acme.new"
    assert set(node.state.group.volumes) == {"t-acme", "t-acme.old"}


def test_a_canceled_shrink_leaves_no_copy() -> None:
    node = node_with_volume(gib=8)
    node.run(acme(shrink="prepare"))
    assert node.run(acme(size=8 * GIB)) == []
    assert node.run(acme(size=8 * GIB, shrink="finish")) == ["discard t-acme.new"]


def test_a_copy_of_another_size_is_replaced() -> None:
    node = node_with_volume(gib=8)
    node.run(acme(shrink="prepare"))
    done = node.run(acme(size=5 * GIB, shrink="prepare"))
    assert done == ["discard t-acme.new", "create t-acme.new", "format t-acme.new"]


def test_snapshots_are_created_and_removed_as_predicted() -> None:
    node = node_with_volume()
    created = acme(snapshots={"one": "present"})
    after = result.predicted(created, node.state)
    assert node.run(created) == ["snapshot one", "mount /srv/vdc/.snapshots/acme/one"]
    assert result.view(created, node.state) == after
    assert node.run(ACME) == []
    removed = acme(snapshots={"one": "absent"})
    assert node.run(removed) == ["unmount /srv/vdc/.snapshots/acme/one", "remove t-acme.snap-one"]


def test_a_volume_with_snapshots_grows_only_when_they_are_removed() -> None:
    node = node_with_volume()
    node.run(acme(snapshots={"one": "present"}))
    with pytest.raises(StorageError, match="cannot grow while it has snapshots"):
        validate.validate_present(acme(size=6 * GIB, snapshots={"one": "present"}), node.state)
    both = acme(size=6 * GIB, snapshots={"one": "absent"})
    done = node.run(both)
    assert done[1:] == ["remove t-acme.snap-one", f"extend {6 * GIB}", "grow"]


REMOVAL = [
    "unexport",
    "unmount /srv/vdc/acme",
    "unmount /srv/vdc/.snapshots/acme/a",
    "remove t-acme.snap-a",
    "remove t-acme",
]


@pytest.mark.parametrize("interrupted_after", range(len(REMOVAL) + 1))
def test_an_interrupted_removal_is_resumed(interrupted_after: int) -> None:
    node = node_with_volume()
    node.run(acme(snapshots={"a": "present"}))
    assert (
        node.run(ACME, interrupted_after, next_step=plan.next_absent) + node.run(ACME, next_step=plan.next_absent)
        == REMOVAL
    )
    assert node.state.group.volumes == {}


@pytest.mark.parametrize("interrupted_after", range(5))
def test_a_closed_volume_is_not_accessible_and_never_opened_again(interrupted_after: int) -> None:
    node = FakeNode()
    node.run(ACME)
    node.run(ACME, interrupted_after, next_step=plan.next_closed)
    if interrupted_after < 3:  # until the last step it can be opened again
        node.run(ACME)
    validate.validate_closed(ACME, node.state)
    node.run(ACME, next_step=plan.next_closed)
    assert (node.state.exports, node.state.exported, node.state.units, node.state.mounts) == ("", False, {}, {})
    assert node.state.group.volumes["t-acme"].tags == ACME.tags | {CLOSED}
    assert result.view(ACME, node.state)["closed"]
    with pytest.raises(StorageError, match="was closed when its data moved to another storage node"):
        validate.validate_present(ACME, node.state)
    node.run(ACME, next_step=plan.next_absent)
    assert node.state.group.volumes == {}
    assert plan.next_closed(ACME, node.state) is None


def test_a_tenant_whose_name_begins_alike_is_not_affected() -> None:
    node = node_with_volume()
    node.run(acme(tenant="acme-two", number=8))
    node.run(ACME, next_step=plan.next_absent)
    assert set(node.state.group.volumes) == {"t-acme-two"}


def test_an_occupied_mount_point_is_rejected() -> None:
    node = FakeNode()
    node.state.mounts["/srv/vdc/acme"] = ""
    with pytest.raises(StorageError, match="is occupied by a mount of another device"):
        node.run(ACME)
