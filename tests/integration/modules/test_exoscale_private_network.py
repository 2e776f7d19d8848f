"""exoscale_private_network against the lab."""

from __future__ import annotations

from typing import Any

import pytest
from support.assertions import assert_changes, assert_rejected, assert_unchanged
from support.direct import Direct

MODULE = "exoscale_private_network"
OURS = {"managed-by": "sovereign.vdc"}
RANGE = {"start_ip": "10.20.0.10", "end_ip": "10.20.0.250", "netmask": "255.255.255.0"}


def names(lab: Any) -> list[str]:
    """The names of all networks, as Exoscale shows them."""
    return [network["name"] for network in Direct(lab.env).client.list_private_networks()["private-networks"]]


def test_a_network_is_created_once(lab, run_module) -> None:
    made = assert_changes(
        lab,
        run_module,
        MODULE,
        name="storage",
        description="Between nodes",
        labels={"fleet": "storage"},
        options={"dns_servers": ["10.20.0.2"]},
        **RANGE,
    )
    network = made["private_network"]
    assert network["id"]
    assert network["labels"] == {"fleet": "storage", **OURS}
    assert network["options"]["dns_servers"] == ["10.20.0.2"]
    assert made["diff"]["before"] == {}
    assert "id" not in made["diff"]["after"]["storage"]
    assert names(lab) == ["storage"]


def test_an_update_keeps_omitted_options(lab, run_module) -> None:
    run_module(MODULE, name="a", description="old", labels={"x": "1"}, options={"routers": ["10.20.0.1"]}, **RANGE)
    result = assert_changes(
        lab, run_module, MODULE, name="a", description="new", options={"ntp_servers": ["10.20.0.3"]}
    )
    network = result["private_network"]
    assert network["description"] == "new"
    assert network["labels"] == {"x": "1", **OURS}
    assert network["options"] == {
        "dns_servers": [],
        "domain_search": [],
        "ntp_servers": ["10.20.0.3"],
        "routers": ["10.20.0.1"],
    }
    assert {key: network[key] for key in RANGE} == RANGE
    assert_changes(lab, run_module, MODULE, name="a", labels={})
    assert_changes(lab, run_module, MODULE, name="a", **{**RANGE, "end_ip": "10.20.0.99"})
    assert_changes(lab, run_module, MODULE, name="a", options={"routers": []}, description="")
    assert_unchanged(lab, run_module, MODULE, name=network["id"])


def test_a_network_in_use_is_not_deleted(lab, run_module) -> None:
    network = run_module(MODULE, name="a")["private_network"]
    zone = Direct(lab.env).client
    template = zone.list_templates()["templates"][0]
    kind = next(t for t in zone.list_instance_types()["instance-types"] if t["size"] == "small")
    zone.create_instance(name="user1", template={"id": template["id"]}, instance_type={"id": kind["id"]}, disk_size=10)
    instance = zone.list_instances()["instances"][0]
    zone.attach_instance_to_private_network(id=network["id"], instance={"id": instance["id"]})
    message = assert_rejected(lab, run_module, MODULE, name="a", state="absent")
    assert "private network 'a' is in use" in message
    assert "instance 'user1'" in message


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"start_ip": "10.0.0.1"}, "parameters are required together: start_ip, end_ip, netmask"),
        ({**RANGE, "end_ip": "10.21.0.1"}, "end_ip: 10.21.0.1 is not in the network of start_ip 10.20.0.10"),
        ({**RANGE, "netmask": "/24"}, "netmask: '/24' is not a netmask"),
        ({"labels": {"managed-by": "me"}}, "labels: managed-by is set by this collection"),
        ({"name": "00000000-0000-0000-0000-000000000001"}, "name: there is no private network 00000000"),
        ({"zone": "mars-1"}, "zone: 'mars-1' does not exist"),
    ],
)
def test_invalid_options_are_rejected(lab, run_module, given: dict[str, Any], message: str) -> None:
    assert message in assert_rejected(lab, run_module, MODULE, **{"name": "a", **given})


def test_an_ambiguous_name_is_rejected_and_an_id_is_not(lab, run_module) -> None:
    for _ in range(2):
        Direct(lab.env).client.create_private_network(name="twin", labels=OURS)
    message = assert_rejected(lab, run_module, MODULE, name="twin", state="absent")
    assert "private network 'twin' is ambiguous: 2 have that name" in message
    one = Direct(lab.env).client.list_private_networks()["private-networks"][0]["id"]
    assert_changes(lab, run_module, MODULE, name=one, state="absent")


def test_an_exhausted_quota_is_reported(lab, run_module) -> None:
    lab.configure("exoscale", {"quotas": {"private-network": 0}})
    result = run_module(MODULE, name="a")
    assert result["error"]["code"] == "quota_exceeded"
    assert "the account's quota does not allow this" in result["msg"]
    assert not result["changed"]
    assert names(lab) == []
