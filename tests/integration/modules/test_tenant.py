"""The module tenant: what customers may have, and what is refused."""

from __future__ import annotations

import pytest
from support.ledger import Modules, assert_predicted

FACTS = {"owner_email": "a@example.org", "service_id": "4711", "paid_until": 1797811200}


@pytest.fixture
def ledger(tmp_path) -> Modules:
    return Modules(f"sqlite:///{tmp_path}/ledger.db")


def test_a_sign_up_is_idempotent_and_predicted_in_check_mode(ledger):
    assert ledger.tenant("acme", tier="casual", _check=True, **FACTS)["changed"]
    assert ledger.info() == {}
    real = assert_predicted(ledger.tenant, "acme", tier="casual", **FACTS)
    assert real["diff"] == {
        "before": {},
        "after": {
            "name": "acme",
            "tier": "casual",
            "state": "queued",
            "desired_state": "active",
            **FACTS,
            "stack": "knowledge",
            "location": "",
            "target_node": "",
            "reason": "",
            "node": "",
            "source_node": "",
            "storage_node": "",
            "target_storage_node": "",
            "source_storage_node": "",
            "volume_gib": 10,
            "without_nodes": False,
        },
    }
    assert real["tenant"]["first_uid"] == 101000
    again = assert_predicted(ledger.tenant, "acme", tier="casual", **FACTS)
    assert (again["changed"], again["tenant"]) == (False, real["tenant"])
    assert not ledger.tenant("acme")["changed"]


def test_the_desired_state_is_recorded_and_the_state_unchanged(ledger):
    ledger.tenant("acme", tier="casual")
    ledger.converge()
    off = assert_predicted(ledger.tenant, "acme", desired_state="poweroff")
    assert off["diff"]["before"] == {**off["diff"]["after"], "desired_state": "active"}
    assert off["tenant"]["state"] == "active"
    assert not ledger.tenant("acme", desired_state="poweroff")["changed"]
    assert not ledger.tenant("acme", tier="casual")["changed"]  # a sign-up does not contain it
    assert (
        "desired_state: tenant 'acme' exists with 'poweroff'"
        in ledger.tenant("acme", tier="casual", desired_state="active")["msg"]
    )
    assert ledger.run("tenant", name="acme", desired_state="active")["changed"]  # without a catalog


def test_a_tenant_changes_with_change_true(ledger):
    ledger.tenant("acme", tier="casual")
    ledger.converge()
    up = assert_predicted(ledger.tenant, "acme", tier="pro", owner_email="b@example.org", change=True)
    assert [up["tenant"][key] for key in ("tier", "owner_email", "volume_gib", "state")] == [
        "pro",
        "b@example.org",
        50,
        "active",
    ]
    assert not ledger.tenant("acme", tier="pro", change=True)["changed"]
    grown = ledger.tenant("acme", volume_gib=100, change=True)
    assert grown["tenant"]["volume_gib"] == 100
    ledger.converge()
    ledger.tenant("acme", volume_gib=20, used_gib=15.5, change=True)
    ledger.converge()
    down = ledger.tenant("acme", tier="casual", change=True)
    assert (down["tenant"]["volume_gib"], down["tenant"]["stack"]) == (20, "knowledge")


def test_a_deletion_needs_confirm_and_is_final(ledger):
    ledger.tenant("acme", tier="casual")
    ledger.converge()
    assert assert_predicted(ledger.tenant, "acme", desired_state="absent", confirm="acme")["changed"]
    assert not ledger.tenant("acme", desired_state="absent")["changed"]
    ledger.converge()
    assert ledger.info()["acme"]["state"] == "deleted"
    assert not ledger.tenant("acme", desired_state="absent", confirm="acme")["changed"]


def test_a_duplicate_event_does_not_revert_later_requests(ledger):
    ledger.tenant("acme", tier="casual")
    first = ledger.tenant("acme", desired_state="poweroff", event="unpaid-1")
    assert (first["changed"], first["duplicate_event"]) == (True, False)
    ledger.tenant("acme", desired_state="active", event="paid-1")
    late = assert_predicted(ledger.tenant, "acme", desired_state="poweroff", event="unpaid-1")
    assert (late["changed"], late["duplicate_event"], late["tenant"]["desired_state"]) == (False, True, "active")


def test_a_rejected_or_checked_event_is_not_recorded(ledger):
    assert ledger.tenant("acme", tier="gold", event="order-1")["failed"]
    assert not ledger.tenant("acme", tier="casual", event="order-1", _check=True)["duplicate_event"]
    assert ledger.tenant("acme", tier="casual", event="order-1")["changed"]


@pytest.fixture
def served(ledger) -> Modules:
    """An active casual and an active pro tenant, a deleted one, and a queued one."""
    ledger.tenant("acme", tier="casual", **FACTS)
    ledger.tenant("beta", tier="pro", volume_gib=60)
    ledger.tenant("absent", tier="casual")
    ledger.converge()
    ledger.tenant("absent", desired_state="absent", confirm="absent")
    ledger.converge()
    ledger.tenant("late", tier="casual")
    return ledger


@pytest.mark.parametrize(
    ("desired", "says"),
    [
        ({"name": "new"}, "name: there is no tenant 'new' in the ledger; set tier to sign it up"),
        ({"name": "new", "tier": "gold"}, "tier: 'gold' is not in the catalog; choose one of casual, pro, enterprise"),
        ({"name": "New", "tier": "casual"}, "name: 'New' is not a tenant's name; use 1 to 32 lower-case letters"),
        ({"name": "compute-7", "tier": "casual"}, "name: 'compute-7' is reserved for nodes; choose another name"),
        (
            {"name": "mail", "tier": "casual"},
            "name: 'mail' is reserved for addresses of the mail system; choose another name",
        ),
        (
            {"name": "new", "tier": "casual", "change": True},
            "change: there is no tenant 'new' in the ledger that could",
        ),
        (
            {"name": "new", "tier": "casual", "desired_state": "absent"},
            "desired_state: there is no tenant 'new' in the ledger that could",
        ),
        (
            {"name": "new", "tier": "casual", "volume_gib": 30},
            "volume_gib: 30 is more than tier 'casual' allows; use at most 20",
        ),
        ({"name": "new", "tier": "casual", "volume_gib": 0}, "volume_gib: 0 is too small; use 1 or more"),
        ({"name": "new", "tier": "casual", "service_id": "4711"}, "service_id: '4711' belongs to tenant 'acme'"),
        ({"name": "new", "tier": "casual", "owner_email": "me"}, "owner_email: 'me' is not an email address"),
        ({"name": "new", "tier": "casual", "owner_email": "a@b\nBcc: c@d"}, "is not an email address"),
        ({"name": "new", "tier": "casual", "paid_until": -1}, "paid_until: -1 is not between the years 2000 and 2100"),
        ({"name": "acme", "tier": "pro"}, "tier: tenant 'acme' exists with 'casual', not 'pro'; choose another name"),
        ({"name": "acme", "tier": "casual", "owner_email": "b@c.org"}, "owner_email: tenant 'acme' exists with"),
        (
            {"name": "acme", "tier": "casual", "service_id": "4"},
            "service_id: tenant 'acme' exists with '4711', not '4'",
        ),
        ({"name": "acme", "volume_gib": 20}, "volume_gib: tenant 'acme' exists with 10, not 20"),
        ({"name": "acme", "volume_gib": 30, "change": True}, "volume_gib: 30 is more than tier 'casual' allows"),
        (
            {"name": "acme", "volume_gib": 5, "change": True},
            "used_gib: is missing and needed to shrink the volume of tenant 'acme' from 10 to 5 GiB",
        ),
        (
            {"name": "acme", "volume_gib": 5, "used_gib": 7.5, "change": True},
            "volume_gib: 5 GiB are too small for the 7.5 GiB that tenant 'acme' uses",
        ),
        (
            {"name": "beta", "tier": "casual", "used_gib": 3, "change": True},
            "tier: 'casual' allows 20 GiB of storage, and tenant 'beta' has a volume of 60 GiB; shrink it first",
        ),
        (
            {"name": "beta", "node": "acme-compute-1"},
            "node: tenant 'beta' has a dedicated machine (tier pro) and cannot move to 'acme-compute-1'",
        ),
        (
            {"name": "acme", "node": "acme-compute-9", "nodes": ["acme-compute-1"]},
            "node: 'acme-compute-9' is not a shared node of this fleet; choose one of acme-compute-1",
        ),
        (
            {"name": "acme", "desired_state": "absent"},
            "confirm: None does not confirm that all data of tenant 'acme' is deleted; set it to 'acme'",
        ),
        (
            {"name": "acme", "desired_state": "absent", "confirm": "beta"},
            "confirm: 'beta' does not confirm that all data of tenant 'acme' is deleted",
        ),
        (
            {"name": "absent", "tier": "casual"},
            "name: 'absent' is the name of a tenant whose deletion was requested (it is deleted)",
        ),
        (
            {"name": "absent", "desired_state": "active"},
            "name: 'absent' is the name of a tenant whose deletion was requested (it is deleted)",
        ),
        (
            {"name": "acme", "node": "acme-compute-1", "tiers": {}},
            "tiers: 'casual', the tier of tenant 'acme', is not in the catalog",
        ),
        (
            {"name": "acme", "desired_state": "asleep"},
            "value of desired_state must be one of: active, poweroff, release, absent",
        ),
        ({"name": "new", "tier": "x", "tiers": {"x": {}}}, "tiers.x: price is missing"),
    ],
)
def test_invalid_requests_are_rejected_and_change_nothing(served, desired, says):
    before = served.info()
    for check in (True, False):
        rejected = served.tenant(_check=check, **desired)
        assert rejected["failed"]
        assert says in rejected["msg"]
        assert "\n" not in rejected["msg"].replace("\\n", "")
    assert served.info() == before


def test_a_target_node_is_set_and_cleared(served):
    assert not served.tenant("acme", node="acme-compute-1")["changed"]  # it sits there
    assert served.tenant("acme", node="acme-compute-2")["tenant"]["target_node"] == "acme-compute-2"
    assert served.tenant("acme", node="")["tenant"]["target_node"] == ""
