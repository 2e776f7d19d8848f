"""The summary that ends each playbook."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.summary import (
    CHANGED,
    FAILED,
    OK,
    WAITING,
    item,
    mail_summary,
    node_summary,
    resource_summary,
    rotation_summary,
    summary,
    tenant_summary,
)

RESULT = {
    "id": 7,
    "tenant": "acme",
    "kind": "create",
    "started": 1000,
    "desired_state": "active",
    "tier": "casual",
    "node": "c-1",
    "storage_node": "s-1",
    "volume_gib": 10,
    "due": True,
    "new": True,
    "succeeded": True,
    "reason": "",
    "downtime": None,
    "backups": [],
}
STARTED: dict[str, Any] = {
    "kind": "create",
    "requested": [],
    "waiting": [],
    "busy": [],
    "rejected": [],
    "duplicate_event": False,
}


def tenants(*results: dict[str, Any], **started: Any) -> list[dict[str, Any]]:
    return tenant_summary({**STARTED, **started}, [{**RESULT, **one} for one in results], "/private", 1178.9)


def lines(items: list[dict[str, Any]], **options: Any) -> list[str]:
    return summary(items, **options)["lines"]


def test_a_new_tenant_is_one_line_with_what_to_do_next():
    assert lines(tenants({})) == [
        "Summary: acme (casual) is active on c-1, 10 GiB on s-1, 178 s; credentials: /private/tenants/acme; "
        "next: hand out the credentials (playbook tenant_credentials, -e tenant=acme)"
    ]


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"new": False, "downtime": 4}, "acme (casual) is active on c-1, 10 GiB on s-1, 178 s; credentials: /private/tenants/acme; downtime: 4 s"),
        ({"new": False, "desired_state": "poweroff"}, "acme (casual) is suspended, 178 s; its slot on c-1 and its data on s-1 are kept"),
        ({"new": True, "desired_state": "absent"}, "acme (casual) is deleted, 178 s"),
        ({"kind": "backup", "backups": ["b-1"]}, "acme is backed up (b-1), 178 s"),
        ({"kind": "backup", "without_nodes": True}, "acme is backed up, 178 s; not proven: this run left out the tasks on nodes (vdc_without_nodes)"),
        ({"kind": "purge"}, "the backups of acme and their password are deleted, 178 s"),
        ({"succeeded": False, "reason": "Mount: no route"}, "acme failed: Mount: no route; next: remove the cause, then run the playbook again"),
        (
            {"succeeded": False, "reason": "c-1 did not answer; repair it, then run the playbook again"},
            "acme failed: c-1 did not answer; repair it, then run the playbook again",
        ),
    ],
    ids=["downtime", "suspended", "deleted", "backup", "without nodes", "purge", "failed", "lost"],
)  # fmt: skip
def test_each_operation_has_its_sentence(changes, line):
    assert lines(tenants(changes)) == [f"Summary: {line}"]


@pytest.mark.parametrize(
    ("items", "line"),
    [
        (tenants({"due": False, "new": False}), "acme (casual) is active on c-1, 10 GiB on s-1; credentials: /private/tenants/acme"),
        (tenants(requested=["acme"]), "acme: it is in its desired state and nothing is due"),
        (tenants(requested=["acme"], duplicate_event=True), "acme: the event was handled before"),
        (tenants(kind="backup"), "no backup is due"),
        (tenants(), "every tenant is in its desired state"),
        ([*tenants({"due": False, "new": False}), *tenants(kind="backup")], "acme (casual) is active on c-1, 10 GiB on s-1; credentials: /private/tenants/acme"),
        ([], "every tenant is in its desired state"),
        ([item(str(n), "server", OK, "x") for n in range(12)], "12 are unchanged (0, 1, 2, 3, 4, 5, 6, 7, 8, 9 …)"),
    ],
    ids=["active", "not due", "event", "no backup", "reconcile", "backup and active", "no item", "many"],
)  # fmt: skip
def test_nothing_to_do_is_one_sentence(items, line):
    found = summary(items)
    assert (found["lines"], found["status"], found["failure"]) == ([f"Summary: nothing to do: {line}"], OK, "")


def test_a_playbook_may_say_why_there_was_nothing_to_do():
    assert lines([], nothing="no tenant is idle") == ["Summary: nothing to do: no tenant is idle"]


def test_what_waits_says_what_it_waits_for():
    waiting = [{"tenant": "beta", "position": 2, "lacks": "storage", "location": "hel1"}]
    busy = [{"tenant": "gamma", "holder": "ctl:7"}]
    found = summary(tenants({"due": False, "new": False}, waiting=waiting, busy=busy))
    assert found["lines"] == [
        "Summary: beta waits at position 2 of the queue: no room in hel1 (storage); next: add a disk to a storage node "
        "(playbook storage_disk_add), then run the playbook tenant_queue",
        "Summary: gamma is skipped: it is locked by ctl:7; next: run the playbook again when that has ended",
        "Summary: 1 is unchanged (acme)",
    ]
    assert (found["status"], found["waiting"], found["ok"], found["failed"]) == (WAITING, 2, 1, 0)


def test_a_rejected_tenant_fails_the_run():
    found = summary(tenants({}, rejected=[{"tenant": "beta", "reason": "its identity is another's"}]))
    assert (found["status"], found["failure"]) == (
        FAILED,
        "beta is rejected, and nothing was changed for it: its identity is another's",
    )


def test_a_failure_comes_last_and_decides_the_status():
    found = summary(tenants({"succeeded": False, "reason": "full"}, {"tenant": "beta"}))
    assert [line.split()[1] for line in found["lines"]] == ["beta", "acme"]
    assert (found["status"], found["failure"]) == (FAILED, "acme failed: full")


def test_a_run_that_ended_early_says_where_and_how_to_continue():
    task = {"host": "localhost", "task": "Create the network", "message": "rate limit"}
    found = summary([], failure=task)
    assert found["lines"] == [
        "Summary: the run ended early: Create the network: rate limit; "
        "next: remove the cause, then run the playbook again; it continues where this run ended"
    ]
    assert found["status"] == FAILED
    assert "early on s-1: " in summary([], failure={**task, "host": "s-1"})["failure"]
    assert summary([], failure={"message": ""})["status"] == OK


def test_check_mode_says_that_changes_are_predicted():
    found = summary([item("demo", "network", CHANGED, "network demo is changed")], check=True)
    assert (found["lines"], found["check"]) == (["Summary (predicted): network demo is changed"], True)


def test_resources_report_what_their_tasks_did():
    servers = {"changed": True, "steps": [{"server": "c-2", "step": "create"}]}
    found = resource_summary(
        [
            {"kind": "network", "name": "demo", "place": "Hetzner Cloud", "result": {"changed": True}},
            {"kind": "firewall", "name": "demo", "result": {"changed": False}},
            {"kind": "server", "names": ["c-1", "c-2"], "result": servers},
            {"kind": "server", "names": [], "result": {"changed": False}},
            {"kind": "subnet", "name": "demo", "result": {"changed": False, "skipped": True}},
            {"kind": "key", "name": "demo", "result": {}},
            {"kind": "disk", "name": "old", "deleted": True, "result": {"changed": True}},
            {"kind": "disk", "name": "none", "deleted": True, "result": {"changed": False}},
            {"kind": "pool", "name": "p", "message": "p has 3 disks", "next": "rest", "result": {"changed": True}},
        ]
    )
    assert [(one["message"], one["status"]) for one in found] == [
        ("network demo at Hetzner Cloud is changed", CHANGED),
        ("firewall demo is as desired", OK),
        ("server c-1 is as desired", OK),
        ("server c-2 is changed", CHANGED),
        ("disk old is deleted", CHANGED),
        ("disk none does not exist", OK),
        ("p has 3 disks", CHANGED),
    ]
    assert found[-1]["next"] == "rest"


def test_nodes_and_mails_report_what_became_of_them():
    hosts = [
        {"inventory_hostname": "c-1", "tenant_lifecycle_node_ready": True},
        {"inventory_hostname": "c-2", "tenant_lifecycle_node_failure": "Install Docker: no space"},
        {"inventory_hostname": "c-3"},
    ]
    assert [one["message"] for one in node_summary(hosts)] == [
        "node c-1 is ready",
        "node c-2 failed: Install Docker: no space",
        "node c-3 failed: it did not answer over SSH",
    ]
    mails = mail_summary(
        {
            "sent": [{"tenant": "acme", "kind": "welcome"}],
            "unsent": [
                {"tenant": "beta", "kind": "error", "error": "refused"},
                {"tenant": "gamma", "kind": "error", "error": "owner_email: '' is not an email address"},
            ],
        }
    )
    assert [(one["message"], one["status"]) for one in mails] == [
        ("mail welcome to the owner of acme is sent", CHANGED),
        ("mail error to the owner of beta is not sent: refused", WAITING),
    ]


def test_a_rotation_reports_the_longest_stall_of_each_node():
    hosts = [
        {
            "inventory_hostname": "c-1",
            "tunnel_rotate_switched": {"stdout": '{"changed": ["key"], "stalls": {"a": 0.5, "b": 1.25}}'},
        },
        {"inventory_hostname": "c-2", "tunnel_rotate_switched": {"stdout": '{"changed": [], "stalls": {"a": null}}'}},
        {"inventory_hostname": "c-3"},
    ]
    assert [(one["message"], one["status"]) for one in rotation_summary(hosts)] == [
        ("node c-1 has a new tunnel key; longest stall: 1.25 s", CHANGED),
        ("node c-2 has a new tunnel key; longest stall: unknown", OK),
    ]
