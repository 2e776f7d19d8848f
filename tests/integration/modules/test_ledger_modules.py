"""The modules that work with the ledger."""

from __future__ import annotations

import pytest


@pytest.fixture
def url(tmp_path) -> str:
    return f"sqlite:///{tmp_path}/ledger.db"


@pytest.fixture
def ledger(url, run_module):
    """Run a ledger module on a ledger with its tables."""
    assert run_module("ledger_schema", ledger_url=url)["applied"][0] == "0001"

    def run(module: str, /, _check: bool = False, **args):
        return run_module(module, _check=_check, ledger_url=url, **args)

    return run


def test_the_schema_is_applied_once_and_foreseen_in_check_mode(url, run_module, tmp_path):
    foreseen = run_module("ledger_schema", _check=True, ledger_url=url)
    assert list(tmp_path.iterdir()) == []
    real = run_module("ledger_schema", ledger_url=url)
    assert foreseen == real
    assert real["changed"]
    assert not run_module("ledger_schema", ledger_url=url)["changed"]


def test_a_tenant_signs_up_once_and_check_mode_foresees_it(ledger):
    wish = {"name": "acme", "tier": "casual", "owner_mail": "a@example.org", "state": "provisioning"}
    foreseen = ledger("tenant", _check=True, **wish)
    assert ledger("tenant_info")["tenants"] == []
    real = ledger("tenant", **wish)
    assert real["changed"]
    assert foreseen["diff"] == real["diff"] == {"before": {}, "after": {**wish, "service_id": None, "reason": ""}}
    again = ledger("tenant", **wish)
    assert not again["changed"]
    assert again["tenant"]["id"] == real["tenant"]["id"] == 1


def test_it_moves_through_its_life(ledger):
    ledger("tenant", name="acme", tier="casual", state="active")
    moved = ledger("tenant", name="acme", state="suspending", reason="not paid")
    assert moved["diff"]["before"]["state"] == "active"
    assert moved["tenant"]["reason"] == "not paid"
    refused = ledger("tenant", name="acme", state="migrating")
    assert refused["failed"]
    assert "is suspending and cannot become migrating" in refused["msg"]


def test_a_name_that_is_taken_is_refused_and_nothing_is_changed(ledger):
    ledger("tenant", name="acme", tier="casual")
    refused = ledger("tenant", name="acme", tier="pro")
    assert "exists with 'casual', not 'pro'" in refused["msg"]
    assert [t["tier"] for t in ledger("tenant_info")["tenants"]] == ["casual"]


def test_tenants_are_listed_by_state(ledger):
    ledger("tenant", name="b", tier="casual")
    ledger("tenant", name="a", tier="casual", state="active")
    assert [t["name"] for t in ledger("tenant_info")["tenants"]] == ["a", "b"]
    assert [t["name"] for t in ledger("tenant_info", states=["queued"])["tenants"]] == ["b"]
    assert "no tenant 'c'" in ledger("tenant_info", name="c")["msg"]


def test_a_missing_ledger_and_a_missing_tier_are_named(url, run_module, ledger):
    assert "there is no ledger" in run_module("tenant_info", ledger_url=f"{url}.other")["msg"]
    assert "give the tier" in ledger("tenant", name="acme")["msg"]
