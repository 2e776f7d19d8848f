"""exoscale_security_group against the lab."""

from __future__ import annotations

from typing import Any

import pytest
from support.assertions import assert_changes, assert_rejected, assert_unchanged
from support.direct import Direct

MODULE = "exoscale_security_group"
MARKER = "[managed-by=sovereign.vdc]"
SSH = {"port": "22", "network": "198.51.100.0/24", "description": "Office"}
WEB = {"port": "8000-8100", "network": "0.0.0.0/0"}
PING = {"protocol": "icmp", "network": "0.0.0.0/0", "icmp_type": 8, "icmp_code": 0}


def group(direct: Direct, name: str) -> dict[str, Any] | None:
    """The group of that name, as Exoscale shows it."""
    return next((g for g in direct.list("list_security_groups") if g["name"] == name), None)


def test_a_group_is_created_once(lab, run_module, direct) -> None:
    made = assert_changes(
        lab,
        run_module,
        MODULE,
        name="storage",
        description="Storage nodes",
        rules=[SSH, WEB, PING, {"protocol": "all", "security_group": "storage"}],
        external_sources=["192.0.2.0/24"],
    )
    found = made["security_group"]
    assert found["description"] == "Storage nodes"
    assert found["external_sources"] == ["192.0.2.0/24"]
    assert [rule.get("security_group") or rule["protocol"] for rule in found["rules"]] == [
        "storage",
        "icmp",
        "tcp",
        "tcp",
    ]
    there = group(direct, "storage")
    assert there["description"] == f"Storage nodes {MARKER}"
    assert found["id"] == there["id"]
    assert MARKER not in str(made)
    assert there["id"] not in str(made["diff"])
    # Another spelling of the same is the same.
    assert_unchanged(
        lab,
        run_module,
        MODULE,
        name=found["id"],
        rules=[
            {"protocol": "all", "security_group": found["id"]},
            {**PING},
            {"start_port": 8100, "end_port": 8000, "network": "0.0.0.0/0"},
            {**SSH, "network": "198.51.100.7/24"},
        ],
        external_sources=["192.0.2.9/24"],
    )


def test_rules_are_exact_by_default(lab, run_module) -> None:
    run_module(MODULE, name="a", rules=[SSH, WEB])
    more = assert_changes(lab, run_module, MODULE, name="a", rules=[PING], exact_rules=False)
    assert len(more["security_group"]["rules"]) == 3
    less = assert_changes(lab, run_module, MODULE, name="a", rules=[PING, {**SSH, "description": "Admins"}])
    assert [rule.get("description") for rule in less["security_group"]["rules"]] == [None, "Admins"]
    assert_unchanged(lab, run_module, MODULE, name="a")
    assert assert_changes(lab, run_module, MODULE, name="a", rules=[])["security_group"]["rules"] == []


def test_missing_rules_are_added_before_surplus_ones_are_removed(lab, run_module) -> None:
    run_module(MODULE, name="a", rules=[SSH, WEB])
    lab.clear_trace()
    run_module(MODULE, name="a", rules=[PING, {**SSH, "port": "2222"}])
    done = [c["operation"] for c in lab.trace()["calls"] if c["method"] != "GET"]
    assert done == ["add-rule-to-security-group"] * 2 + ["delete-rule-from-security-group"] * 2


def test_nothing_is_removed_when_an_addition_fails(lab, run_module, direct) -> None:
    run_module(MODULE, name="a", rules=[SSH])
    lab.faults([{"operation": "add-rule-to-security-group", "status": 400, "message": "no more rules"}])
    result = run_module(MODULE, name="a", rules=[WEB])
    assert result["failed"]
    assert result["msg"] == "rule ingress tcp 8000-8100 from 0.0.0.0/0: no more rules"
    assert not result["changed"]
    assert result["diff"]["before"] == result["diff"]["after"]
    assert [rule["start-port"] for rule in group(direct, "a")["rules"]] == [22]


def test_external_sources_are_added_and_removed(lab, run_module) -> None:
    run_module(MODULE, name="a", external_sources=["192.0.2.0/24", "2001:db8::/32"])
    assert_changes(lab, run_module, MODULE, name="a", external_sources=["2001:DB8::/32", "203.0.113.7"])
    assert (
        assert_changes(lab, run_module, MODULE, name="a", external_sources=[])["security_group"]["external_sources"]
        == []
    )


def test_rules_name_other_groups(lab, run_module, direct) -> None:
    direct.do("create_security_group", name="front")
    public = direct.list("list_security_groups", visibility="public")
    rules = [{"port": "80", "security_group": "front"}]
    rules += [{"port": "80", "security_group": g["name"], "visibility": "public"} for g in public[:1]]
    made = assert_changes(lab, run_module, MODULE, name="back", rules=rules)
    assert {rule["security_group"] for rule in made["security_group"]["rules"]} == {r["security_group"] for r in rules}


def test_the_description_cannot_be_changed(lab, run_module) -> None:
    run_module(MODULE, name="a", description="old")
    message = assert_rejected(lab, run_module, MODULE, name="a", description="new")
    assert message.startswith("description: security group 'a' has 'old', not 'new', which Exoscale cannot change")
    assert_unchanged(lab, run_module, MODULE, name="a", description="old")


def test_a_group_is_deleted_once(lab, run_module, direct) -> None:
    run_module(MODULE, name="a", rules=[{"protocol": "all", "security_group": "a"}])
    assert assert_changes(lab, run_module, MODULE, name="a", state="absent")["security_group"] is None
    assert group(direct, "a") is None


def test_a_group_in_use_is_not_deleted(lab, run_module, direct) -> None:
    used = run_module(MODULE, name="a")["security_group"]["id"]
    run_module(MODULE, name="b", rules=[{"protocol": "all", "security_group": "a"}])
    direct.instance("user1", security_groups=[{"id": used}])
    message = assert_rejected(lab, run_module, MODULE, name="a", state="absent")
    assert "detach it from instance 'user1', the rules of security group 'b' first" in message


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"rules": [SSH, {"port": "22"}]}, "rules: rule 2 needs one of network"),
        ({"rules": [{**SSH, "protocol": "ospf"}]}, "value of protocol must be one of"),
        ({"rules": [{"port": "1", "security_group": "nobody"}]}, "rules: security group 'nobody' does not exist"),
        ({"external_sources": ["everywhere"]}, "external_sources: 'everywhere' is not an address or network"),
        ({"description": "x" * 229}, "description: it has 229 characters, at most 228 fit"),
        ({"name": "00000000-0000-0000-0000-000000000001"}, "name: there is no security group 00000000"),
    ],
)
def test_invalid_options_are_rejected(lab, run_module, direct, given: dict[str, Any], message: str) -> None:
    assert message in assert_rejected(lab, run_module, MODULE, **{"name": "a", **given})
    assert group(direct, "a") is None


@pytest.mark.parametrize("state", ["present", "absent"])
def test_foreign_resources_are_rejected(lab, run_module, direct, state: str) -> None:
    direct.do("create_security_group", name="theirs", description="by hand")
    message = assert_rejected(lab, run_module, MODULE, name="theirs", state=state, rules=[SSH])
    assert "security group 'theirs' exists and is not ours" in message
    assert "not ours" in assert_rejected(lab, run_module, MODULE, name="default", state=state)


@pytest.mark.parametrize(
    "fault",
    [
        {"drop": True, "when": "after"},
        {"drop": True, "when": "before"},
    ],
)
def test_lost_answers_of_rules_repeat_no_change(lab, run_module, direct, fault: dict[str, Any]) -> None:
    options = {"rules": [SSH, WEB], "external_sources": ["192.0.2.0/24"]}
    operations = ("create-security-group", "add-rule-to-security-group", "add-external-source-to-security-group")
    lab.faults([{"operation": operation, "times": 1, **fault} for operation in operations])
    result = run_module(MODULE, name="a", **options)
    assert not result["failed"], result
    assert len(group(direct, "a")["rules"]) == 2
    operations = ("delete-rule-from-security-group", "remove-external-source-from-security-group")
    lab.faults([{"operation": operation, "times": 1, **fault} for operation in operations])
    result = run_module(MODULE, name="a", rules=[], external_sources=[])
    assert not result["failed"], result
    lab.faults([{"operation": "delete-security-group", "times": 1, **fault}])
    result = run_module(MODULE, name="a", state="absent")
    assert not result["failed"], result
    assert group(direct, "a") is None
