"""Tenants who left: until when their backups are kept, and whose may be deleted; on SQLite and on PostgreSQL."""

from __future__ import annotations

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import deletions, tenants
from support.controller import Controller

DAY = 86_400


@pytest.fixture
def run(ledger) -> Controller:
    """Acme has left after it was served, beta is active."""
    run = Controller(ledger)
    for name in ("acme", "beta"):
        run.request(name, tier="casual", volume_gib=15)
    run.run()
    run.request("acme", desired_state="absent", confirm="acme", grace_days=30)
    run.run("acme")
    return run


def departure(run: Controller, name: str = "acme") -> deletions.Deletion | None:
    with run.ledger.reading() as connection:
        return deletions.all_deletions(connection).get(tenants.get(connection, name).id)


def purges(run: Controller, *names: str) -> list[str]:
    return [item["tenant"] for item in run.start(*names, kind="purge")["operations"]]


def test_leaving_is_noted_once_with_what_a_new_tenant_needs(run):
    noted = departure(run)
    assert noted
    assert (noted.backups_until - noted.decided, noted.backups_purged, noted.volume_gib) == (30 * DAY, None, 15)
    run.request("acme", desired_state="absent", confirm="acme", grace_days=1)
    assert departure(run) == noted
    assert departure(run, "beta") is None
    with pytest.raises(ValidationError, match="grace_days: -1 is negative"):
        run.request("beta", desired_state="absent", confirm="beta", grace_days=-1)


def test_backups_are_kept_for_the_grace_period_and_deleted_once(run):
    assert purges(run) == []
    run.now += 30 * DAY
    assert [item["tenant"] for item in run.run(kind="purge")["operations"]] == ["acme"]
    noted = departure(run)
    assert noted
    assert noted.backups_purged == run.now
    assert purges(run) == purges(run, "acme") == []


def test_by_name_they_are_deleted_at_once_and_a_run_that_died_is_taken_up(run):
    started = run.start("acme", kind="purge", event="erase")
    nowhere = {"node": "", "storage_node": ""}
    assert started["operations"] == [{"id": 4, "tenant": "acme", "number": 1, "kind": "purge", **nowhere}]
    assert run.start("acme", kind="purge", event="erase")["operations"] == started["operations"]
    run.failed(started)
    with run.ledger.reading() as connection:
        assert tenants.get(connection, "acme").state == "deleted"
    assert purges(run, "acme") == ["acme"]


def test_whose_tier_is_sold_no_more_is_deleted_as_well(run):
    assert run.start("acme", kind="purge", tiers={})["operations"]


@pytest.mark.parametrize("step", ["active", "deleting"])
def test_who_has_not_left_is_never_touched(run, step):
    if step == "deleting":
        run.request("beta", desired_state="absent", confirm="beta", grace_days=0)
        run.start("beta")
    run.now += 100 * DAY
    with pytest.raises(ValidationError, match=r"'beta' is .*, and only the backups of deleted tenants can be purged"):
        run.start("beta", kind="purge")
    assert purges(run) == ["acme"]


def test_who_left_before_that_was_noted_is_deleted_by_name_alone(run):
    with run.ledger.writing() as connection:
        connection.execute(deletions.DELETIONS.delete())
    run.now += 100 * DAY
    assert purges(run) == []
    assert [item["tenant"] for item in run.run("acme", kind="purge")["operations"]] == ["acme"]
    assert purges(run, "acme") == []


def test_what_was_done_lately_is_not_begun_again_for_all(run):
    hours = {"casual": 20}
    assert [i["tenant"] for i in run.run(kind="backup", min_interval_hours=hours)["operations"]] == ["beta"]
    assert run.start(kind="backup", min_interval_hours=hours)["operations"] == []
    assert run.start(kind="backup_verify", min_interval_hours=hours)["operations"]
    assert run.start("beta", kind="backup", min_interval_hours=hours)["operations"]
    run.now += 20 * 3600
    assert run.start(kind="backup", min_interval_hours=hours)["operations"]
