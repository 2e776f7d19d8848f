"""exoscale_instance_pool against the lab."""

from __future__ import annotations

from typing import Any

import pytest
from support.direct import DEBIAN, OURS, Direct

MODULE = "exoscale_instance_pool"
WEB = {"name": "web", "instance_type": "small", "template": DEBIAN, "disk_size": 10, "labels": {"fleet": "web"}}
pytestmark = pytest.mark.usefixtures("no_pauses")


def predictable(result: dict[str, Any], _args: dict[str, Any]) -> dict[str, Any] | None:
    """All but what Exoscale chooses."""
    pool = result["instance_pool"]
    return pool and {k: v for k, v in pool.items() if k not in ("id", "members", "instance_prefix")}


def members(result: dict[str, Any]) -> list[str]:
    return [member["name"] for member in result["instance_pool"]["members"]]


def test_creates_a_pool_and_a_repeat_changes_nothing(both) -> None:
    made = both(size=3, min_available=2, user_data="#cloud-config\npassword: hush\n", **WEB)
    assert made["changed"]
    pool = made["instance_pool"]
    assert (pool["size"], pool["min_available"], pool["instance_type"]) == (3, 2, "standard.small")
    assert [member["state"] for member in pool["members"]] == ["running"] * 3
    assert pool["labels"] == {"fleet": "web", **OURS}
    assert "hush" not in str(made)
    assert made["api_calls"]["writes"] == 1
    again = both(size=3, min_available=2, **WEB)
    assert not again["changed"]
    assert again["api_calls"]["writes"] == 0


def test_a_pool_scales_up_and_down(both) -> None:
    both(size=1, **WEB)
    assert len(members(both(name="web", size=3))) == 3
    assert len(members(both(name="web", size=2))) == 2


def test_evicts_named_members(both) -> None:
    first, second, third = members(both(size=3, **WEB))
    shrunk = both(name="web", evict=[second])
    assert members(shrunk) == [first, third]
    assert shrunk["diff"]["before"]["web"]["evicted_members"] == [second]
    assert not both(name="web", evict=[second])["changed"]
    replaced = both(name="web", evict=[first], size=2)
    assert first not in members(replaced)
    assert third in members(replaced)
    assert len(members(replaced)) == 2
    assert not both(name="web", evict=[first], size=2)["changed"]


def test_updates_the_template_of_new_members(both, direct) -> None:
    direct.do("create_security_group", name="front")
    direct.do("create_anti_affinity_group", name="apart")
    direct.do("create_private_network", name="lan")
    both(size=1, description="first", **WEB)
    changed = both(
        name="web",
        instance_type="standard.medium",
        disk_size=20,
        security_groups=["front"],
        anti_affinity_groups=["apart"],
        private_networks=["lan"],
        description="second",
        user_data="#cloud-config\n",
        instance_prefix="www",
        public_ip_assignment="dual",
        labels={"fleet": "front"},
    )
    assert changed["changed"]
    assert changed["instance_pool"]["instance_type"] == "standard.medium"
    assert changed["api_calls"]["writes"] == 1
    emptied = both(name="web", security_groups=[], private_networks=[], description="", user_data="")
    assert emptied["changed"]
    assert emptied["instance_pool"]["description"] == ""
    assert not both(name="web", security_groups=[], description="", user_data="")["changed"]


def test_a_pool_is_deleted(both, direct) -> None:
    both(size=2, **WEB)
    assert both(name="web", state="absent")["changed"]
    assert direct.list("list_instance_pools") == direct.list("list_instances") == []
    assert not both(name="web", state="absent")["changed"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"size": None}, "give size to create it"),
        ({"size": -1}, "size: -1 must be 0 or more"),
        ({"min_available": 3}, "min_available: 3 is more than the 2 members that 'web' would have"),
        ({"instance_type": "nope"}, "instance type 'standard.nope' does not exist"),
        ({"template": "nope"}, "template 'nope' does not exist"),
        ({"elastic_ips": ["nope"]}, "elastic_ips: elastic IP 'nope' does not exist"),
        ({"instance_prefix": ""}, "instance_prefix: it cannot be empty"),
        ({"labels": {"managed-by": "me"}}, "labels: managed-by is set by this collection"),
        ({"name": "00000000-0000-4000-8000-000000000000"}, "give a name to create one"),
    ],
)
def test_invalid_options_are_rejected_with_one_sentence(run, lab, change, message) -> None:
    result = run(**{**WEB, "size": 2, **change})
    assert result["failed"]
    assert message in result["msg"]
    assert lab.writes() == 0


def _by_hand(direct: Direct, **more: Any) -> str:
    template = next(t["id"] for t in direct.list("list_templates") if t["name"] == DEBIAN)
    small = next(t["id"] for t in direct.list("list_instance_types") if t["family"] == "standard")
    made = direct.do(
        "create_instance_pool",
        name="web",
        size=1,
        template={"id": template},
        instance_type={"id": small},
        disk_size=10,
        **more,
    )
    assert made
    return made


def test_an_ambiguous_name_is_rejected_and_an_id_is_not(run, direct) -> None:
    ids = sorted(_by_hand(direct, labels=OURS) for _ in range(2))
    assert f"2 instance pools of this collection have that name ({', '.join(ids)})" in run(name="web", size=2)["msg"]
    assert run(name=ids[0], size=2)["changed"]


def test_an_exhausted_quota_and_missing_stock_fail_with_one_sentence(run, lab, direct) -> None:
    lab.configure("ch-dk-2", {"quotas": {"instance": 1}})
    assert run(size=2, **WEB)["error"]["code"] == "quota_exceeded"
    lab.configure("ch-dk-2", {"quotas": {"instance": 10}, "stock": {"standard.small": 1}})
    assert run(size=2, **WEB)["error"]["code"] == "no_stock"
    assert direct.list("list_instances") == []


def test_without_wait_the_creation_is_only_started(run, lab) -> None:
    lab.settings(operation_seconds=30)
    started = run(size=1, wait=False, **WEB)
    assert started["changed"]
    assert started["instance_pool"]["state"] == "creating"


@pytest.mark.parametrize("when", ["before", "after"])
def test_lost_answers_repeat_no_change(run, lab, direct, when) -> None:
    operations = ("create-*", "update-*", "scale-*", "evict-*", "delete-*")
    lab.faults([{"operation": operation, "drop": True, "when": when, "times": 1} for operation in operations])
    made = run(size=2, **WEB)
    assert not made["failed"], made["msg"]
    assert len(direct.list("list_instance_pools")) == 1
    grown = run(name="web", size=3, disk_size=20, evict=[members(made)[0]])
    assert not grown["failed"], grown["msg"]
    assert len(members(grown)) == 3
    assert members(made)[0] not in members(grown)
    assert not run(name="web", state="absent")["failed"]
    assert direct.list("list_instances") == []
