"""When a subscription warns, backs up and ends."""

from __future__ import annotations

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.idle import is_idle
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.states import STATES
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.subscription import (
    DAY,
    DELETION_STATES,
    MAIL_KINDS,
    Due,
    due,
)
from hypothesis import given
from hypothesis import strategies as st

END = 1_795_219_200
NOTHING: frozenset[str] = frozenset()


def left(
    days: float, state: str = "active", desired_state: str = "active", sent=NOTHING, backup: float | None = None
) -> Due:
    """Return what is due ``days`` before the end, with the last backup made ``backup`` days before it."""
    backed_up = 0 if backup is None else END - round(backup * DAY)
    return due(END, END - round(days * DAY), state, desired_state, set(sent), backed_up)


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (40, Due()),
        (7.001, Due()),
        (7, Due("warning", "warning")),
        (3.001, Due("warning", "warning")),
        (3, Due("backup", backup=True)),
        (2.751, Due("backup", backup=True)),
        (2.75, Due("backup", "backup", backup=True)),
        (1.001, Due("backup", "backup", backup=True)),
        (1, Due("final", backup=True)),
        (0.75, Due("final", "final", backup=True)),
        (0.001, Due("final", "final", backup=True)),
        (0, Due("suspended", backup=True)),
        (-0.999, Due("suspended", backup=True)),
        (-1, Due("suspended", backup=True, release=True)),
        (-30, Due("suspended", backup=True, release=True)),
    ],
)
def test_each_stage_is_due_at_its_time(days, expected):
    assert left(days) == expected


@pytest.mark.parametrize(
    ("days", "sent", "backup", "expected"),
    [
        (6, {"warning"}, None, Due("warning")),
        # The mail failed after the backup: the mail alone is due again.
        (2, {"warning"}, 2.5, Due("backup", "backup")),
        (2, {"backup"}, 3, Due("backup")),
        # The backup failed: the mail does not wait for it forever, nor does it for the mail.
        (2, {"backup"}, 3.01, Due("backup", backup=True)),
        (0.5, {"backup"}, 0.9, Due("final", "final")),
        (0.5, {"backup", "final"}, 2, Due("final", backup=True)),
        # The warning was never sent, and is not sent late.
        (2, set(), 30, Due("backup", "backup", backup=True)),
        (0, {"final"}, 0.9, Due("suspended", release=True)),
        (0, {"final"}, 1.1, Due("suspended", backup=True)),
    ],
)
def test_a_sent_mail_or_finished_backup_is_not_due_again(days, sent, backup, expected):
    assert left(days, sent=sent, backup=backup) == expected


def test_the_last_mail_waits_for_the_release():
    assert left(-1, "suspending", "release") == Due("suspended", release=True)
    assert left(-1, "active", "release") == Due("suspended", release=True)
    assert left(-1, "error", "release") == Due("suspended")
    assert left(-1, "suspended", "release") == Due("suspended", "suspended")
    assert not left(-1, "suspended", "release", sent={"suspended"})
    # A tenant that is only powered off still holds a machine.
    assert left(-1, "suspended", "poweroff").release


@pytest.mark.parametrize("state", sorted(DELETION_STATES))
def test_nothing_is_due_for_a_deleted_tenant(state):
    assert not left(-1, state)
    assert not left(5, state)


def test_a_queued_tenant_gets_no_warning_and_is_released_at_the_end():
    assert not left(5, "queued")
    assert not left(0.5, "queued")
    assert left(0, "queued") == Due("suspended", release=True)
    assert not left(0, "suspended", "release", sent={"suspended"})


def test_nothing_is_due_without_paid_until_or_for_a_tenant_to_be_deleted():
    assert not due(None, END, "active", "active", set(), 0)
    assert not left(-1, "active", "absent")


@given(
    end=st.integers(100 * DAY, 130 * DAY),
    sweeps=st.lists(st.tuples(st.integers(60, 5 * DAY), st.booleans(), st.booleans()), min_size=1, max_size=60),
    renewals=st.dictionaries(st.integers(0, 59), st.integers(1, 40), max_size=3),
)
def test_each_mail_is_sent_once_and_in_order_whatever_fails(end, sweeps, renewals):
    """Sweeps run at any interval, mails and backups fail, customers pay: each mail is sent once, in order and in time."""
    now, state, desired_state, backed_up = 90 * DAY, "active", "active", 0
    sent: dict[int, list[str]] = {}
    for number, (seconds, mails_work, backups_work) in enumerate(sweeps):
        now += seconds
        if number in renewals:
            end = max(end, now) + renewals[number] * DAY
            state = desired_state = "active"
        mails = sent.setdefault(end, [])
        first = due(end, now, state, desired_state, set(mails), backed_up)
        assert not (first.release and first.backup) or end + DAY <= now
        if first.backup:
            assert end - now <= 3 * DAY
            backed_up = now if backups_work else backed_up
        for _pass in range(2):  # before and after a release
            now_due = due(end, now, state, desired_state, set(mails), backed_up)
            assert not now_due.release or end <= now
            assert not now_due.backup or not backups_work
            if now_due.mail:
                assert now_due.mail not in mails
                if mails_work:
                    mails.append(now_due.mail)
            if now_due.release:
                state, desired_state = "suspended", "release"
        assert not due(end, now, state, desired_state, set(mails), backed_up) or not (mails_work and backups_work)
    for mails in sent.values():
        assert mails == sorted(set(mails), key=MAIL_KINDS.index)
    assert end <= now or state == "active"
    assert now < end + DAY or state == "suspended"


@given(st.integers(0, 3600))
def test_hourly_sweeps_send_each_mail_within_an_hour(offset):
    sent: dict[str, int] = {}
    for hour in range(24 * 10):
        now = END - 8 * DAY + offset + hour * 3600
        over = now >= END
        now_due = due(END, now, "suspended" if over else "active", "release" if over else "active", set(sent), now)
        if now_due.mail:
            sent[now_due.mail] = now
    late = {
        kind: now - (END - seconds)
        for (kind, now), seconds in zip(sent.items(), (7 * DAY, 3 * DAY, DAY, 0), strict=True)
    }
    assert tuple(sent) == MAIL_KINDS
    assert all(0 <= seconds < 3600 for seconds in late.values())


def test_a_tenant_unused_for_a_day_is_idle():
    def asked(hours: float, state: str = "active", desired_state: str = "active", exempt=NOTHING) -> bool:
        return is_idle(END, END + round(hours * 3600), state, desired_state, "casual", set(exempt))

    assert asked(24)
    assert not asked(23.99)
    assert not asked(48, exempt={"casual"})
    assert asked(48, exempt={"pro"})
    assert [state for state in STATES if asked(48, state)] == ["active"]
    assert not asked(48, desired_state="poweroff")
    assert is_idle(END, END + 3600, "active", "active", "casual", set(), idle_seconds=3600)
