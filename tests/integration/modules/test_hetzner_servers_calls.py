"""hetzner_servers: the number of API calls, and random faults of the API."""

from __future__ import annotations

import pytest
from support.hetzner_project import NEW_SERVER
from support.lab import TRANSIENT_ERRORS

pytestmark = pytest.mark.usefixtures("short_polls")


def names(count: int) -> list[str]:
    return [f"m{n}" for n in range(count)]


def test_a_hundred_servers_need_few_calls(run_module, lab, project):
    project.network()
    project.firewall()
    project.ssh_key()
    listed = [{"name": name} for name in names(100)]
    options = {**NEW_SERVER, "networks": ["private"], "firewalls": ["web"], "ssh_keys": ["ops"], "servers": listed}
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


def test_a_few_of_many_servers_are_read_one_by_one(run_module, lab, project):
    run_module("hetzner_servers", **NEW_SERVER, servers=[{"name": name} for name in names(130)])
    few = [{"name": "m1"}, {"name": "m99"}]
    assert run_module("hetzner_servers", servers=few)["api_calls"]["reads"] == 2
    three = [*few, {"name": "new", **NEW_SERVER}]
    calls = run_module("hetzner_servers", servers=three, fleet="web")["api_calls"]
    assert calls["reads"] <= 16
    one = run_module("hetzner_servers", servers=[{"name": "new"}], fleet="web", state="stopped")
    assert one["api_calls"]["reads"] <= 5


@pytest.mark.parametrize("seed", range(4))
def test_servers_converge_while_a_tenth_of_all_calls_fails(run_module, lab, project, seed, monkeypatch):
    project.network()
    project.volume()
    listed = [{"name": name} for name in names(12)]
    listed[0]["volumes"] = ["data"]
    listed[1]["networks"] = [{"name": "private", "ip": "10.0.0.50"}]
    lab.faults([{"cloud": "hetzner", "share": 0.017, **kind} for kind in TRANSIENT_ERRORS], seed=seed)
    for state in ("started", "stopped", "started", "absent"):
        for _ in range(2):
            result = run_module(
                "hetzner_servers", **{**NEW_SERVER, "networks": ["private"]}, servers=listed, state=state
            )
            if not result["failed"]:
                break
        assert not result["failed"], result["msg"]
    lab.faults([])
    assert project.servers() == {}
    assert project.call("GET", "/primary_ips")["primary_ips"] == []
