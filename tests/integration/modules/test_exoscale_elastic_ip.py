"""exoscale_elastic_ip against the lab."""

from __future__ import annotations

from typing import Any

import pytest
from support.assertions import assert_changes, assert_rejected, assert_unchanged
from support.direct import OURS, Direct

MODULE = "exoscale_elastic_ip"
CHECK = {"mode": "https", "port": 443, "uri": "/status", "tls_sni": "www.example.com"}


def addresses(direct: Direct) -> list[str]:
    """All elastic IPs, as Exoscale shows them."""
    return [elastic["ip"] for elastic in direct.list("list_elastic_ips")]


def test_an_elastic_ip_is_created_once(lab, run_module, direct) -> None:
    direct.instance("web1")
    direct.instance("web2")
    made = assert_changes(
        lab,
        run_module,
        MODULE,
        name="web",
        description="Public web",
        labels={"tenant": "acme"},
        healthcheck=CHECK,
        instances=["web2", "web1"],
        reverse_dns="WWW.example.com.",
    )
    elastic = made["elastic_ip"]
    assert [elastic["ip"]] == addresses(direct)
    assert elastic["labels"] == {"name": "web", "tenant": "acme", **OURS}
    assert elastic["instances"] == ["web1", "web2"]
    assert elastic["reverse_dns"] == "www.example.com"
    assert elastic["healthcheck"]["interval"] == 10
    assert elastic["ip"] not in str(made["diff"])
    assert_unchanged(lab, run_module, MODULE, name=elastic["ip"], instances=["web1", "web2"], healthcheck=CHECK)
    assert_unchanged(lab, run_module, MODULE, name=elastic["id"], labels={"tenant": "acme"})


def test_an_elastic_ip_is_updated(lab, run_module, direct) -> None:
    for name in ("web1", "web2", "web3"):
        direct.instance(name)
    run_module(MODULE, name="web", description="old", healthcheck=CHECK, instances=["web1", "web2"], reverse_dns="a.b")
    moved = assert_changes(lab, run_module, MODULE, name="web", instances=["web2", "web3"], description="new")
    assert moved["elastic_ip"]["instances"] == ["web2", "web3"]
    assert moved["elastic_ip"]["healthcheck"]["mode"] == "https"
    assert_changes(lab, run_module, MODULE, name="web", reverse_dns="b.c")
    assert_changes(lab, run_module, MODULE, name="web", reverse_dns="")
    plain = assert_changes(lab, run_module, MODULE, name="web", healthcheck={"mode": "tcp", "port": 80, "interval": 20})
    assert "uri" not in plain["elastic_ip"]["healthcheck"]
    assert_changes(lab, run_module, MODULE, name="web", labels={"a": "b"}, description="")
    assert assert_changes(lab, run_module, MODULE, name="web", instances=[])["elastic_ip"]["instances"] == []


def test_the_address_is_attached_before_it_is_detached(lab, run_module, direct) -> None:
    direct.instance("web1")
    direct.instance("web2")
    run_module(MODULE, name="web", instances=["web1"])
    lab.clear_trace()
    run_module(MODULE, name="web", instances=["web2"])
    done = [c["operation"] for c in lab.trace()["calls"] if c["method"] != "GET"]
    assert done == ["attach-instance-to-elastic-ip", "detach-instance-from-elastic-ip"]


def test_an_ipv6_address_is_created(lab, run_module) -> None:
    made = assert_changes(lab, run_module, MODULE, name="six", address_family="inet6")
    assert ":" in made["elastic_ip"]["ip"]
    message = assert_rejected(lab, run_module, MODULE, name="six", address_family="inet4")
    assert message.startswith("address_family: elastic IP 'six' has 'inet6', not 'inet4'")


def test_a_deletion_detaches_the_address_first(lab, run_module, direct) -> None:
    direct.instance("web1")
    run_module(MODULE, name="web", instances=["web1"], reverse_dns="a.b")
    assert assert_changes(lab, run_module, MODULE, name="web", state="absent")["elastic_ip"] is None
    assert addresses(direct) == []


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"instances": ["nobody"]}, "instances: instance 'nobody' does not exist in zone"),
        ({"labels": {"name": "other"}}, "labels: name is set by the option name"),
        ({"labels": {"managed-by": "me"}}, "labels: managed-by is set by this collection"),
        ({"healthcheck": {"mode": "http", "port": 80}}, "healthcheck: mode http needs uri"),
        ({"healthcheck": {"mode": "tcp", "port": 80, "uri": "/"}}, "healthcheck: mode tcp has no uri"),
        ({"reverse_dns": "not a name"}, "reverse_dns: 'not a name' is not a domain name"),
        ({"name": "192.0.2.1"}, "name: there is no elastic IP 192.0.2.1, and a new one cannot have that name"),
        ({"name": "00000000-0000-0000-0000-000000000001"}, "name: there is no elastic IP 00000000"),
    ],
)
def test_invalid_options_are_rejected(lab, run_module, direct, given: dict[str, Any], message: str) -> None:
    assert message in assert_rejected(lab, run_module, MODULE, **{"name": "web", **given})
    assert addresses(direct) == []


def test_an_ambiguous_name_is_rejected_and_an_id_is_not(lab, run_module, direct) -> None:
    for _ in range(2):
        direct.do("create_elastic_ip", labels={"name": "twin", **OURS})
    message = assert_rejected(lab, run_module, MODULE, name="twin", state="absent")
    assert "elastic IP 'twin' is ambiguous: 2 have that label" in message
    assert_changes(lab, run_module, MODULE, name=addresses(direct)[0], state="absent")
    direct.instance("same")
    direct.instance("same")
    assert "instance 'same' is ambiguous" in assert_rejected(lab, run_module, MODULE, name="twin", instances=["same"])


@pytest.mark.parametrize("state", ["present", "absent"])
def test_foreign_resources_are_rejected(lab, run_module, direct, state: str) -> None:
    direct.do("create_elastic_ip", labels={"name": "theirs"})
    assert "exists and is not ours" in assert_rejected(lab, run_module, MODULE, name="theirs", state=state)
    assert "exists and is not ours" in assert_rejected(lab, run_module, MODULE, name=addresses(direct)[0], state=state)


def test_an_exhausted_quota_is_reported(lab, run_module, direct) -> None:
    lab.configure("exoscale", {"quotas": {"elastic-ip": 0}})
    result = run_module(MODULE, name="web")
    assert result["error"]["code"] == "quota_exceeded"
    assert not result["changed"]


def test_a_provider_error_keeps_the_changes_made_before_it(lab, run_module, direct) -> None:
    direct.instance("web1")
    lab.faults([{"operation": "attach-instance-to-elastic-ip", "status": 400, "message": "not now"}])
    result = run_module(MODULE, name="web", instances=["web1"], reverse_dns="a.b")
    assert result["failed"]
    assert result["msg"] == "instance web1: not now"
    assert result["changed"]
    assert result["elastic_ip"]["reverse_dns"] == "a.b"
    assert result["diff"]["after"]["web"]["instances"] == []


@pytest.mark.parametrize(
    "fault",
    [
        {"drop": True, "when": "after"},
        {"drop": True, "when": "before"},
    ],
)
def test_lost_answers_of_attachments_repeat_no_change(lab, run_module, direct, fault: dict[str, Any]) -> None:
    direct.instance("web1")
    rounds = (
        (
            {"instances": ["web1"], "reverse_dns": "a.b"},
            ("create-elastic-ip", "attach-instance-to-elastic-ip", "update-reverse-dns-elastic-ip"),
        ),
        ({"description": "new", "reverse_dns": ""}, ("update-elastic-ip", "delete-reverse-dns-elastic-ip")),
        ({"state": "absent"}, ("detach-instance-from-elastic-ip", "delete-elastic-ip")),
    )
    for args, operations in rounds:
        lab.faults([{"operation": operation, "times": 1, **fault} for operation in operations])
        result = run_module(MODULE, name="web", **args)
        assert not result["failed"], result
        assert len(addresses(direct)) == (0 if "state" in args else 1)
