"""An unreachable state is rejected before the first change, with advice."""

from __future__ import annotations

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import StorageError
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.lvm import GIB, Group, Volume
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.volume import validate
from support.volumes import ACME, FakeNode, acme, node_with_volume


@pytest.mark.parametrize(
    ("others", "message"),
    [
        (
            (Volume("t-acme", GIB, ACME.tags), Volume("t-acme.snap-x", GIB, ACME.tags, "t-acme")),
            "do not move with it",
        ),
        ((Volume("t-acme.restored", GIB, ACME.tags),), "a shrink or restore of the volume of acme is not finished"),
    ],
)
def test_closing_is_rejected_while_data_is_outside_of_the_volume(others: tuple[Volume, ...], message: str) -> None:
    state = FakeNode().state
    state.group.volumes |= {volume.name: volume for volume in others}
    with pytest.raises(StorageError, match=message):
        validate.validate_closed(ACME, state)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"size": 100 * GIB},
            r"needs 96.0 GiB, but pool vdc_pool has 16.0 GiB of 20.0 GiB free; add a disk \(playbook",
        ),
        ({"size": GIB // 8}, "too small for XFS"),
        ({"size": 2 * GIB}, "XFS does not shrink in place"),
        ({"size": 1 * GIB, "shrink": "switch"}, "it holds 1.5 GiB; give 2.0 GiB or more"),
        ({"number": 8}, "does not belong to acme with the number 8: it lacks the tags tenant-number=8"),
        (
            {"snapshots": {"big": "present"}, "snapshot_percent": 100, "size": 15 * GIB},
            "snapshot big of acme, together with the growth of the volume, needs 26.0 GiB",
        ),
        ({"pool": "none"}, "pool: none does not exist"),
    ],
)
def test_an_unreachable_state_is_rejected(change: dict, message: str) -> None:
    node = node_with_volume()
    node.state.used = GIB * 3 // 2
    if "pool" in change:
        node.state.group = Group("none")
    with pytest.raises(StorageError, match=message):
        validate.validate_present(acme(**change), node.state)


def test_a_shrink_is_rejected_while_snapshots_or_an_old_volume_exist() -> None:
    node = node_with_volume(gib=8)
    node.run(acme(size=8 * GIB, snapshots={"one": "present"}))
    with pytest.raises(StorageError, match="it has snapshots"):
        validate.validate_present(acme(shrink="prepare"), node.state)
    node.run(acme(size=8 * GIB, snapshots={"one": "absent"}))
    node.run(acme(shrink="switch"))
    with pytest.raises(StorageError, match="the old volume of the last shrink still exists"):
        validate.validate_present(acme(size=2 * GIB, shrink="prepare"), node.state)


def test_removal_requires_confirm() -> None:
    node = node_with_volume()
    with pytest.raises(StorageError, match="set confirm to acme"):
        validate.validate_absent(ACME, node.state, "acm")
    validate.validate_absent(ACME, node.state, "acme")
    validate.validate_absent(ACME, FakeNode().state, "")
