"""Mails, backups and idle suspension in the ledger, on SQLite and on PostgreSQL."""

from __future__ import annotations

import multiprocessing

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import activity, mails, schema, store, tenants
from support.tenants import put_tenant


def note(connection, now: int, kind: str = "welcome", period: int = 0, text: str = "Subject: x\n\nx") -> mails.Mail:
    mails.record(connection, now, "acme", kind, period, text)
    return mails.find(connection, "acme", kind, period)


def test_a_mail_is_recorded_once(ledger, url):
    put_tenant(url, "acme")
    with ledger.writing() as connection:
        first = note(connection, 10)
        again = note(connection, 20, text="Subject: y\n\ny")
        assert (again.id, again.message_id, again.text) == (first.id, first.message_id, "Subject: y\n\ny")
        assert note(connection, 20, period=7).message_id != first.message_id
        assert [mail.period for mail in mails.unsent(connection, 10, [])] == [0, 7]
        assert [mail.period for mail in mails.unsent(connection, 11, [])] == [7]
        assert mails.unsent(connection, 0, ["welcome"]) == []
        with pytest.raises(ValidationError, match="there is no tenant 'nobody'"):
            mails.record(connection, 1, "nobody", "welcome", 0, "")


def test_a_mail_is_claimed_by_one_run_until_the_claim_ends(ledger, url):
    put_tenant(url, "acme")
    with ledger.writing() as connection:
        mail = note(connection, 10)
        assert mails.claim(connection, 100, mail, 60)
        assert not mails.claim(connection, 159, mail, 60)
        assert mails.claim(connection, 160, mail, 60)
        mails.mark_unsent(connection, mail, "no")
        assert mails.claim(connection, 161, mail, 60)
        mails.mark_sent(connection, 170, mail)
        assert not mails.claim(connection, 999, mail, 60)
        assert mails.find(connection, "acme", "welcome", 0).sent == 170
        # A sent mail is not recorded again, and its text is deleted.
        assert note(connection, 999).text == ""


def test_only_mails_of_the_current_period_count_as_sent(ledger, url):
    put_tenant(url, "acme", paid_until=500)
    with ledger.writing() as connection:
        mails.mark_sent(connection, 1, note(connection, 1, "warning", 400))
        mails.mark_sent(connection, 1, note(connection, 1, "backup", 500))
        note(connection, 1, "final", 500)
        assert mails.sent_in_period(connection) == {"acme": {"backup"}}


def hold_alone(url: str, held: multiprocessing.Queue) -> None:
    """Claim the mail, as one of many runs at the same time."""
    ledger = store.open_ledger(url)
    with ledger.writing() as connection:
        held.put(mails.claim(connection, 100, mails.find(connection, "acme", "welcome", 0), 60))
    ledger.close()


def test_only_one_of_ten_runs_claims_a_mail(ledger, url):
    put_tenant(url, "acme")
    with ledger.writing() as connection:
        note(connection, 10)
    forking = multiprocessing.get_context("fork")
    held = forking.Queue()
    runs = [forking.Process(target=hold_alone, args=(url, held)) for _run in range(10)]
    for run in runs:
        run.start()
    results = [held.get(timeout=60) for _run in runs]
    for run in runs:
        run.join(timeout=60)
    assert sorted(results) == [False] * 9 + [True]


def operation(connection, kind: str, state: str, at: int) -> None:
    values = {"tenant": "acme", "kind": kind, "parameters": "{}", "state": state, "started": at, "touched": at}
    connection.execute(schema.OPERATIONS.insert().values(**values, finished=at))


def test_the_last_successful_backup_counts(ledger, url):
    put_tenant(url, "acme")
    with ledger.writing() as connection:
        assert activity.last_backups(connection, 20) == {}
        for kind, state, at in (
            ("backup", "done", 20),
            ("backup", "done", 10),
            ("backup", "failed", 30),
            ("backup_verify", "done", 40),
        ):
            operation(connection, kind, state, at)
        assert activity.last_backups(connection, 20) == {"acme": 20}
        assert activity.last_backups(connection, 20 - 301) == {"acme": 10}
        assert activity.with_data(connection) == {tenants.get(connection, "acme").id}


def test_use_resumes_an_idle_suspended_tenant_unless_it_was_suspended_since(ledger, url):
    put_tenant(url, "acme", last_active=5)
    with ledger.writing() as connection:
        operation(connection, "suspend", "done", 50)
        asleep = activity.suspend_idle(connection, 100, tenants.get(connection, "acme"))
        assert (asleep.desired_state, activity.is_idle_suspended(connection, asleep)) == ("poweroff", True)
        woken = activity.record_use(connection, asleep, 110)
        assert (woken.desired_state, woken.last_active) == ("active", 110)
        again = activity.suspend_idle(connection, 200, woken)
        operation(connection, "suspend", "running", 200)
        with pytest.raises(ValidationError, match="is not suspended for being idle"):
            activity.record_use(connection, again, 210)
