"""exoscale_block_volumes against the lab."""

from __future__ import annotations

from typing import Any

import pytest
from support.direct import OURS

MODULE = "exoscale_block_volumes"
pytestmark = pytest.mark.usefixtures("no_pauses")


def predictable(result: dict[str, Any], _args: dict[str, Any]) -> list[dict[str, Any]]:
    """All but what Exoscale chooses."""
    return [_without({"id", "device", "created_at"}, volume) for volume in result["volumes"]]


def _without(keys: set[str], item: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in item.items() if key not in keys}


def names(*names: str) -> list[dict[str, str]]:
    return [{"name": name} for name in names]


def test_creates_and_attaches_a_set_and_a_repeat_changes_nothing(both, direct) -> None:
    direct.instance("node")
    options = {"volumes": names("v1", "v2"), "size": 10, "instance": "node", "labels": {"role": "pool-disk"}}
    made = both(**options)
    assert made["changed"]
    assert [(v["name"], v["state"], v["instance"], v["size"]) for v in made["volumes"]] == [
        ("v1", "attached", "node", 10),
        ("v2", "attached", "node", 10),
    ]
    first = made["volumes"][0]
    assert first["device"] == f"/dev/disk/by-id/virtio-{first['id'][:20]}"
    assert first["labels"] == {"role": "pool-disk", **OURS}
    assert made["api_calls"]["writes"] == 4
    again = both(**options)
    assert not again["changed"]
    assert again["api_calls"] == {"reads": 3, "writes": 0}


def test_updates_labels_and_name(both) -> None:
    made = both(volumes=names("v"), size=10)["volumes"][0]
    changed = both(volumes=[{"id": made["id"], "name": "w"}], labels={"role": "spare"})
    assert changed["changed"]
    assert (changed["volumes"][0]["name"], changed["volumes"][0]["labels"]) == ("w", {"role": "spare", **OURS})


def test_volumes_are_detached_and_moved_to_another_instance(both, run, direct, lab) -> None:
    direct.instance("one")
    direct.instance("two")
    both(volumes=names("v"), size=10, instance="one")
    writes = lab.writes()
    assert "to move it set allow_detach: true" in run(volumes=names("v"), instance="two")["msg"]
    assert lab.writes() == writes
    assert both(volumes=names("v"), instance="two", allow_detach=True)["volumes"][0]["instance"] == "two"
    freed = both(volumes=names("v"), instance="")
    assert freed["changed"]
    assert freed["volumes"][0]["state"] == "detached"
    assert not both(volumes=names("v"), instance="")["changed"]


def test_a_detached_volume_grows(both) -> None:
    both(volumes=names("v"), size=10)
    assert both(volumes=names("v"), size=20)["volumes"][0]["size"] == 20


def test_growing_an_attached_volume_needs_a_confirmation_and_attaches_it_again(both, run, direct, lab) -> None:
    direct.instance("node")
    both(volumes=names("v"), size=10, instance="node")
    writes = lab.writes()
    assert "set allow_detach: true, or stop the instance" in run(volumes=names("v"), size=20)["msg"]
    assert lab.writes() == writes
    (grown,) = both(volumes=names("v"), size=20, allow_detach=True)["volumes"]
    assert (grown["size"], grown["instance"]) == (20, "node")


def test_growing_on_a_stopped_instance_needs_no_confirmation(both, direct) -> None:
    node = direct.instance("node")
    both(volumes=names("v"), size=10, instance="node")
    direct.do("stop_instance", id=node)
    grown = both(volumes=names("v"), size=20)
    assert grown["volumes"][0]["instance"] == "node"
    assert grown["api_calls"]["writes"] == 1


def test_creates_a_volume_from_a_snapshot(both, run, direct) -> None:
    origin = both(volumes=names("v"), size=12)["volumes"][0]
    direct.do("create_block_storage_snapshot", id=origin["id"], name="snap")
    assert (
        "has 12 GiB, a volume from it cannot have 10"
        in run(volumes=[{"name": "w", "snapshot": "snap", "size": 10}])["msg"]
    )
    assert both(volumes=[{"name": "w", "snapshot": "snap"}])["volumes"][0]["size"] == 12
    assert not both(volumes=[{"name": "w", "snapshot": "snap"}])["changed"]


def test_deleting_an_attached_volume_needs_a_confirmation(both, run, direct, lab) -> None:
    direct.instance("node")
    both(volumes=names("v", "w"), size=10, instance="node")
    writes = lab.writes()
    rejected = run(volumes=names("v"), state="absent")
    assert "'v' is attached to 'node': set force_detach: true" in rejected["msg"]
    assert lab.writes() == writes
    assert both(volumes=names("v"), state="absent", force_detach=True)["changed"]
    assert [v["name"] for v in direct.list("list_block_storage_volumes")] == ["w"]
    assert not both(volumes=names("v"), state="absent")["changed"]


def test_exact_deletes_members_of_the_fleet_that_are_not_listed(both, run, direct) -> None:
    direct.instance("node")
    direct.do("create_block_storage_volume", name="foreign", size=10, labels={"fleet": "f"})
    both(volumes=names("other"), size=10, fleet="g")
    both(volumes=names("v1", "v2"), size=10, fleet="f", labels={"role": "pool-disk"}, instance="node")
    kept = both(volumes=names("v1"), fleet="f")
    assert not kept["changed"]
    assert kept["volumes"][0]["labels"] == {"fleet": "f", "role": "pool-disk", **OURS}
    rejected = run(volumes=names("v1"), fleet="f", exact=True)
    assert "'v2' is attached to 'node': set force_detach: true" in rejected["msg"]
    assert both(volumes=names("v1"), fleet="f", exact=True, force_detach=True)["changed"]
    assert both(volumes=[], fleet="f", exact=True, force_detach=True)["changed"]
    assert sorted(v["name"] for v in direct.list("list_block_storage_volumes")) == ["foreign", "other"]


def test_a_sixth_volume_on_an_instance_is_rejected_before_any_change(both, run, direct, lab) -> None:
    direct.instance("node")
    both(volumes=names("1", "2", "3", "4"), size=10, instance="node")
    writes = lab.writes()
    rejected = run(volumes=names("5", "6"), size=10, instance="node")
    assert "'node' would have 6 volumes (1, 2, 3, 4, 5, 6) and Exoscale attaches 5 at most" in rejected["msg"]
    assert lab.writes() == writes
    assert both(volumes=[{"name": "1", "instance": ""}, {"name": "6", "instance": "node"}], size=10)["changed"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"size": None}, "give size or snapshot to create it"),
        ({"size": 0}, "size: 0 of 'new' must be at least 1"),
        ({"instance": "nowhere"}, "instance: instance 'nowhere' does not exist in zone ch-dk-2"),
        ({"snapshot": "none"}, "snapshot: block snapshot 'none' does not exist in zone ch-dk-2; there is none"),
        ({"labels": {"managed-by": "me"}}, "labels: managed-by is set by this collection"),
        ({"volumes": [{}]}, "needs a name"),
        ({"volumes": []}, "list at least one, or give fleet and exact: true"),
        ({"exact": True}, "exact: true deletes members of a fleet that are not listed, so it needs the option fleet"),
        ({"labels": {"fleet": "web"}, "fleet": "f"}, "'new' has the fleet 'web', but the option fleet is 'f'"),
        ({"volumes": [{"name": "a"}, {"name": "a"}]}, "'a' is listed twice"),
        ({"volumes": [{"id": "00000000-0000-4000-8000-000000000000"}]}, "there is no volume with the id"),
    ],
)
def test_invalid_options_are_rejected_with_one_sentence(run, lab, change, message) -> None:
    result = run(**{"volumes": names("new"), "size": 10, **change})
    assert result["failed"]
    assert message in result["msg"]
    assert "\n" not in result["msg"]
    assert lab.writes() == 0


def test_a_volume_never_shrinks(both, run) -> None:
    both(volumes=names("v"), size=20)
    assert "a volume never shrinks" in run(volumes=names("v"), size=10)["msg"]


def test_an_ambiguous_name_is_rejected_and_an_id_is_not(run, direct) -> None:
    ids = sorted(direct.do("create_block_storage_volume", name="twin", size=10, labels=OURS) for _ in range(2))
    assert (
        f"is ambiguous: 2 volumes of this collection have that name ({', '.join(ids)})"
        in run(volumes=names("twin"), size=10)["msg"]
    )
    assert not run(volumes=[{"id": ids[0]}], size=10)["changed"]


def test_an_ambiguous_instance_is_rejected(run, direct) -> None:
    for _ in range(2):
        direct.instance("twin")
    assert "instance 'twin' is ambiguous" in run(volumes=names("v"), size=10, instance="twin")["msg"]


def test_a_provider_error_is_reported_by_volume(run, lab, direct) -> None:
    lab.faults([{"operation": "create-block-storage-volume", "status": 400, "message": "no such luck", "times": 1}])
    result = run(volumes=names("a", "b"), size=10)
    assert result["failed"]
    assert len(result["failed_resources"]) == 1
    assert result["error"]["correlation_id"]
    assert len(direct.list("list_block_storage_volumes")) == 1
    assert not run(volumes=names("a", "b"), size=10)["failed"]


def test_an_exhausted_quota_fails_with_one_sentence(run, lab) -> None:
    lab.configure("ch-dk-2", {"quotas": {"block-storage-volume": 0}})
    result = run(volumes=names("a"), size=10)
    assert result["error"]["code"] == "quota_exceeded"
    assert "the account's quota does not allow this" in result["msg"]


def test_without_wait_the_creation_is_only_started(run, lab) -> None:
    lab.settings(operation_seconds=30)
    started = run(volumes=names("a"), size=10, wait=False)
    assert started["changed"]
    assert started["volumes"][0]["state"] == "creating"


@pytest.mark.parametrize("when", ["before", "after"])
def test_lost_answers_repeat_no_change(run, lab, direct, when) -> None:
    direct.instance("node")
    operations = ("create-*", "attach-*", "detach-*", "resize-*", "delete-*")
    rules = [{"operation": operation, "drop": True, "when": when, "times": 1} for operation in operations]
    lab.faults(rules)
    made = run(volumes=names("a", "b"), size=10, instance="node")
    assert not made["failed"], made["msg"]
    grown = run(volumes=names("a", "b"), size=20, allow_detach=True)
    assert not grown["failed"], grown["msg"]
    assert [(v["size"], v["instance"]) for v in grown["volumes"]] == [(20, "node")] * 2
    assert len(direct.list("list_block_storage_volumes")) == 2
    deleted = run(volumes=names("a", "b"), state="absent", force_detach=True)
    assert not deleted["failed"], deleted["msg"]
    assert direct.list("list_block_storage_volumes") == []
