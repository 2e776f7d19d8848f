"""exoscale_block_snapshot against the lab."""

from __future__ import annotations

from typing import Any

import pytest
from support.direct import OURS, Direct

MODULE = "exoscale_block_snapshot"
pytestmark = pytest.mark.usefixtures("no_pauses")


@pytest.fixture
def direct(direct: Direct) -> Direct:
    """With a volume to take snapshots of."""
    direct.do("create_block_storage_volume", name="disk", size=10, labels=OURS)
    return direct


@pytest.fixture
def run(direct, run):
    return run


def predictable(result: dict[str, Any], _args: dict[str, Any]) -> list[Any]:
    """All but what Exoscale chooses."""
    item = result["snapshot"]
    return [result["removed"], item and {key: value for key, value in item.items() if key not in ("id", "created_at")}]


def disk(direct: Direct) -> str:
    return next(volume["id"] for volume in direct.list("list_block_storage_volumes") if volume["name"] == "disk")


def test_creates_once_and_updates_labels(both) -> None:
    made = both(name="s", volume="disk", labels={"series": "daily"})
    assert made["changed"]
    assert made["snapshot"]["state"] == "created"
    assert made["snapshot"]["volume_size"] == 10
    assert made["snapshot"]["labels"] == {"series": "daily", **OURS}
    again = both(name="s", volume="disk", labels={"series": "daily"})
    assert not again["changed"]
    assert again["api_calls"]["writes"] == 0
    changed = both(name="s", volume="disk", labels={"series": "weekly"})
    assert changed["changed"]
    assert changed["snapshot"]["labels"]["series"] == "weekly"


def test_keeps_the_newest_of_a_series(both, direct, lab) -> None:
    for day in range(1, 5):
        both(name=f"day-{day}", volume="disk", labels={"series": "daily"})
        lab.clock(86400)
    both(name="by-hand", volume="disk")
    pruned = both(name="day-5", volume="disk", labels={"series": "daily"}, keep=3)
    assert pruned["removed"] == ["day-1", "day-2"]
    assert list(pruned["diff"]["before"]) == ["day-1", "day-2"]
    assert list(pruned["diff"]["after"]) == ["day-5"]
    left = {s["name"] for s in direct.list("list_block_storage_snapshots")}
    assert left == {"day-3", "day-4", "day-5", "by-hand"}
    assert not both(name="day-5", volume="disk", labels={"series": "daily"}, keep=3)["changed"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"volume": None}, "volume: it is missing; give the volume to make the snapshot 's' of"),
        ({"volume": "nope"}, "volume: volume 'nope' does not exist in zone ch-dk-2; there is disk"),
        ({"keep": 0}, "keep: 0 must be at least 1"),
        ({"labels": {"managed-by": "me"}}, "labels: managed-by is set by this collection"),
        ({"name": "00000000-0000-4000-8000-000000000000"}, "give a name to create one"),
    ],
)
def test_invalid_options_are_rejected_with_one_sentence(run, lab, change, message) -> None:
    writes = lab.writes()
    result = run(**{"name": "s", "volume": "disk", **change})
    assert result["failed"]
    assert message in result["msg"]
    assert lab.writes() == writes


def test_a_foreign_snapshot_is_rejected_and_not_deleted_with_a_series(run, direct, lab) -> None:
    direct.do("create_block_storage_snapshot", id=disk(direct), name="theirs")
    writes = lab.writes()
    for state in ("present", "absent"):
        assert "is not ours" in run(name="theirs", volume="disk", state=state)["msg"]
    assert lab.writes() == writes
    assert run(name="s", volume="disk", keep=1)["removed"] == []


def test_one_name_on_two_volumes_is_ambiguous_without_the_volume(run, direct) -> None:
    direct.do("create_block_storage_volume", name="other", size=10)
    for volume in ("disk", "other"):
        run(name="s", volume=volume)
    assert (
        "'s' is ambiguous: 2 block snapshots of this collection have that name" in run(name="s", state="absent")["msg"]
    )
    assert run(name="s", volume="other", state="absent")["changed"]
    assert len(direct.list("list_block_storage_snapshots")) == 1
