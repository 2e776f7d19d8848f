"""Tenants that move to other locations and back."""

from __future__ import annotations

import itertools

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import tenants
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.locations import LocationError
from support.controller import Controller, node

IDENTITY = "0f" * 8


@pytest.fixture
def run(ledger, monkeypatch) -> Controller:
    identities = itertools.chain([IDENTITY], (f"{number:016x}" for number in itertools.count()))
    monkeypatch.setattr(tenants.secrets, "token_hex", lambda _bytes: next(identities))
    return Controller(ledger)


def machine(name: str, state: str = "started", **more: object) -> dict:
    """A dedicated machine as tenant_operation returns it."""
    remote_range = {"remote-range": more.pop("remote_range")} if "remote_range" in more else {}
    labels = {"role": "compute", "tenant": "acme", "tier": more.pop("tier", "pro"), "tenant-identity": IDENTITY}
    return {"name": name, "state": state, "labels": {**labels, **remote_range}, **more}


def test_a_dedicated_machine_is_created_in_the_new_location_and_the_old_one_deleted(run):
    run.sign_up("acme", tier="pro")
    run.request("acme", location="hel1", change=True)
    started = run.start("acme", kind="migrate")
    [operation] = started["operations"]
    assert (operation["node"], operation["source_node"], operation["state"]) == (
        "acme-tenant-1-hel1",
        "acme-tenant-1",
        "migrating",
    )
    assert started["servers"] == [
        machine("acme-tenant-1", "absent"),
        machine("acme-tenant-1-hel1", server_type="cx23", location="hel1", remote_range="1"),
    ]
    assert started["instances"] == {}
    run.done(started)
    assert run.start()["operations"] == []

    # Next to another provider; the run that creates the machine dies, and the operation is started again.
    run.request("acme", location="ch-dk-2", change=True)
    run.start("acme", kind="migrate")
    started = run.start()
    assert started["servers"] == [machine("acme-tenant-1-hel1", "absent", location="hel1")]
    there = machine("acme-tenant-1-ch-dk-2", instance_type="standard.medium", remote_range="2")
    assert started["instances"] == {"ch-dk-2": [there]}
    run.done(started)

    # Another tier is another size of the same machine there.
    run.request("acme", tier="enterprise", change=True)
    started = run.start("acme")
    there = machine("acme-tenant-1-ch-dk-2", instance_type="standard.large", remote_range="2", tier="enterprise")
    assert started["instances"] == {"ch-dk-2": [there]}
    assert started["operations"][0]["source_node"] == ""
    run.done(started)

    run.request("acme", desired_state="poweroff")
    assert run.run("acme")["instances"]["ch-dk-2"][0]["state"] == "stopped"
    run.request("acme", desired_state="active", location="", change=True)
    started = run.run("acme")
    assert [server["name"] for server in started["servers"]] == ["acme-tenant-1"]
    assert started["instances"] == {"ch-dk-2": [machine("acme-tenant-1-ch-dk-2", "absent", tier="enterprise")]}


def test_a_suspended_tenant_gets_its_remote_machine_when_it_is_resumed(run):
    run.sign_up("acme", tier="pro")
    run.request("acme", desired_state="poweroff")
    run.run("acme")
    run.request("acme", location="hel1", change=True)
    assert run.run("acme")["operations"] == []
    run.request("acme", desired_state="active")
    started = run.run("acme")
    assert [(s["name"], s["state"]) for s in started["servers"]] == [
        ("acme-tenant-1", "absent"),
        ("acme-tenant-1-hel1", "started"),
    ]


def test_a_remote_machine_is_recreated_after_a_release_and_deleted_with_the_tenant(run):
    run.sign_up("acme", tier="pro")
    run.request("acme", location="ch-dk-2", change=True)
    run.run("acme")
    run.request("acme", desired_state="release")
    assert run.run("acme")["instances"]["ch-dk-2"][0]["state"] == "absent"
    assert run.tenant("acme")["node"] == ""
    run.request("acme", desired_state="active")
    assert run.run("acme")["operations"][0]["node"] == "acme-tenant-1-ch-dk-2"
    run.request("acme", desired_state="absent", confirm="acme")
    assert run.run("acme")["instances"]["ch-dk-2"][0]["state"] == "absent"
    assert run.tenant("acme")["state"] == "deleted"


def test_a_tenant_on_a_shared_node_waits_for_a_node_in_the_new_location(run):
    run.sign_up("acme")
    run.request("acme", location="hel1", change=True)
    started = run.start("acme", kind="migrate")
    assert started["waiting"] == [{"tenant": "acme", "position": 1, "lacks": "compute", "location": "hel1"}]
    assert (started["operations"], run.tenant("acme")["node"], run.tenant("acme")["state"]) == (
        [],
        "acme-compute-1",
        "active",
    )
    run.nodes.append(node(7, locations=("hel1",)))
    [operation] = run.run()["operations"]
    assert (operation["node"], operation["source_node"]) == ("acme-compute-7", "acme-compute-1")
    assert run.start()["operations"] == []
    run.request("acme", location="", change=True)
    assert run.run("acme")["operations"][0]["node"] == "acme-compute-1"


def test_a_new_tenant_is_placed_only_in_its_location(run):
    run.nodes = [node(7, locations=("hel1",))]
    run.request("acme", tier="casual")
    run.request("beta", tier="casual", location="hel1")
    started = run.run()
    assert ([item["tenant"] for item in started["operations"]], started["waiting"][0]["tenant"]) == (["beta"], "acme")


def test_an_unknown_location_is_rejected(run):
    run.sign_up("acme")
    with pytest.raises(LocationError, match="'mars-1' is not a location"):
        run.request("acme", location="mars-1", change=True)
    assert run.tenant("acme")["location"] == ""
