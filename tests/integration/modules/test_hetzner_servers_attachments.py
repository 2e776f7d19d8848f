"""hetzner_servers: networks, addresses, placement groups and volumes."""

from __future__ import annotations

import pytest
from support.hetzner_project import steps

pytestmark = pytest.mark.usefixtures("short_polls")


def test_chosen_addresses_are_assigned_before_the_first_boot(servers, project):
    project.network()
    entry = {"name": "a", "networks": [{"name": "private", "ip": "10.0.0.10", "alias_ips": ["10.0.0.11"]}]}
    result = servers(entry)
    assert [step["step"].rstrip(" 0123456789") for step in result["steps"]] == [
        "create",
        "attach network",
        "start",
        "update",
    ]
    server = project.servers()["a"]
    assert server["status"] == "running"
    assert server["private_net"][0]["ip"] == "10.0.0.10"
    assert not servers(entry)["changed"]
    entry["networks"][0] |= {"ip": "10.0.0.20", "alias_ips": []}
    assert result["diff"]["after"]["servers"]["a"]["networks"] == {
        "private": {"ip": "10.0.0.10", "alias_ips": ["10.0.0.11"]}
    }
    servers(entry)
    assert project.servers()["a"]["private_net"][0]["ip"] == "10.0.0.20"


def test_alias_addresses_are_assigned(servers, project):
    project.network()
    servers("a", networks=["private"])
    entry = {"name": "a", "networks": [{"name": "private", "alias_ips": ["10.0.0.99"]}]}
    assert steps(servers(entry))[0].startswith("a: change alias IPs")
    assert project.servers()["a"]["private_net"][0]["alias_ips"] == ["10.0.0.99"]
    assert not servers(entry)["changed"]


def test_servers_join_and_leave_a_placement_group(servers, project):
    project.group()
    project.group("second")
    servers("a", placement_group="spread")
    assert project.servers()["a"]["placement_group"]["name"] == "spread"
    assert "to change its placement_group; allow_restart" in servers("a", placement_group="second")["msg"]
    servers("a", placement_group="second", allow_restart=True)
    server = project.servers()["a"]
    assert (server["placement_group"]["name"], server["status"]) == ("second", "running")
    servers("a", placement_group="", allow_restart=True)
    assert project.servers()["a"]["placement_group"] is None


def test_a_full_placement_group_is_reported(servers, project):
    project.group()
    result = servers(*[f"s{n}" for n in range(12)], placement_group="spread")
    assert len(result["failed_resources"]) == 2
    assert result["error"]["code"] == "placement_error"
    assert len(project.servers()) == 10


def test_volumes_are_attached_at_creation_and_kept_at_deletion(servers, project):
    project.volume("data", "nbg1")
    entry = {"name": "a", "volumes": ["data"]}
    options = {"location": None}
    result = servers(entry, **options)
    assert result["servers"][0]["location"] == "nbg1"
    assert not servers(entry, **options)["changed"]
    other = servers({"name": "b", "volumes": ["data"]}, **options)
    assert "volumes: 'data' is attached to another server" in other["msg"]
    assert steps(servers("a", state="absent")) == ["a: shut down", "a: delete"]
    assert project.call("GET", "/volumes")["volumes"][0]["server"] is None


def test_a_volume_in_another_location_is_rejected(servers, project):
    project.volume("data", "nbg1")
    assert servers({"name": "a", "volumes": ["data"]})["msg"] == ("volumes: 'data' is in nbg1, but server 'a' in fsn1")


def test_existing_primary_ips_are_assigned(servers, project):
    body = {"name": "kept", "type": "ipv4", "location": "fsn1", "assignee_type": "server", "auto_delete": False}
    address = project.call("POST", "/primary_ips", body)["primary_ip"]
    result = servers({"name": "a", "primary_ipv4": address["id"]}, enable_ipv6=False)
    assert (result["servers"][0]["ipv4"], result["servers"][0]["ipv6"]) == (address["ip"], None)
    servers("a", state="absent")
    assert [ip["name"] for ip in project.call("GET", "/primary_ips")["primary_ips"]] == ["kept"]
