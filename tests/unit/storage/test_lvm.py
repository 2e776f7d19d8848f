"""LVM's reports are parsed to a group, its disks and its volumes."""

from __future__ import annotations

import json

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import StorageError
from ansible_collections.sovereign.vdc.plugins.module_utils.storage import lvm

VG = {
    "vg_name": "vdc_pool",
    "vg_tags": lvm.OWNED,
    "vg_extent_size": "4194304",
    "vg_missing_pv_count": "0",
    "vg_size": "1",
}
PV = {"vg_name": "vdc_pool", "pv_size": "1000", "pv_used": "400", "pv_allocatable": "allocatable", "pv_missing": ""}
LV = {
    "lv_name": "t-acme",
    "lv_size": "8388608",
    "lv_tags": f"{lvm.OWNED},tenant=acme",
    "origin": "",
    "data_percent": "",
    "copy_percent": "",
    "move_pv": "",
    "lv_active": "active",
    "lv_snapshot_invalid": "unknown",
}


def parse(pvs: list, vgs: list, lvs: list):
    reports = ({"report": [{kind: rows}]} for kind, rows in (("pv", pvs), ("vg", vgs), ("lv", lvs)))
    return lvm.parse("vdc_pool", *map(json.dumps, reports))


def test_parse_returns_the_pool_with_its_disks_and_volumes() -> None:
    other = {**PV, "pv_name": "/dev/vdc", "vg_name": "other"}
    retiring = {**PV, "pv_name": "/dev/vdb", "pv_allocatable": ""}
    hidden = {**LV, "lv_name": "[pvmove0]", "move_pv": "/dev/vdb", "copy_percent": "41.50"}
    group, disks = parse([{**PV, "pv_name": "/dev/vda"}, retiring, other], [VG], [LV, hidden])
    assert group.exists
    assert group.tags == {lvm.OWNED}
    assert set(group.disks) == {"/dev/vda", "/dev/vdb"}
    assert set(disks) == {"/dev/vda", "/dev/vdb", "/dev/vdc"}
    # A disk that is being retired has no free space.
    assert (group.size, group.free) == (2000, 600)
    assert group.volumes["t-acme"].tags == {lvm.OWNED, "tenant=acme"}
    assert group.moves == [lvm.Move("/dev/vdb", 41.5)]
    assert group.round_up(1) == 4194304


def test_a_missing_pool_is_valid_and_does_not_exist() -> None:
    group, disks = parse([], [], [])
    assert not group.exists
    assert not disks
    group.validate()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"vg_tags": ""}, "exists without the tag"),
        ({"vg_missing_pv_count": "1"}, "1 of the disks of vdc_pool are missing"),
    ],
)
def test_a_foreign_or_incomplete_pool_is_rejected(change: dict, message: str) -> None:
    group, _ = parse([{**PV, "pv_name": "/dev/vda"}], [{**VG, **change}], [])
    with pytest.raises(StorageError, match=message):
        group.validate()


def test_a_snapshot_that_ran_full_is_broken() -> None:
    group, _ = parse(
        [], [VG], [{**LV, "lv_name": "t-acme.snap-a", "origin": "t-acme", "lv_snapshot_invalid": "snapshot invalid"}]
    )
    assert group.volumes["t-acme.snap-a"].broken
