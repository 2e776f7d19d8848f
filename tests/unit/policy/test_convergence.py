"""Preparation of a run, results of its operations, and its report."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.convergence import (
    nodes_to_prepare,
    operation_results,
    result_mails,
    result_message,
    running_nodes,
    unneeded_machines,
    verify_intervals,
)

OPERATION = {
    "id": 7,
    "tenant": "acme",
    "kind": "create",
    "desired_state": "active",
    "tier": "casual",
    "node": "c-1",
    "source_node": "",
    "storage_node": "s-1",
    "volume_gib": 10,
    "new": False,
    "dedicated": False,
}
REACHED = {"tenant_lifecycle_reached": {"id": 7}}


def host(**facts: Any) -> dict[str, Any]:
    return {"inventory_hostname": "acme.tenant", **facts}


def result(facts: dict[str, Any], unserved: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    [found] = operation_results([{**OPERATION, **changes}], [host(**facts)], unserved)
    return found


def test_new_machines_are_prepared_with_all_storage_nodes():
    own = {**OPERATION, "dedicated": True, "node": "own"}
    others = [OPERATION, {**own, "desired_state": "poweroff", "node": "off"}, {**own, "node": "not-in-the-inventory"}]
    assert nodes_to_prepare([own, own, *others], ["own", "off", "c-1"], ["s-1", "s-2"]) == ["own", "s-1", "s-2"]
    assert nodes_to_prepare(others, ["own", "off", "c-1"], ["s-1"]) == []


@pytest.mark.parametrize("status", ["off", "stopped"])
def test_a_dedicated_machine_that_is_off_gets_no_tasks(status):
    off = {"vdc_status": status, "vdc_labels": {"tenant": "acme"}}
    hosts = [
        {"inventory_hostname": "own", **off},
        {"inventory_hostname": "old", **off},
        {"inventory_hostname": "of-another", **off},
        {"inventory_hostname": "shared", "vdc_status": status, "vdc_labels": {}},
        {"inventory_hostname": "unlabeled"},
    ]
    operation = {**OPERATION, "node": "own", "source_node": "old"}
    assert running_nodes(hosts, operation) == ["of-another", "shared", "unlabeled"]
    hosts[0]["vdc_status"] = "running"
    assert running_nodes(hosts, operation)[0] == "own"


def test_an_operation_succeeds_when_its_host_reports_its_id():
    assert result(REACHED | {"tenant_lifecycle_downtime": 12}) == {
        **OPERATION,
        "succeeded": True,
        "reason": "",
        "rolled_back": False,
        "downtime": 12,
        "without_nodes": False,
        "backups": [],
    }
    earlier = result({"tenant_lifecycle_reached": {"id": 6}, "tenant_lifecycle_downtime": 12})
    assert (earlier["succeeded"], earlier["downtime"]) == (False, None)


def test_backups_that_were_made_or_verified_are_named():
    made = {"tenant_backup_result": {"entries": 3, "backup": {"name": "b-1"}}}
    recent = {"tenant_backup_result": {"changed": False}}
    verified = {"tenant_backup_verified": {"verified": ["b-0", "b-1"]}}
    assert [result(REACHED | facts)["backups"] for facts in (made, recent, verified)] == [["b-1"], [], ["b-0", "b-1"]]
    assert result(made)["backups"] == []


def test_with_without_nodes_just_machines_can_fail():
    hosts: list[dict[str, Any]] = []
    assert operation_results([OPERATION], hosts, without_nodes=True)[0]["succeeded"]
    [unserved] = operation_results([OPERATION], hosts, {"c-1": {"message": "sold out"}}, True)
    assert (unserved["succeeded"], unserved["reason"]) == (False, "sold out")


def test_the_clouds_error_is_reported_before_the_hosts_and_a_lost_node():
    unserved = {"c-1": {"message": "sold out"}}
    assert result({"tenant_lifecycle_error": "Mount: failed"}, unserved)["reason"] == "sold out"
    assert result({"tenant_lifecycle_error": "Mount: failed"})["reason"] == "Mount: failed"
    assert result({})["reason"].startswith("compute node c-1 did not answer over SSH; ")
    assert result({}, kind="backup")["reason"].startswith("storage node s-1 did not answer over SSH; ")


@pytest.mark.parametrize(
    ("new", "dedicated", "reported", "rolled_back"),
    [
        (True, False, True, True),
        (True, False, False, False),
        (True, True, False, True),
        (False, True, True, False),
    ],
    ids=["cleaned", "not cleaned", "own machine", "served before"],
)
def test_only_a_sign_up_that_left_nothing_is_rolled_back(new, dedicated, reported, rolled_back):
    facts = {"tenant_lifecycle_error": "failed", "tenant_lifecycle_rolled_back": reported}
    assert result(facts, new=new, dedicated=dedicated)["rolled_back"] is rolled_back
    assert result(facts | REACHED, new=new, dedicated=dedicated)["rolled_back"] is False


def test_machines_are_removed_after_success_and_after_a_failed_sign_up():
    def machine(name: str, state: str) -> dict[str, Any]:
        return {"name": name, "state": state, "labels": {"tenant": name.partition("-")[0]}}

    machines = [
        machine("moved-old", "absent"),
        machine("moved-new", "started"),
        machine("stuck-old", "absent"),
        machine("stuck-new", "started"),
        machine("fresh-1", "started"),
    ]
    results = [
        {"tenant": "moved", "succeeded": True, "new": False},
        {"tenant": "stuck", "succeeded": False, "new": False},
        {"tenant": "fresh", "succeeded": False, "new": True},
    ]
    assert [(item["name"], item["state"]) for item in unneeded_machines(machines, results)] == [
        ("moved-old", "absent"),
        ("fresh-1", "absent"),
    ]


@pytest.mark.parametrize(
    ("desired_state", "message"),
    [
        ("active", "acme (casual) is active on c-1, 10 GiB on s-1; credentials: /private/tenants/acme"),
        ("poweroff", "acme (casual) is suspended; its slot on c-1 and its data on s-1 are kept"),
        ("release", "acme (casual) is suspended; its slot is released and its data on s-1 is kept"),
        ("absent", "acme (casual) is deleted"),
    ],
)
def test_a_message_says_where_a_tenant_is(desired_state, message):
    done = result(REACHED, desired_state=desired_state)
    assert result_message(done, "/private") == message
    assert result_message({**done, "downtime": 0}, "/private") == f"{message}; downtime: 0 s"


def test_owners_get_mails_about_changes_of_their_tenant():
    results = [
        result(REACHED, new=True),
        result(REACHED, kind="resume"),
        result(REACHED, kind="reconcile"),
        result(REACHED, kind="resume", desired_state="poweroff"),
        result({}, new=True),
    ]
    mails = [(mail["kind"], mail["period"]) for mail in result_mails(results, 20261127)]
    assert mails == [("welcome", 0), ("resumed", 7), ("error", 20261127)]


def test_backups_are_verified_as_often_as_the_tier_says():
    assert verify_intervals({"casual": {"backup": {"verify_days": 30}}, "pro": {"backup": {}}, "own": {}}) == {
        "casual": 720,
        "pro": 168,
        "own": 168,
    }
