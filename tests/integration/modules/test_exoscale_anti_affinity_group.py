"""exoscale_anti_affinity_group against the lab."""

from __future__ import annotations

from typing import Any

import pytest
from support.assertions import assert_changes, assert_rejected, assert_unchanged
from support.direct import Direct

MODULE = "exoscale_anti_affinity_group"
MARKER = "[managed-by=sovereign.vdc]"


@pytest.fixture
def direct(lab) -> Direct:
    return Direct(lab.env)


def names(direct: Direct) -> list[str]:
    """The names of all groups, as anybody sees them."""
    return [group["name"] for group in direct.list("list_anti_affinity_groups")]


def test_create(lab, run_module, direct) -> None:
    made = assert_changes(lab, run_module, MODULE, name="apart", description="Storage nodes")
    assert made["anti_affinity_group"]["description"] == "Storage nodes"
    there = direct.list("list_anti_affinity_groups")[0]
    assert there["description"] == f"Storage nodes {MARKER}"
    assert made["anti_affinity_group"]["id"] == there["id"]
    assert MARKER not in str(made)
    assert_unchanged(lab, run_module, MODULE, name=there["id"])


def test_the_description_is_for_good(lab, run_module) -> None:
    run_module(MODULE, name="apart", description="old")
    said = assert_rejected(lab, run_module, MODULE, name="apart", description="new")
    assert said.startswith(
        "description: anti-affinity group 'apart' has 'old', not 'new', which Exoscale cannot change"
    )
    assert "delete the anti-affinity group first" in said


def test_delete(lab, run_module, direct) -> None:
    run_module(MODULE, name="apart")
    assert assert_changes(lab, run_module, MODULE, name="apart", state="absent")["anti_affinity_group"] is None
    assert names(direct) == []


def test_a_group_in_use_stays(lab, run_module, direct) -> None:
    used = run_module(MODULE, name="apart")["anti_affinity_group"]["id"]
    direct.instance("user1", anti_affinity_groups=[{"id": used}])
    said = assert_rejected(lab, run_module, MODULE, name="apart", state="absent")
    assert "anti-affinity group 'apart' is in use and cannot be deleted: detach it from instance 'user1' first" in said


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"description": "x" * 229}, "description: it has 229 characters, at most 228 fit"),
        ({"name": "00000000-0000-0000-0000-000000000001"}, "name: there is no anti-affinity group 00000000"),
        ({"state": "started"}, "value of state must be one of: present, absent"),
    ],
)
def test_bad_input(lab, run_module, given: dict[str, Any], said: str) -> None:
    assert said in assert_rejected(lab, run_module, MODULE, **{"name": "apart", **given})


def test_not_found_is_absent(lab, run_module) -> None:
    assert_unchanged(lab, run_module, MODULE, name="nothing", state="absent")


@pytest.mark.parametrize("state", ["present", "absent"])
def test_foreign_ones_are_refused(lab, run_module, direct, state: str) -> None:
    direct.do("create_anti_affinity_group", name="theirs")
    assert "exists and is not ours" in assert_rejected(lab, run_module, MODULE, name="theirs", state=state)


def test_provider_error(lab, run_module, direct) -> None:
    lab.faults([{"operation": "create-anti-affinity-group", "status": 400, "message": "no such luck"}])
    result = run_module(MODULE, name="apart")
    assert result["failed"]
    assert result["msg"] == "apart: no such luck"
    assert not result["changed"]
    assert names(direct) == []


def test_timeout_of_a_read(lab, run_module) -> None:
    lab.faults([{"operation": "list-anti-affinity-groups", "delay": 2}])
    assert run_module(MODULE, name="apart", api_timeout=0.2, api_retries=0)["error"]["code"] == "timeout"


@pytest.mark.parametrize(
    "fault",
    [
        {"drop": True, "when": "after"},
        {"drop": True, "when": "before"},
        {"status": 500, "when": "after"},
        {"delay": 1.5, "when": "after"},
    ],
)
def test_lost_answers_make_nothing_twice(lab, run_module, direct, fault: dict[str, Any]) -> None:
    patience = {"api_timeout": 0.5} if "delay" in fault else {}
    for operation, args in (
        ("create-anti-affinity-group", {}),
        ("delete-anti-affinity-group", {"state": "absent"}),
    ):
        lab.faults([{"operation": operation, "times": 1, **fault}])
        result = run_module(MODULE, name="apart", **args, **patience)
        assert not result["failed"], result
        assert names(direct) == ([] if "state" in args else ["apart"])
