"""hetzner_snapshot against the lab."""

from __future__ import annotations

from typing import Any

import pytest
from support.hetzner_project import Project

OURS = {"managed-by": "sovereign.vdc"}


pytestmark = pytest.mark.usefixtures("short_polls")


@pytest.fixture
def project(lab) -> Project:
    project = Project(lab.env)
    project.server("a", labels=OURS)
    lab.clear_trace()
    return project


@pytest.fixture
def snapshot(lab, run_module):
    """Run the module; every run is predicted without a write, and must keep to the prediction."""

    def run(name: str = "first", **options: Any) -> dict[str, Any]:
        options = {"server": "a", "name": name, **options}
        before = lab.writes()
        predicted = run_module("hetzner_snapshot", _check=True, **options)
        assert lab.writes() == before
        result = run_module("hetzner_snapshot", **options)
        if not result["failed"]:
            assert predicted["changed"] == result["changed"]
            assert predicted["diff"] == result["diff"]
            assert predicted["removed"] == result["removed"]
        return result

    return run


def snapshots(project: Project) -> list[str]:
    return sorted(image["labels"]["snapshot"] for image in project.call("GET", "/images?type=snapshot")["images"])


def test_a_snapshot_is_created_once(snapshot, project):
    result = snapshot()
    assert result["changed"]
    assert not result["failed"]
    found = result["snapshot"]
    assert (found["name"], found["server"], found["status"]) == ("first", "a", "available")
    assert found["description"] == "first of a"
    assert found["labels"] == {**OURS, "server": "a", "snapshot": "first"}
    again = snapshot()
    assert not again["changed"]
    assert again["snapshot"] == found
    assert again["api_calls"]["writes"] == 0
    assert snapshots(project) == ["first"]


def test_two_servers_may_use_the_same_name(snapshot, project):
    project.server("b", labels=OURS)
    assert snapshot()["changed"]
    assert snapshot(server="b")["changed"]
    assert snapshots(project) == ["first", "first"]


def test_a_snapshot_is_updated(snapshot, project):
    snapshot(labels={"why": "test"})
    change = {"description": "new words", "labels": {"why": "upgrade"}, "delete_protection": True, "series": "daily"}
    result = snapshot(**change)
    assert result["changed"]
    assert result["snapshot"]["description"] == "new words"
    assert result["snapshot"]["labels"]["why"] == "upgrade"
    assert result["snapshot"]["labels"]["series"] == "daily"
    assert result["snapshot"]["delete_protection"]
    assert not snapshot(**change)["changed"]
    assert not snapshot()["changed"]


def test_a_snapshot_is_deleted(snapshot, project):
    snapshot()
    result = snapshot(state="absent")
    assert result["changed"]
    assert result["snapshot"] is None
    assert result["removed"] == ["first"]
    assert snapshots(project) == []
    assert not snapshot(state="absent")["changed"]


def test_a_snapshot_is_deleted_after_its_server(snapshot, project):
    snapshot()
    project.call("DELETE", f"/servers/{project.servers()['a']['id']}")
    assert not snapshot()["changed"]
    assert snapshot(state="absent")["changed"]
    assert snapshots(project) == []


def test_a_protected_snapshot_is_not_deleted(snapshot, project):
    snapshot(delete_protection=True)
    rejected = snapshot(state="absent")
    assert rejected["msg"] == (
        "delete_protection: snapshot 'first' is protected against deletion; set delete_protection: false to delete it"
    )
    assert snapshot(state="absent", delete_protection=False)["changed"]
    assert snapshots(project) == []


def test_only_the_newest_snapshots_are_kept(snapshot, project, lab):
    for day in range(1, 4):
        snapshot(f"day-{day}", series="daily")
        lab.clock(86400)
    snapshot("kept", series="daily", delete_protection=True)
    snapshot("other")
    lab.clock(86400)
    result = snapshot("day-4", series="daily", keep=2)
    assert result["removed"] == ["day-1", "day-2"]
    assert snapshots(project) == ["day-3", "day-4", "kept", "other"]
    assert not snapshot("day-4", series="daily", keep=2)["changed"]
    assert snapshot("day-4", series="daily", keep=1)["removed"] == ["day-3"]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"name": "a b"}, "name: 'a b' cannot be a label value"),
        ({"series": "ä", "keep": 3}, "series: 'ä' cannot be a label value"),
        ({"keep": 3}, "keep: it counts the snapshots of a series, so it needs the option series"),
        ({"series": "x", "keep": 0}, "keep: 0 must be 1 or more"),
        ({"labels": {"snapshot": "x"}}, "labels: snapshot cannot be set"),
        ({"labels": {"hetzner.cloud/x": "y"}}, "labels: 'hetzner.cloud/x' is not a label key"),
        ({"server": "nowhere"}, "server: there is no server 'nowhere' to make a snapshot of"),
        ({"server": "4711"}, "server: there is no server '4711'"),
        ({"wait_timeout": 0}, "wait_timeout: 0 must be more than 0 seconds"),
    ],
)
def test_invalid_options_and_missing_servers_are_rejected(snapshot, project, lab, options, sentence):
    result = snapshot(**options)
    assert result["failed"]
    assert result["msg"].startswith(sentence), result["msg"]
    assert lab.writes() == 0


def test_a_server_is_found_by_id_and_an_ambiguous_name_rejected(snapshot, project):
    id_ = str(project.servers()["a"]["id"])
    assert snapshot(server=id_)["snapshot"]["server"] == "a"
    assert not snapshot(server="a")["changed"]
    project.server(id_, labels=OURS)
    assert snapshot(server=id_)["msg"].startswith(f"server: '{id_}' is ambiguous")


def test_an_ambiguous_snapshot_is_rejected(snapshot, project):
    id_ = project.servers()["a"]["id"]
    for _ in range(2):
        body = {"type": "snapshot", "labels": {**OURS, "server": "a", "snapshot": "first"}}
        project.call("POST", f"/servers/{id_}/actions/create_image", body)
    for state in ("present", "absent"):
        assert snapshot(state=state)["msg"].startswith(
            "name: 'first' is ambiguous: 2 snapshots of this collection have that name"
        )


def test_a_foreign_server_is_rejected(snapshot, project, lab):
    project.server("theirs")
    lab.clear_trace()
    assert "server 'theirs' exists and is not ours" in snapshot(server="theirs")["msg"]
    assert lab.writes() == 0


def test_a_timeout_is_reported(snapshot, project, lab):
    lab.settings(action_seconds=60)
    result = snapshot(wait_timeout=0.2)
    assert result["error"]["code"] == "wait_timeout"
    assert result["changed"]
    lab.clock(120)
    lab.settings(action_seconds=0)
    assert not snapshot()["changed"]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    ("operation", "options"),
    [
        ("create_server_image", {}),
        ("change_image_protection", {"delete_protection": True}),
    ],
)
def test_a_lost_answer_repeats_no_change(snapshot, project, lab, when, operation, options):
    if options:
        snapshot()
    lab.settings(action_seconds=0.2)
    lab.faults([{"operation": operation, "times": 1, "when": when, "drop": True}])
    result = snapshot(**options)
    assert not result["failed"], result["msg"]
    assert result["changed"]
    assert not snapshot(**options)["changed"]
    assert snapshots(project) == ["first"]


def test_without_wait_the_creation_is_only_started(run_module, project, lab):
    lab.settings(action_seconds=60)
    result = run_module("hetzner_snapshot", server="a", name="first", wait=False)
    assert result["changed"]
    assert result["snapshot"]["status"] == "creating"
