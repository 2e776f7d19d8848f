"""Deleted tenants: until when their backups are kept, and which may be purged; on SQLite and on PostgreSQL."""

from __future__ import annotations

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import deletions, tenants
from support.controller import Controller, without_start

DAY = 86_400


@pytest.fixture
def run(ledger) -> Controller:
    """Acme was active and is deleted, beta is active."""
    run = Controller(ledger)
    for name in ("acme", "beta"):
        run.request(name, tier="casual", volume_gib=15)
    run.run()
    run.request("acme", desired_state="absent", confirm="acme", grace_days=30)
    run.run("acme")
    return run


def deletion(run: Controller, name: str = "acme") -> deletions.Deletion | None:
    with run.ledger.reading() as connection:
        return deletions.all_deletions(connection).get(tenants.get(connection, name).id)


def purges(run: Controller, *names: str) -> list[str]:
    return [item["tenant"] for item in run.start(*names, kind="purge")["operations"]]


def test_a_deletion_is_recorded_once(run):
    recorded = deletion(run)
    assert recorded
    assert (recorded.backups_until - recorded.decided, recorded.backups_purged, recorded.volume_gib) == (
        30 * DAY,
        None,
        15,
    )
    run.request("acme", desired_state="absent", confirm="acme", grace_days=1)
    assert deletion(run) == recorded
    assert deletion(run, "beta") is None
    with pytest.raises(ValidationError, match="grace_days: -1 is negative"):
        run.request("beta", desired_state="absent", confirm="beta", grace_days=-1)


def test_backups_are_purged_once_after_the_grace_period(run):
    assert purges(run) == []
    run.now += 30 * DAY
    assert [item["tenant"] for item in run.run(kind="purge")["operations"]] == ["acme"]
    recorded = deletion(run)
    assert recorded
    assert recorded.backups_purged == run.now
    assert purges(run) == purges(run, "acme") == []


def test_a_named_tenant_is_purged_at_once_and_an_interrupted_purge_continued(run):
    started = run.start("acme", kind="purge", event="erase")
    with run.ledger.reading() as connection:
        identity = tenants.get(connection, "acme").identity
    nowhere = {"node": "", "storage_node": "", "identity": identity}
    purge = [{"id": 4, "tenant": "acme", "number": 1, "kind": "purge", **nowhere}]
    assert without_start(started["operations"]) == purge
    assert without_start(run.start("acme", kind="purge", event="erase")["operations"]) == purge
    run.failed(started)
    with run.ledger.reading() as connection:
        assert tenants.get(connection, "acme").state == "deleted"
    assert purges(run, "acme") == ["acme"]


def test_a_tenant_of_a_removed_tier_is_purged(run):
    assert run.start("acme", kind="purge", tiers={})["operations"]


@pytest.mark.parametrize("step", ["active", "deleting"])
def test_a_tenant_that_is_not_deleted_is_never_purged(run, step):
    if step == "deleting":
        run.request("beta", desired_state="absent", confirm="beta", grace_days=0)
        run.start("beta")
    run.now += 100 * DAY
    with pytest.raises(ValidationError, match=r"'beta' is .*, and only the backups of deleted tenants can be purged"):
        run.start("beta", kind="purge")
    assert purges(run) == ["acme"]


def test_a_tenant_without_a_recorded_deletion_is_purged_only_by_name(run):
    with run.ledger.writing() as connection:
        connection.execute(deletions.DELETIONS.delete())
    run.now += 100 * DAY
    assert purges(run) == []
    assert [item["tenant"] for item in run.run("acme", kind="purge")["operations"]] == ["acme"]
    assert purges(run, "acme") == []


def test_a_recent_backup_is_not_repeated_for_all_tenants(run):
    hours = {"casual": 20}
    assert [i["tenant"] for i in run.run(kind="backup", min_interval_hours=hours)["operations"]] == ["beta"]
    assert run.start(kind="backup", min_interval_hours=hours)["operations"] == []
    assert run.start(kind="backup_verify", min_interval_hours=hours)["operations"]
    assert run.start("beta", kind="backup", min_interval_hours=hours)["operations"]
    run.now += 20 * 3600
    assert run.start(kind="backup", min_interval_hours=hours)["operations"]


@pytest.mark.parametrize("hours", [{}, {"casual": 20}])
def test_a_backup_that_was_recorded_in_the_future_is_repeated(run, hours):
    run.run(kind="backup", min_interval_hours=hours)
    run.now -= 30 * DAY
    started = run.start(kind="backup", min_interval_hours=hours)
    assert [item["tenant"] for item in started["operations"]] == ["beta"]
