"""Plans for block volumes and their snapshots: every wish is reached as check mode foresees."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale import snapshots
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.deeds import Deed
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.volumes import plan
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.volumes.wish import Seen, Wish, pick
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.ownership import with_ownership
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from hypothesis import given
from hypothesis import strategies as some

OURS = with_ownership({})
INSTANCES = [
    {"id": "i-run", "name": "runs", "state": "running"},
    {"id": "i-off", "name": "rests", "state": "stopped"},
]
SNAPSHOTS = [{"id": "s1", "name": "snap", "volume-size": 20}]
ALLOWED = plan.Confirmation(allow_detach=True, force_detach=True)


def volume(**change: Any) -> dict[str, Any]:
    made = {"id": "v1", "name": "v", "size": 10, "labels": dict(OURS), "instance": None, **change}
    return {"state": "attached" if made["instance"] else "detached", **made}


class Api:
    """As much of Exoscale as one volume needs; breaks where it would refuse."""

    def __init__(self, item: dict[str, Any] | None) -> None:
        self.seen = Seen([], INSTANCES, SNAPSHOTS, {"v": item})

    def do(self, deed: Deed) -> None:
        for call in deed.calls:
            getattr(self, call.operation.replace("-", "_"))(**call.arguments)

    @property
    def item(self) -> dict[str, Any]:
        item = self.seen.wished["v"]
        assert item is not None
        return item

    def create_block_storage_volume(self, name: str, labels: dict[str, str], **more: Any) -> None:
        self.seen.wished["v"] = volume(name=name, labels=labels, size=more.get("size", 20))

    def update_block_storage_volume(self, id: str, **fields: Any) -> None:
        self.item.update(fields)

    def delete_block_storage_volume(self, id: str) -> None:
        assert not plan.place(self.item)
        self.seen.wished["v"] = None

    def detach_block_storage_volume(self, id: str) -> None:
        assert plan.place(self.item)
        self.item.update(instance=None, state="detached")

    def attach_block_storage_volume_to_instance(self, id: str, instance: dict[str, str]) -> None:
        assert not plan.place(self.item)
        self.item.update(instance=instance, state="attached")

    def resize_block_storage_volume(self, id: str, size: int) -> None:
        assert not plan.place(self.item) or not self.seen.runs(plan.place(self.item))
        assert size > self.item["size"]
        self.item["size"] = size


PLACES = some.sampled_from([None, {"id": "i-run"}, {"id": "i-off"}])
STARTS = some.one_of(some.none(), some.builds(volume, instance=PLACES, size=some.sampled_from([10, 20])))
DESIRED_STATES = some.builds(
    Wish,
    key=some.just("v"),
    name=some.just("v"),
    state=some.sampled_from(["present", "absent"]),
    size=some.sampled_from([20, 30]),
    instance=some.sampled_from([None, "", "i-run", "i-off"]),
    snapshot=some.sampled_from([None, "s1"]),
    labels=some.sampled_from([None, OURS, {**OURS, "role": "pool-disk"}]),
)


@given(STARTS, DESIRED_STATES)
def test_every_wish_is_reached_as_foreseen(start: dict[str, Any] | None, wish: Wish) -> None:
    api = Api(start)
    wish = plan.settle_place(wish, start)
    plan.check(wish, api.seen, ALLOWED)
    end = plan.foreseen([wish], api.seen).wished["v"]
    verbs = []
    while deed := plan.next_deed(wish, api.seen):
        assert deed.verb not in verbs, "no step is done twice"
        verbs.append(deed.verb)
        api.do(deed)
    reached = api.seen.wished["v"]
    keys = ("size", "instance", "labels", "state")
    assert (reached and [reached[k] for k in keys]) == (end and [end[k] for k in keys])


@pytest.mark.parametrize(
    ("wish", "item", "said"),
    [
        (Wish("v", "present", "v", size=20), volume(instance={"id": "i-run"}), "to grow it must be detached"),
        (Wish("v", "present", "v", instance="i-off"), volume(instance={"id": "i-run"}), "to move it set allow_detach"),
        (Wish("v", "present", "v", size=5), volume(), "a volume never shrinks"),
        (Wish("v", "present", "v"), None, "size or snapshot must be given"),
        (Wish("v", "present", "v", size=10, snapshot="s1"), None, "the snapshot of 'v' has 20 GiB"),
        (Wish("v", "present", "v"), volume(state="error"), "is in the state error"),
        (Wish("v", "absent", "v"), volume(instance={"id": "i-off"}), "is attached to 'rests': set force_detach"),
    ],
)
def test_what_needs_consent_or_cannot_be_is_refused(wish: Wish, item: dict[str, Any] | None, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        plan.check(plan.settle_place(wish, item), Seen([], INSTANCES, SNAPSHOTS, {"v": item}), plan.Confirmation())


def test_a_stopped_instance_needs_no_confirm() -> None:
    item = volume(instance={"id": "i-off"})
    wish = plan.settle_place(Wish("v", "present", "v", size=20), item)
    seen = Seen([], INSTANCES, SNAPSHOTS, {"v": item})
    plan.check(wish, seen, plan.Confirmation())
    deed = plan.next_deed(wish, seen)
    assert deed is not None
    assert deed.verb == "resize"


def test_room_counts_what_leaves_and_what_is_foreign() -> None:
    there = [volume(id=f"v{n}", name=f"v{n}", instance={"id": "i-run"}, labels={}) for n in range(5)]
    seen = Seen(there, INSTANCES, [], {"new": None, "v0": there[0]})
    with pytest.raises(ValidationError, match=r"'runs' would have 6 volumes \(new, v0, v1, v2, v3, v4\)"):
        plan.check_room([Wish("new", "present", "new", instance="i-run")], seen)
    leaves = Wish("v0", "present", "v0", instance="")
    plan.check_room([Wish("new", "present", "new", instance="i-run"), leaves], seen)


def test_one_of_ours_wins_over_a_foreign_one_of_the_same_name() -> None:
    wish, foreign = Wish("v", "present", "v"), volume(id="f", labels={})
    assert pick(wish, [foreign, volume()]) == volume()
    with pytest.raises(ValidationError, match="is not ours"):
        pick(wish, [foreign])
    with pytest.raises(ValidationError, match="is ambiguous: 2 of ours"):
        pick(wish, [volume(), volume(id="w")])


def snapshot(name: str, day: int, **change: Any) -> dict[str, Any]:
    made = {
        "id": f"id-{name}",
        "name": name,
        "state": "created",
        "created-at": f"2026-01-{day:02}",
        "labels": dict(OURS),
    }
    return {**made, "block-storage-volume": {"id": "v1"}, **change}


def test_a_snapshot_is_made_before_older_ones_go() -> None:
    seen = snapshots.Seen([volume()], [snapshot(f"old-{day}", day) for day in (3, 1, 2)])
    wish = snapshots.Wish("new", "present", "v1", None, keep=2)
    deeds = snapshots.next_deeds(wish, seen)
    assert {name: deed and deed.verb for name, deed in deeds.items()} == {"new": "create"}
    foreseen = snapshots.foreseen(wish, seen)
    assert [s["name"] for s in foreseen.snapshots] == ["old-3", "new"]
    there = snapshots.Seen(seen.volumes, [*seen.snapshots, snapshot("new", 4)])
    assert list(snapshots.next_deeds(wish, there)) == ["id-old-1", "id-old-2"]
    assert snapshots.diffed(wish, seen, foreseen) == {"new": {"volume": "v", "labels": OURS}}
    assert list(snapshots.diffed(wish, seen, seen)) == ["old-1", "old-2"]


def test_only_the_series_is_counted() -> None:
    kept = [
        snapshot("foreign", 1, labels={}),
        snapshot("other-volume", 1, **{"block-storage-volume": {"id": "v2"}}),
        snapshot("other-series", 1, labels={**OURS, "series": "weekly"}),
    ]
    daily = {**OURS, "series": "daily"}
    seen = snapshots.Seen([volume()], [*kept, snapshot("daily-1", 2, labels=daily), snapshot("new", 3, labels=daily)])
    wish = snapshots.Wish("new", "present", "v1", daily, keep=1)
    assert [s["name"] for s in snapshots.too_many(wish, seen)] == ["daily-1"]


@pytest.mark.parametrize("state", ["creating", "destroying", "promoting"])
def test_a_moving_snapshot_is_left_alone(state: str) -> None:
    seen = snapshots.Seen([volume()], [snapshot("s", 1, state=state)])
    for wished in ("present", "absent"):
        assert not any(snapshots.next_deeds(snapshots.Wish("s", wished, "v1", keep=1), seen).values())
