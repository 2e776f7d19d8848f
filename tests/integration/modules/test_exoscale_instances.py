"""exoscale_instances against the lab."""

from __future__ import annotations

from typing import Any

import pytest
from support.direct import DEBIAN, OURS

MODULE = "exoscale_instances"
WEB = {
    "instance_type": "standard.small",
    "template": DEBIAN,
    "disk_size": 10,
    "labels": {"fleet": "web"},
    "user_data": "#cloud-config\npassword: hush\n",
}
pytestmark = pytest.mark.usefixtures("no_pauses")


def predictable(result: dict[str, Any], args: dict[str, Any]) -> list[dict[str, Any]]:
    """All but what Exoscale chooses: addresses, dates, and the default group where the task names none."""
    chosen = {"id", "public_ip", "ipv6_address", "mac_address", "created_at", "private_networks"}
    chosen |= {"security_groups"} - set(args)
    return [_without(chosen, instance) for instance in result["instances"]]


def _without(keys: set[str], item: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in item.items() if key not in keys}


def names(*names: str) -> list[dict[str, str]]:
    return [{"name": name} for name in names]


def test_creates_a_set_and_a_repeat_changes_nothing(both, lab) -> None:
    made = both(instances=names("web-1", "web-2", "web-3"), **WEB)
    assert made["changed"]
    assert [i["name"] for i in made["instances"]] == ["web-1", "web-2", "web-3"]
    assert all(i["state"] == "running" and i["public_ip"] for i in made["instances"])
    assert made["instances"][0]["labels"] == {"fleet": "web", **OURS}
    assert "hush" not in str(made["diff"])
    assert made["api_calls"]["writes"] == 3
    again = both(instances=names("web-1", "web-2", "web-3"), **WEB)
    assert not again["changed"]
    assert again["api_calls"]["writes"] == 0


def test_an_item_overrides_common_options(run) -> None:
    made = run(
        instances=[{"name": "a"}, {"name": "b", "instance_type": "medium", "labels": {"role": "db"}, "disk_size": 20}],
        **WEB,
    )
    a, b = made["instances"]
    assert (a["instance_type"], b["instance_type"]) == ("standard.small", "standard.medium")
    assert (a["disk_size"], b["disk_size"]) == (10, 20)
    assert b["labels"] == {"fleet": "web", "role": "db", **OURS}


def test_updates_what_needs_no_stop(both) -> None:
    both(instances=names("a"), **WEB)
    changed = both(
        instances=names("a"),
        labels={"fleet": "web", "role": "front"},
        user_data="#cloud-config\n",
        delete_protection=True,
    )
    assert changed["changed"]
    assert changed["instances"][0]["labels"]["role"] == "front"
    assert changed["instances"][0]["delete_protection"]
    assert not both(instances=names("a"), delete_protection=True)["changed"]


def test_an_instance_is_renamed_by_its_id(both, run) -> None:
    made = run(instances=names("a"), **WEB)["instances"][0]
    renamed = both(instances=[{"id": made["id"], "name": "b"}])
    assert renamed["changed"]
    assert renamed["instances"][0]["id"] == made["id"]
    assert renamed["instances"][0]["name"] == "b"


def test_scale_and_disk_growth_need_confirm(both, run, lab) -> None:
    both(instances=names("a"), **WEB)
    writes = lab.writes()
    rejected = run(instances=names("a"), instance_type="standard.large", disk_size=50)
    assert rejected["failed"]
    assert "allow_restart: true" in rejected["msg"]
    assert "instance_type and disk_size" in rejected["msg"]
    assert lab.writes() == writes
    grown = both(instances=names("a"), instance_type="standard.large", disk_size=50, allow_restart=True)
    (a,) = grown["instances"]
    assert (a["instance_type"], a["disk_size"], a["state"]) == ("standard.large", 50, "running")


def test_a_stopped_instance_is_changed_without_a_confirmation_and_stays_stopped(both) -> None:
    both(instances=names("a"), state="stopped", **WEB)
    grown = both(instances=names("a"), disk_size=20)
    assert grown["instances"][0]["state"] == "stopped"
    assert grown["instances"][0]["disk_size"] == 20


def test_instances_are_stopped_and_started(both) -> None:
    both(instances=names("a", "b"), **WEB)
    assert [i["state"] for i in both(instances=names("a", "b"), state="stopped")["instances"]] == ["stopped"] * 2
    assert not both(instances=names("a", "b"), state="stopped")["changed"]
    assert [i["state"] for i in both(instances=names("a", "b"), state="started")["instances"]] == ["running"] * 2


def test_instances_are_deleted(both, direct) -> None:
    both(instances=names("a", "b"), **WEB)
    assert both(instances=names("a"), state="absent")["changed"]
    assert [i["name"] for i in direct.list("list_instances")] == ["b"]
    assert not both(instances=names("a"), state="absent")["changed"]


def test_exact_deletes_members_of_the_fleet_that_are_not_listed(both, direct) -> None:
    both(instances=names("a", "b", "c"), fleet="web", **{**WEB, "labels": {"role": "front"}})
    both(instances=names("other"), fleet="shop", **{**WEB, "labels": None})
    direct.instance("foreign", labels={"fleet": "web"})
    left = both(instances=names("a"), fleet="web", exact=True)
    assert left["changed"]
    assert left["instances"][0]["labels"] == {"fleet": "web", "role": "front", **OURS}
    assert sorted(i["name"] for i in direct.list("list_instances")) == ["a", "foreign", "other"]
    assert both(instances=[], fleet="web", exact=True)["changed"]
    assert not both(instances=[], fleet="web", exact=True)["changed"]


def test_deleting_a_protected_instance_needs_a_confirmation(both, run, direct) -> None:
    both(instances=names("a"), delete_protection=True, **WEB)
    assert "delete_protection: false" in run(instances=names("a"), state="absent")["msg"]
    assert both(instances=names("a"), state="absent", delete_protection=False)["changed"]
    assert direct.list("list_instances") == []


def test_joins_and_leaves_groups_networks_and_addresses(both, direct) -> None:
    for name in ("front", "back"):
        direct.do("create_security_group", name=name)
    direct.do("create_private_network", name="lan", start_ip="10.1.0.10", end_ip="10.1.0.200", netmask="255.255.255.0")
    direct.do("create_private_network", name="plain")
    direct.do("create_anti_affinity_group", name="apart")
    direct.do("create_elastic_ip", description="entry")
    direct.do("create_elastic_ip", description="by its label", labels={"name": "exit", **OURS})
    direct.do(
        "register_ssh_key",
        name="op",
        public_key="ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ op",
    )
    made = both(
        instances=[{"name": "a", "private_networks": [{"name": "lan", "ip": "10.1.0.11"}]}],
        security_groups=["front"],
        anti_affinity_groups=["apart"],
        elastic_ips=["entry", "exit"],
        ssh_keys=["op"],
        **WEB,
    )["instances"][0]
    assert made["security_groups"] == ["front"]
    assert [(n["name"], n["ip"]) for n in made["private_networks"]] == [("lan", "10.1.0.11")]
    assert len(made["elastic_ips"]) == 2
    moved = both(
        instances=[{"name": "a", "private_networks": [{"name": "lan", "ip": "10.1.0.12"}, "plain"]}],
        security_groups=["back"],
        elastic_ips=[],
    )["instances"][0]
    assert moved["security_groups"] == ["back"]
    assert moved["elastic_ips"] == []
    assert {n["name"]: n["ip"] for n in moved["private_networks"]} == {"lan": "10.1.0.12", "plain": None}
    assert not both(instances=names("a"), security_groups=["back"], anti_affinity_groups=["apart"], ssh_keys=["op"])[
        "changed"
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"instance_type": "standard.enormous"}, "instance_type: instance type 'standard.enormous' does not exist"),
        ({"template": "Windows 95"}, "template: template 'Windows 95' does not exist"),
        ({"security_groups": ["nope"]}, "security_groups: security group 'nope' does not exist in this account"),
        ({"disk_size": 5}, "disk_size: 5 of 'new' is too small"),
        ({"labels": {"managed-by": "me"}}, "labels: managed-by is set by this collection"),
        ({"user_data": "x" * 30000}, "user_data: 'new' has 40000 characters"),
        ({"disk_size": None}, "give disk_size to create it"),
        ({"instances": [{"name": "a"}, {"name": "a"}]}, "'a' is listed twice"),
        ({"instances": [{}]}, "needs a name"),
        ({"instances": []}, "list at least one, or give fleet and exact: true"),
        ({"exact": True}, "exact: true deletes members of a fleet that are not listed, so it needs the option fleet"),
        ({"fleet": "shop"}, "labels: 'new' has the fleet 'web', but the option fleet is 'shop'"),
        ({"private_networks": [{"ip": "10.0.0.1"}]}, "must be a name or an id, or a dictionary of name and ip"),
        ({"private_networks": [{"name": "lan", "ip": "ten"}]}, "ip 'ten' must be an IPv4 address"),
        ({"concurrency": 0}, "concurrency: 0 must be at least 1"),
        ({"zone": "ch-atlantis-1"}, "zone: 'ch-atlantis-1' does not exist; choose one of"),
        ({"wait_timeout": 0}, "wait_timeout: 0 must be more than 0"),
        ({"shutdown_timeout": -1}, "shutdown_timeout: -1 of 'new' must be more than 0"),
        ({"api_secret": "wrong"}, "rejected the API key"),
        ({"api_endpoint": "ftp://example"}, "must be a URL"),
        ({"api_endpoint": "http://127.0.0.1:9/v2"}, "http://127.0.0.1:9 cannot be reached: connection refused"),
    ],
)
def test_invalid_options_are_rejected_with_one_sentence(run, lab, change, message) -> None:
    result = run(**{"instances": names("new"), **WEB, **change})
    assert result["failed"]
    assert message in result["msg"]
    assert "\n" not in result["msg"]
    assert lab.writes() == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"disk_size": 10}, "a disk never shrinks"),
        ({"template": "Linux Debian 12 (Bookworm) 64-bit"}, "was created with Linux Debian 13"),
        ({"instance_type": "cpu.extra-large"}, "within that family only"),
        ({"secureboot": True}, "secureboot: 'a' was created with false"),
    ],
)
def test_changes_that_exoscale_cannot_make_are_rejected(run, lab, change, message) -> None:
    run(instances=names("a"), **{**WEB, "disk_size": 20})
    writes = lab.writes()
    result = run(instances=names("a", "b"), **{**WEB, "disk_size": 20, **change})
    assert result["failed"]
    assert message in result["msg"]
    assert lab.writes() == writes


def test_a_foreign_resource_is_rejected(run, direct, lab) -> None:
    direct.instance("theirs")
    writes = lab.writes()
    for state in ("present", "absent", "stopped"):
        result = run(instances=names("theirs"), state=state, **WEB)
        assert "is not ours" in result["msg"]
    assert lab.writes() == writes


def test_an_ambiguous_name_is_rejected_and_an_id_is_not(run, direct) -> None:
    ids = sorted(direct.instance("twin", labels=OURS) for _ in range(2))
    assert (
        f"is ambiguous: 2 instances of this collection have that name ({', '.join(ids)})"
        in run(instances=names("twin"), state="absent")["msg"]
    )
    assert run(instances=[{"id": ids[0]}], state="absent")["changed"]
    assert [i["id"] for i in direct.list("list_instances")] == [ids[1]]


def test_an_unknown_id_is_not_found(run) -> None:
    result = run(instances=[{"id": "00000000-0000-4000-8000-000000000000"}])
    assert "there is no instance with the id" in result["msg"]


def test_a_provider_error_of_one_instance_does_not_affect_the_others(run, lab, direct) -> None:
    lab.faults([{"operation": "create-instance", "status": 400, "message": "no such luck", "times": 1}])
    result = run(instances=names("a", "b", "c"), **WEB)
    assert result["failed"]
    assert result["changed"]
    assert len(result["failed_resources"]) == 1
    assert result["error"]["message"] == "no such luck"
    assert result["error"]["correlation_id"]
    assert len(direct.list("list_instances")) == 2
    assert run(instances=names("a", "b", "c"), **WEB)["changed"]
    assert len(direct.list("list_instances")) == 3


def test_an_exhausted_quota_and_missing_stock_fail_with_one_sentence(run, lab, direct) -> None:
    lab.configure("ch-dk-2", {"quotas": {"instance": 1}})
    result = run(instances=names("a", "b"), **WEB)
    assert result["error"]["code"] == "quota_exceeded"
    assert "the account's quota does not allow this" in result["msg"]
    lab.configure("ch-dk-2", {"quotas": {"instance": 10}, "stock": {"standard.small": 0}})
    result = run(instances=names("c"), **WEB)
    assert result["error"]["code"] == "no_stock"
    assert "choose another instance type or zone" in result["msg"]
    assert len(direct.list("list_instances")) == 1


def test_without_wait_the_creation_is_only_started(run, lab) -> None:
    lab.settings(operation_seconds=30)
    started = run(instances=names("a"), wait=False, **WEB)
    assert started["changed"]
    assert started["instances"][0]["state"] == "starting"
    assert started["api_calls"]["writes"] == 1


@pytest.mark.parametrize("when", ["before", "after"])
def test_lost_answers_repeat_no_change(run, lab, direct, when) -> None:
    lab.faults([{"operation": "create-instance", "drop": True, "when": when, "times": 2}])
    result = run(instances=names("a", "b"), **WEB)
    assert not result["failed"], result["msg"]
    assert sorted(i["name"] for i in direct.list("list_instances")) == ["a", "b"]
    lab.faults(
        [
            {"operation": operation, "drop": True, "when": when, "times": 1}
            for operation in ("stop-instance", "scale-instance", "start-instance")
        ]
    )
    result = run(instances=names("a"), instance_type="medium", allow_restart=True)
    assert not result["failed"], result["msg"]
    assert (result["instances"][0]["instance_type"], result["instances"][0]["state"]) == ("standard.medium", "running")
    lab.faults([{"operation": "delete-instance", "drop": True, "when": when, "times": 1}])
    assert not run(instances=names("a", "b"), state="absent")["failed"]
    assert direct.list("list_instances") == []


def test_with_a_tenth_of_calls_failing_one_more_run_suffices(run, lab, direct) -> None:
    share = 0.1 / 6
    rules = [{"share": share, "status": status} for status in (409, 423, 429, 500, 503)]
    options = {"instances": [{"name": f"node-{n}"} for n in range(8)], "delete_protection": True, **WEB}
    for seed in range(3):
        lab.faults([*rules, {"share": share, "drop": True, "when": "after"}], seed)
        if run(**options)["failed"]:
            assert not run(**options)["failed"]
    lab.faults([])
    assert sorted(i["name"] for i in direct.list("list_instances")) == [f"node-{n}" for n in range(8)]
    assert not run(**options)["changed"]
