"""The module tenant_info."""

from __future__ import annotations

import pytest
from support.ledger import Modules


@pytest.fixture
def ledger(tmp_path) -> Modules:
    made = Modules(f"sqlite:///{tmp_path}/ledger.db")
    made.tenant("b", tier="casual")
    made.settle()
    made.tenant("a", tier="pro")
    return made


def test_tenants_are_listed_by_name_with_node_and_volume(ledger):
    told = ledger.run("tenant_info")
    assert not told["changed"]
    assert [(t["name"], t["state"], t["node"], t["storage_node"], t["volume_gib"]) for t in told["tenants"]] == [
        ("a", "queued", "", "", 50),
        ("b", "active", "acme-compute-1", "acme-storage-1", 10),
    ]


def test_tenants_are_filtered_by_state_desired_state_and_name(ledger):
    def names(**which):
        return [tenant["name"] for tenant in ledger.run("tenant_info", **which)["tenants"]]

    assert names(states=["queued"]) == ["a"]
    assert names(name="b") == ["b"]
    ledger.tenant("b", desired_state="release")
    assert names(desired_states=["poweroff", "release"]) == ["b"]
    assert names(desired_states=["release"], states=["suspended"]) == []
    assert "there is no tenant 'c'" in ledger.run("tenant_info", name="c")["msg"]


def test_operations_are_returned_on_request(ledger):
    [b] = ledger.run("tenant_info", name="b", operations=1)["tenants"]
    assert [(o["kind"], o["state"], o["message"]) for o in b["operations"]] == [("converge", "done", "")]
    assert "operations" not in ledger.run("tenant_info", name="b")["tenants"][0]
