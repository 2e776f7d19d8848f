"""hetzner_servers against the lab: what only servers do, fleets, and the price of it in calls."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner import actions
from support.hetzner_project import Project

NEW = {"server_type": "cx23", "image": "debian-13", "location": "fsn1"}
OURS = {"managed-by": "sovereign.vdc"}


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "FIRST_PAUSE", 0.02)


@pytest.fixture
def project(lab) -> Project:
    return Project(lab.env)


@pytest.fixture
def servers(lab, run_module):
    """Run the module; every run is predicted first, and must keep to the prediction."""

    def run(*names: str | dict[str, Any], **options: Any) -> dict[str, Any]:
        listed = [{"name": entry} if isinstance(entry, str) else entry for entry in names]
        options = {**NEW, **options, "servers": listed}
        predicted = run_module("hetzner_servers", _check=True, **options)
        result = run_module("hetzner_servers", **options)
        if not result["failed"]:
            assert predicted["changed"] == result["changed"]
            assert predicted["diff"] == result["diff"]
        return result

    return run


def steps(result: dict[str, Any]) -> list[str]:
    assert not result["failed"], result["msg"]
    return [f"{step['server']}: {step['step']}" for step in result["steps"]]


# -- power ---------------------------------------------------------------------------------


def test_start_and_graceful_stop(servers, lab):
    lab.settings(action_seconds=0.1)
    servers("a", "b", "c")
    assert steps(servers("a", "b", "c", state="stopped")) == ["a: shut down", "b: shut down", "c: shut down"]
    assert not servers("a", state="stopped")["changed"]
    assert not servers("a")["changed"]
    assert steps(servers("a", state="started")) == ["a: start"]


def test_a_guest_that_does_not_react_is_powered_off(servers, lab):
    servers("a")
    lab.configure("hetzner", {"ignore_shutdown": True})
    assert steps(servers("a", state="stopped", shutdown_timeout=0.1)) == ["a: shut down", "a: power off"]


def test_a_guest_that_does_not_react_is_left_on_without_confirm(servers, lab, project):
    servers("a", "b")
    lab.configure("hetzner", {"ignore_shutdown": True})
    result = servers("a", "b", state="stopped", shutdown_timeout=0.1, force_poweroff=False)
    assert result["error"]["code"] == "shutdown_timeout"
    assert "a: it did not shut down within 0.1 seconds; force_poweroff: true would" in result["msg"]
    assert set(result["failed_resources"]) == {"a", "b"}
    assert project.servers()["a"]["status"] == "running"


def test_no_time_to_shut_down_means_off_at_once(servers):
    servers("a")
    assert steps(servers("a", state="stopped", shutdown_timeout=0)) == ["a: power off"]


def test_created_stopped(servers, project):
    assert steps(servers("a", state="stopped")) == ["a: create"]
    assert project.servers()["a"]["status"] == "off"


# -- rescale -------------------------------------------------------------------------------


def test_rescale_up_and_down(servers, project):
    servers("a")
    refused = servers("a", server_type="cx33")
    assert refused["msg"] == (
        "allow_restart: 'a' must be stopped to change its server_type (cx23 to cx33); allow_restart: true confirms"
    )
    for kind in ("cx33", "cx43", "cx23"):
        result = servers("a", server_type=kind, allow_restart=True)
        assert steps(result)[-1] == "a: update"
        server = project.servers()["a"]
        assert (server["server_type"]["name"], server["status"], server["primary_disk_size"]) == (kind, "running", 40)
        assert server["labels"]["price-type"] == kind
        assert "resume" not in server["labels"]


def test_a_grown_disk_closes_the_way_down(servers):
    servers("a", state="stopped")
    assert not servers("a", state="stopped", server_type="cx33", upgrade_disk=True)["failed"]
    result = servers("a", state="stopped")
    assert "server_type: the disk of a has 80 GB and cx23 has room for 40 GB" in result["msg"]


def test_what_was_off_stays_off(servers, project):
    servers("a", state="stopped")
    servers("a", server_type="cx33")
    server = project.servers()["a"]
    assert (server["server_type"]["name"], server["status"]) == ("cx33", "off")


def test_an_arm_server_cannot_become_x86(servers):
    servers("a", server_type="cax11")
    assert "is arm and cannot become cx23, which is x86" in servers("a", allow_restart=True)["msg"]


def test_a_run_that_died_with_the_server_off_is_taken_up(servers, lab, project):
    servers("a")
    lab.faults([{"operation": "change_server_type", "status": 422, "code": "invalid_server_type", "message": "no"}])
    assert servers("a", server_type="cx33", allow_restart=True)["failed"]
    server = project.servers()["a"]
    assert (server["status"], server["labels"]["resume"]) == ("off", "start")
    lab.faults([])
    assert not servers("a", server_type="cx33", allow_restart=True)["failed"]
    server = project.servers()["a"]
    assert (server["status"], server["server_type"]["name"]) == ("running", "cx33")
    assert "resume" not in server["labels"]


def test_a_price_that_rose_is_kept_until_the_rescale(servers, lab, project):
    servers("a")
    lab.configure("hetzner", {"prices": {"cx23": {"monthly": "6.49"}, "cx33": {"monthly": "9.99"}}})
    assert not servers("a")["changed"]
    assert project.servers()["a"]["labels"]["price-monthly"] == "5.49"
    servers("a", server_type="cx33", allow_restart=True)
    assert project.servers()["a"]["labels"]["price-monthly"] == "9.99"


# -- networks, groups, volumes -------------------------------------------------------------


def test_chosen_addresses_are_there_before_the_first_boot(servers, project):
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


def test_alias_addresses(servers, project):
    project.network()
    servers("a", networks=["private"])
    entry = {"name": "a", "networks": [{"name": "private", "alias_ips": ["10.0.0.99"]}]}
    assert steps(servers(entry))[0].startswith("a: change alias IPs")
    assert project.servers()["a"]["private_net"][0]["alias_ips"] == ["10.0.0.99"]
    assert not servers(entry)["changed"]


def test_placement_group(servers, project):
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


def test_a_full_placement_group(servers, project):
    project.group()
    result = servers(*[f"s{n}" for n in range(12)], placement_group="spread")
    assert len(result["failed_resources"]) == 2
    assert result["error"]["code"] == "placement_error"
    assert len(project.servers()) == 10


def test_volumes_come_with_the_server_and_outlive_it(servers, project):
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


def test_a_volume_elsewhere(servers, project):
    project.volume("data", "nbg1")
    assert servers({"name": "a", "volumes": ["data"]})["msg"] == ("volumes: 'data' is in nbg1, but server 'a' in fsn1")


def test_primary_ips_of_its_own(servers, project):
    body = {"name": "kept", "type": "ipv4", "location": "fsn1", "assignee_type": "server", "auto_delete": False}
    address = project.call("POST", "/primary_ips", body)["primary_ip"]
    result = servers({"name": "a", "primary_ipv4": address["id"]}, enable_ipv6=False)
    assert (result["servers"][0]["ipv4"], result["servers"][0]["ipv6"]) == (address["ip"], None)
    servers("a", state="absent")
    assert [ip["name"] for ip in project.call("GET", "/primary_ips")["primary_ips"]] == ["kept"]


# -- stock ---------------------------------------------------------------------------------


def test_fallback_locations(servers, lab, project):
    lab.configure("hetzner", {"stock": {"cx23": {"fsn1": 2, "nbg1": 1}}})
    options = {"fallback_locations": ["nbg1", "hel1"], "concurrency": 1}
    result = servers("a", "b", "c", "d", **options)
    assert [server["location"] for server in result["servers"]] == ["fsn1", "fsn1", "nbg1", "hel1"]
    assert result["servers"][3]["price_monthly"] == "5.49"
    assert not servers("a", "b", "c", "d", **options)["changed"]


def test_no_stock_anywhere(servers, lab, project):
    lab.configure("hetzner", {"stock": {"cx23": {"fsn1": 0, "nbg1": 0}}})
    result = servers("a", "b", fallback_locations=["nbg1"])
    assert result["error"]["code"] == "resource_unavailable"
    assert "cx23 is out of stock in fsn1, nbg1" in result["msg"]
    assert project.servers() == {}


# -- protection and fleets -----------------------------------------------------------------


def test_protected_servers(servers, project):
    servers("a", delete_protection=True)
    assert servers("a", state="absent")["msg"] == (
        "delete_protection: server 'a' is protected against deletion; set delete_protection: false to delete it"
    )
    assert steps(servers("a", state="absent", delete_protection=False)) == ["a: unprotect", "a: delete"]


def test_an_exact_fleet(servers, project):
    project.server("theirs", labels={"fleet": "web"})
    servers("other", fleet="db")
    servers("a", "b", "c", fleet="web")
    assert not servers("a", "b", fleet="web")["changed"]
    assert steps(servers("a", "d", fleet="web", exact=True)) == ["d: create", "b: delete", "c: delete"]
    assert set(project.servers()) == {"theirs", "other", "a", "d"}
    assert "server 'other' belongs to the fleet 'db', not to 'web'" in servers("other", fleet="web")["msg"]
    servers(fleet="web", exact=True)
    assert set(project.servers()) == {"theirs", "other"}


def test_a_protected_member_is_not_removed_by_the_way(servers):
    servers("a", fleet="web", delete_protection=True)
    assert "server 'a' is protected" in servers(fleet="web", exact=True)["msg"]


def test_not_waiting(run_module, lab, project):
    lab.settings(action_seconds=60)
    result = run_module("hetzner_servers", **NEW, servers=[{"name": "a"}], wait=False)
    assert result["changed"]
    assert result["servers"][0]["status"] == "initializing"


def test_a_server_that_others_keep_busy_is_waited_for(servers, lab, project):
    lab.settings(action_seconds=0.5)
    project.server("a", labels=OURS)
    result = servers("a", labels={"role": "x"})
    assert not result["failed"], result["msg"]
    assert project.servers()["a"]["labels"]["role"] == "x"


# -- what it costs in calls ----------------------------------------------------------------


def names(count: int) -> list[str]:
    return [f"m{n}" for n in range(count)]


def test_a_hundred_servers_in_few_calls(run_module, lab, project):
    project.network()
    project.firewall()
    project.ssh_key()
    listed = [{"name": name} for name in names(100)]
    options = {**NEW, "networks": ["private"], "firewalls": ["web"], "ssh_keys": ["ops"], "servers": listed}
    lab.settings(action_seconds=0.5)
    calls = run_module("hetzner_servers", **options)["api_calls"]
    assert calls["writes"] == 100
    assert calls["reads"] <= 50
    again = run_module("hetzner_servers", **options)
    assert not again["changed"]
    assert again["api_calls"] == {"reads": 4, "writes": 0}
    calls = run_module("hetzner_servers", servers=listed, state="absent")["api_calls"]
    assert calls["writes"] == 100
    assert calls["reads"] <= 50
    assert project.servers() == {}


def test_a_few_of_many_are_read_alone(run_module, lab, project):
    run_module("hetzner_servers", **NEW, servers=[{"name": name} for name in names(130)])
    few = [{"name": "m1"}, {"name": "m99"}]
    assert run_module("hetzner_servers", servers=few)["api_calls"]["reads"] == 2
    three = [*few, {"name": "new", **NEW}]
    calls = run_module("hetzner_servers", servers=three, fleet="web")["api_calls"]
    assert calls["reads"] <= 16
    one = run_module("hetzner_servers", servers=[{"name": "new"}], fleet="web", state="stopped")
    assert one["api_calls"]["reads"] <= 5


@pytest.mark.parametrize("seed", range(4))
def test_a_tenth_of_all_calls_goes_wrong(run_module, lab, project, seed, monkeypatch):
    project.network()
    project.volume()
    listed = [{"name": name} for name in names(12)]
    listed[0]["volumes"] = ["data"]
    listed[1]["networks"] = [{"name": "private", "ip": "10.0.0.50"}]
    kinds = [
        {"status": 429, "code": "rate_limit_exceeded"},
        {"status": 500, "code": "server_error"},
        {"status": 503, "code": "unavailable"},
        {"status": 409, "code": "conflict"},
        {"status": 423, "code": "locked"},
        {"drop": True, "when": "after"},
    ]
    lab.faults([{"cloud": "hetzner", "share": 0.017, **kind} for kind in kinds], seed=seed)
    for state in ("started", "stopped", "started", "absent"):
        for _ in range(2):
            result = run_module("hetzner_servers", **{**NEW, "networks": ["private"]}, servers=listed, state=state)
            if not result["failed"]:
                break
        assert not result["failed"], result["msg"]
    lab.faults([])
    assert project.servers() == {}
    assert project.call("GET", "/primary_ips")["primary_ips"] == []
