"""The module capacity_info: what is promised, and who waits."""

from __future__ import annotations

import pytest
from support.ledger import CATALOG, NODES, Modules


@pytest.fixture
def ledger(tmp_path) -> Modules:
    return Modules(f"sqlite:///{tmp_path}/ledger.db")


def test_an_empty_fleet_has_no_capacity(ledger):
    empty = ledger.run("capacity_info")
    assert (empty["changed"], empty["nodes"], empty["waiting"]) == (False, [], [])
    assert set(empty["total"].values()) == {0}


def test_reserved_and_free_capacity_and_the_queue_are_reported(ledger):
    for name in ("a", "b", "c", "d", "e"):
        ledger.tenant(name, tier="casual")
    ledger.tenant("big", tier="pro", volume_gib=50)
    ledger.converge()
    seen = ledger.run("capacity_info", **CATALOG, **NODES)
    assert seen["nodes"] == [
        {
            "name": "acme-compute-1",
            "cpus": 2.0,
            "cpus_promised": 1.8,
            "cpus_free": 0.2,
            "memory_gib": 4.0,
            "memory_gib_promised": 3.0,
            "memory_gib_free": 1.0,
            "schedulable": False,
            "slots": {"casual": 0},
            "tenants": ["a", "b", "c"],
        }
    ]
    assert seen["storage_nodes"] == [
        {
            "name": "acme-storage-1",
            "size_gib": 100.0,
            "reserved_gib": 80,
            "free_gib": 0.0,
            "volumes": {"casual": 0, "pro": 0, "enterprise": 0},
            "tenants": ["a", "b", "big", "c"],
        }
    ]
    assert (seen["total"]["cpus_share"], seen["total"]["memory_share"], seen["total"]["storage_share"]) == (
        0.9,
        0.75,
        0.8,
    )
    assert (seen["dedicated_nodes"], seen["unknown_nodes"]) == (["acme-tenant-6"], [])
    assert [(item["tenant"], item["position"]) for item in seen["waiting"]] == [("d", 1), ("e", 2)]


def test_a_moving_tenant_counts_on_both_nodes_and_unknown_nodes_are_listed(ledger):
    ledger.tenant("a", tier="casual")
    ledger.converge()
    ledger.tenant("a", tier="pro", change=True)
    ledger.start()
    seen = ledger.run("capacity_info", **CATALOG, **NODES)
    assert (seen["nodes"][0]["tenants"], seen["nodes"][0]["cpus_promised"]) == (["a"], 0.6)
    assert seen["dedicated_nodes"] == ["acme-tenant-1"]
    assert ledger.run("capacity_info", **CATALOG)["unknown_nodes"] == ["acme-compute-1"]


def test_dedicated_tiers_are_first_in_the_queue(ledger):
    ledger.tenant("a", tier="casual")
    ledger.tenant("b", tier="pro")
    ledger.start(storage_nodes=[])
    assert [item["tenant"] for item in ledger.run("capacity_info", **CATALOG)["waiting"]] == ["b", "a"]
    assert [item["tenant"] for item in ledger.run("capacity_info")["waiting"]] == ["a", "b"]
