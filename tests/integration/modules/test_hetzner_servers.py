"""hetzner_servers: create, change, delete, bad input, and faults."""

from __future__ import annotations

import json

import pytest
from support.hetzner_project import steps

pytestmark = pytest.mark.usefixtures("short_polls")


def test_servers_are_created_once(servers, project):
    result = servers("a", "b")
    assert result["changed"]
    assert sorted(steps(result)) == ["a: create", "b: create"]
    assert [server["name"] for server in result["servers"]] == ["a", "b"]
    first = result["servers"][0]
    assert first["status"] == "running"
    assert first["ipv4"].startswith("198.1")
    assert first["labels"] == {
        "managed-by": "sovereign.vdc",
        "price-type": "cx23",
        "price-hourly": "0.0088",
        "price-monthly": "5.49",
    }
    again = servers("a", "b")
    assert not again["changed"]
    assert again["servers"] == result["servers"]
    assert again["api_calls"]["writes"] == 0


def test_check_mode_predicts_the_diff(servers, project):
    project.network()
    project.firewall()
    project.ssh_key()
    options = {
        "networks": ["private"],
        "firewalls": ["web"],
        "ssh_keys": ["ops"],
        "labels": {"role": "web"},
        "user_data": "#cloud-config\npassword: hunter2\n",
        "backups": True,
        "delete_protection": True,
    }
    predicted = servers("a", {"name": "b", "state": "stopped"}, _check=True, **options)
    assert predicted["changed"]
    assert project.servers() == {}
    real = servers("a", {"name": "b", "state": "stopped"}, **options)
    assert real["diff"] == predicted["diff"]
    assert sorted(steps(real)) == sorted(steps(predicted))
    assert real["diff"]["before"] == {"servers": {}}
    after = real["diff"]["after"]["servers"]
    assert after["a"]["user_data"].startswith("sha256:")
    assert (after["a"]["power"], after["b"]["power"]) == ("on", "off")
    assert after["a"]["networks"] == {"private": {}}
    assert "hunter2" not in json.dumps([real, predicted])
    assert not servers("a", {"name": "b", "state": "stopped"}, **options)["changed"]


def test_servers_are_updated(servers, project):
    project.network()
    project.network("other", "10.1.0.0/16")
    project.firewall()
    project.volume()
    servers("a", labels={"role": "web"}, networks=["other"])
    change = {
        "labels": {"role": "db", "tier": "gold"},
        "networks": ["private"],
        "firewalls": ["web"],
        "backups": True,
        "delete_protection": True,
    }
    entry = {"name": "a", "volumes": ["data"]}
    predicted = servers(entry, _check=True, **change)
    real = servers(entry, **change)
    assert real["changed"]
    assert real["diff"] == predicted["diff"]
    assert steps(real) == steps(predicted)
    server = project.servers()["a"]
    assert server["labels"]["tier"] == "gold"
    assert server["protection"] == {"delete": True, "rebuild": True}
    assert len(server["volumes"]) == len(server["private_net"]) == len(server["public_net"]["firewalls"]) == 1
    assert not servers(entry, **change)["changed"]
    back = {"networks": [], "firewalls": [], "backups": False, "delete_protection": False, "labels": {}}
    predicted = servers({"name": "a", "volumes": []}, _check=True, **back)
    real = servers({"name": "a", "volumes": []}, **back)
    assert real["diff"] == predicted["diff"]
    server = project.servers()["a"]
    assert server["volumes"] == server["private_net"] == server["public_net"]["firewalls"] == []
    assert "role" not in server["labels"]


def test_omitted_options_change_nothing(servers, project):
    project.network()
    servers("a", labels={"role": "web"}, networks=["private"], backups=True)
    assert not servers("a")["changed"]


def test_servers_are_deleted(servers, project):
    servers("a", "b")
    predicted = servers("a", _check=True, state="absent")
    real = servers("a", state="absent")
    assert steps(real) == steps(predicted) == ["a: delete"]
    assert real["diff"] == predicted["diff"]
    assert real["diff"]["after"] == {"servers": {}}
    assert set(project.servers()) == {"b"}
    assert not servers("a", state="absent")["changed"]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"server_type": "cx99"}, "server_type: 'cx99' is not known to the provider (any more); there is cx23, cx33"),
        ({"server_type": "cx21"}, "server_type: 'cx21' is not known to the provider (any more); there is cx23"),
        ({"image": "debian-31"}, "image: there is no image 'debian-31' for x86; did you mean debian-13"),
        ({"location": "fsn9"}, "location: cx23 is not offered in fsn9; it is in fsn1"),
        ({"networks": ["nowhere"]}, "networks: there is no network 'nowhere'; there is none at all in this project"),
        ({"ssh_keys": ["nobody"]}, "ssh_keys: there is no SSH key 'nobody'"),
        ({"firewalls": ["fire"]}, "firewalls: there is no firewall 'fire'"),
        ({"placement_group": "x"}, "placement_group: there is no placement group 'x'"),
        ({"networks": [{"name": "x", "ip": "10.0.0.300"}]}, "networks: '10.0.0.300' is not an IPv4 address"),
        ({"networks": [{"nam": "x"}]}, "networks: {'nam': 'x'} must be a name, an id, or a dictionary"),
        ({"labels": {"managed-by": "me"}}, "labels: managed-by is set by this collection"),
        ({"labels": {"fleet": "x"}}, "labels: fleet cannot be set"),
        ({"labels": {"role": "a b"}}, "labels: role='a b' is not a label value"),
        ({"fleet": "a b"}, "fleet: 'a b' cannot be a label value"),
        ({"exact": True}, "exact: true removes members of a fleet that are not listed, so it needs the option fleet"),
        ({"user_data": "x" * 40000}, "user_data: 40000 bytes are too many, the provider takes 32768"),
        ({"shutdown_timeout": -1}, "shutdown_timeout: -1 must be 0 seconds or more"),
        ({"location": None, "fallback_locations": ["nbg1"]}, "fallback_locations: they are tried after location"),
        ({"api_timeout": 0}, "api_timeout: 0 must be more than 0 seconds"),
        ({"api_endpoint": "api.hetzner.cloud"}, "api_endpoint: 'api.hetzner.cloud' must be a URL"),
        ({"image": None}, "image: server 'a' does not exist; give this option to create it"),
    ],
)
def test_invalid_options_are_rejected(servers, project, lab, options, sentence):
    result = servers("a", **options)
    assert result["failed"]
    assert result["msg"].startswith(sentence), result["msg"]
    assert result["error"]["code"] == "refused"
    assert not result["changed"]
    assert lab.writes() == 0
    assert project.servers() == {}


@pytest.mark.parametrize(
    ("entries", "sentence"),
    [
        ([], "servers: list at least one server"),
        ([{"state": "started"}], "servers: each entry needs a name"),
        ([{"name": "not_a_host"}], "name: 'not_a_host' is not a hostname"),
        ([{"name": "a"}, {"name": "a"}], "servers: name 'a' is listed 2 times"),
        ([{"name": "a", "volumes": ["v"]}, {"name": "b", "volumes": ["v"]}], "volumes: 'v' is wanted by 2 servers"),
        ([{"name": "a", "volumes": ["v"]}], "volumes: there is no volume 'v'"),
        ([{"id": 77}], "id: there is no server 77"),
    ],
)
def test_invalid_servers_are_rejected(servers, lab, entries, sentence):
    result = servers(*entries)
    assert result["failed"]
    assert result["msg"].startswith(sentence), result["msg"]
    assert lab.writes() == 0


def test_a_server_is_found_by_id_and_renamed(servers, project):
    id_ = servers("a", "b")["servers"][0]["id"]
    result = servers({"id": id_, "name": "c"})
    assert steps(result) == ["c: update"]
    assert set(project.servers()) == {"b", "c"}
    duplicate = servers({"id": id_, "name": "b"})
    assert duplicate["msg"].startswith("name: 'b' is the name of server ")
    assert steps(servers({"id": id_}, state="absent")) == ["c: delete"]


def test_an_ambiguous_name_is_rejected(servers, project):
    id_ = project.network("first", "10.1.0.0/16")
    project.network(str(id_), "10.2.0.0/16")
    result = servers("a", networks=[str(id_)])
    assert result["failed"]
    assert f"networks: '{id_}' is ambiguous, it means the network" in result["msg"]


def test_foreign_servers_are_rejected(servers, project, lab):
    project.server("theirs")
    lab.clear_trace()
    for state in ("present", "started", "stopped", "absent"):
        result = servers("theirs", "mine", state=state)
        assert result["failed"]
        assert "server 'theirs' exists and is not ours" in result["msg"]
    assert lab.writes() == 0


def test_a_provider_error_of_one_server_does_not_affect_the_others(servers, project, lab):
    lab.faults(
        [
            {
                "operation": "create_server",
                "nth": 2,
                "times": 1,
                "status": 422,
                "code": "placement_error",
                "message": "no room",
            }
        ]
    )
    result = servers("a", "b", "c", concurrency=1)
    assert result["failed"]
    assert result["changed"]
    assert result["msg"] == "b: no room"
    assert result["error"]["code"] == "placement_error"
    assert result["error"]["correlation_id"]
    assert list(result["failed_resources"]) == ["b"]
    assert [server["name"] for server in result["servers"]] == ["a", "c"]
    assert steps(servers("a", "b", "c")) == ["b: create"]


def test_an_exhausted_quota_is_reported(servers, project, lab):
    lab.configure("hetzner", {"quota": {"servers": 1}})
    result = servers("a", "b", "c", concurrency=1)
    assert result["msg"].startswith("2 servers failed; b: ")
    assert result["error"]["code"] == "resource_limit_exceeded"
    assert set(project.servers()) == {"a"}


def test_a_creation_longer_than_wait_timeout_is_reported(servers, project, lab):
    lab.settings(action_seconds=30)
    result = servers("a", wait_timeout=0.3)
    assert result["failed"]
    assert result["changed"]
    assert result["error"]["code"] == "wait_timeout"
    assert result["msg"] == "a: the provider did not end it within 0.3 seconds (wait_timeout)"
    lab.clock(60)
    assert not servers("a")["changed"]


@pytest.mark.parametrize(
    "operation", ["delete_server", "shutdown_server", "poweron_server", "change_server_type", "update_server"]
)
def test_lost_answers_repeat_no_change(servers, project, lab, operation):
    lab.settings(action_seconds=0.1)
    servers("a")
    lab.faults([{"operation": operation, "times": 1, "when": "after", "drop": True}])
    for change in (
        {"server_type": "cx33", "allow_restart": True},
        {"state": "stopped"},
        {"state": "started", "labels": {"role": "x"}},
    ):
        change = {"server_type": "cx33", **change}
        result = servers("a", **change)
        assert not result["failed"], result["msg"]
        assert not servers("a", **change)["changed"]
    server = project.servers()["a"]
    assert (server["status"], server["server_type"]["name"], server["labels"]["role"]) == ("running", "cx33", "x")
    assert not servers("a", state="absent")["failed"]
    assert project.servers() == {}


def test_a_wrong_token_and_an_unreachable_endpoint_are_reported(servers, lab):
    result = servers("a", api_token="wrong")
    assert result["msg"] == "api_token is not accepted: the token you have provided is invalid"
    assert result["error"]["code"] == "unauthorized"
    result = servers("a", api_endpoint="http://127.0.0.1:1/v1", api_retries=0)
    assert result["msg"] == "http://127.0.0.1:1 cannot be reached: connection refused"


def test_a_missing_token_is_reported(servers, monkeypatch):
    monkeypatch.delenv("HCLOUD_TOKEN")
    assert servers("a")["msg"].startswith("api_token: give the token of a Hetzner project")
