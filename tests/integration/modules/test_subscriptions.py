"""What is due for subscriptions, who stands unused, and forty days of sweeps."""

from __future__ import annotations

import random
import time
from collections import Counter
from pathlib import Path

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import schema, store
from support.lab import LabHandle
from support.tenants import new_ledger, put_tenant

DAY = 86_400
HOUR = 3_600
# 2026-11-21, 00:00 UTC.
START = 1_795_219_200


@pytest.fixture
def url(tmp_path: Path) -> str:
    made = f"sqlite:///{tmp_path}/ledger.db"
    new_ledger(made)
    return made


@pytest.fixture
def ledger(url, run_module):
    """Run a module on a ledger without tenants."""

    def run(module: str, /, _check: bool = False, **args):
        return run_module(module, _check=_check, ledger_url=url, **args)

    return run


def test_due_mails_backups_and_releases_are_listed_by_tenant(ledger, url):
    for name, days in {"a": 40, "b": 7, "c": 2.5, "d": 1, "e": 0, "f": -2}.items():
        put_tenant(url, name, paid_until=START + round(days * DAY))
    put_tenant(url, "free")
    put_tenant(url, "absent", paid_until=START, state="deleted", desired_state="absent")
    put_tenant(url, "line", paid_until=START + DAY, state="queued")
    listed = ledger("subscription_due_info", now=START)
    assert not listed["changed"]
    shown = [(one["tenant"], one["mail"], one["backup"], one["release"], one["days_left"]) for one in listed["due"]]
    assert shown == [
        ("b", "warning", False, False, 7),
        ("c", "backup", True, False, 3),
        ("d", "", True, False, 1),
        ("e", "", True, False, 0),
        ("f", "", True, True, 0),
    ]
    assert listed["backups"] == ["c", "d", "e", "f"]
    assert listed["releases"] == ["f"]
    assert listed["mails"] == [
        {
            "tenant": name,
            "kind": kind,
            "period": START + round(left * DAY),
            "tier": "casual",
            "paid_until": until,
            "days_left": days,
            "backed_up": "",
        }
        for name, kind, left, until, days in (
            ("b", "warning", 7, "2026-11-28", 7),
            ("c", "backup", 2.5, "2026-11-23", 3),
        )
    ]
    assert listed["due"][0] == {
        "tenant": "b",
        "tier": "casual",
        "stage": "warning",
        "mail": "warning",
        "backup": False,
        "release": False,
        "period": START + 7 * DAY,
        "paid_until": "2026-11-28",
        "backed_up": "",
        "days_left": 7,
    }
    assert ledger("subscription_due_info", _check=True, now=START)["due"] == listed["due"]
    # Without a time, it is the current time.
    assert ledger("subscription_due_info")["due"] != []


def test_a_mail_that_was_sent_is_not_due_until_the_next_period(ledger, lab, url):
    put_tenant(url, "acme", paid_until=START + 2 * DAY)
    [due] = ledger("subscription_due_info", now=START)["due"]
    mail = {"tenant": "acme", "kind": due["mail"], "period": due["period"], "text": "Subject: x\n\nx"}
    lab.faults([{"cloud": "smtp", "operation": "data", "times": 1, "status": 451}])
    assert ledger("tenant_mail", mails=[mail])["unsent"]
    operation(url, "acme", "backup")
    # Only the mail failed.
    [due] = ledger("subscription_due_info", now=START)["due"]
    assert (due["mail"], due["backup"], due["backed_up"]) == ("backup", False, "2026-11-21")
    assert ledger("tenant_mail", mails=[mail])["sent"]
    assert ledger("subscription_due_info", now=START)["due"] == []
    put_tenant(url, "acme", paid_until=START + 3 * DAY)
    assert [one["mail"] for one in ledger("subscription_due_info", now=START)["due"]] == ["backup"]


def operation(url: str, tenant: str, kind: str, at: int = START) -> None:
    """Record an operation of this ``kind`` for the tenant as done."""
    ledger = store.connect(url)
    moments = dict.fromkeys(("started", "touched", "finished"), at)
    values = {"tenant": tenant, "kind": kind, "parameters": "{}", "state": "done", **moments}
    with ledger.writing() as connection:
        connection.execute(schema.OPERATIONS.insert().values(**values))
    ledger.close()


def desired_states_of(ledger) -> dict[str, str]:
    return {tenant["name"]: tenant["desired_state"] for tenant in ledger("tenant_info")["tenants"]}


def test_an_idle_tenant_is_requested_to_suspend(ledger, url):
    put_tenant(url, "busy", last_active=START - 23 * HOUR)
    put_tenant(url, "idle", last_active=START - 25 * HOUR)
    put_tenant(url, "off", last_active=START - 25 * HOUR, state="suspended", desired_state="poweroff")
    put_tenant(url, "own", last_active=START - 25 * HOUR, tier="pro")
    predicted = ledger("tenant_idle_suspend", _check=True, now=START, exempt_tiers=["pro"])
    assert desired_states_of(ledger) == {"busy": "active", "idle": "active", "off": "poweroff", "own": "active"}
    real = ledger("tenant_idle_suspend", now=START, exempt_tiers=["pro"])
    assert predicted == real
    assert real["diff"] == {
        "before": {"idle": {"desired_state": "active"}},
        "after": {"idle": {"desired_state": "poweroff"}},
    }
    assert real["suspended"] == ["idle"]
    assert desired_states_of(ledger) == {"busy": "active", "idle": "poweroff", "off": "poweroff", "own": "active"}
    # It was requested and not done: the run died.
    again = ledger("tenant_idle_suspend", now=START, exempt_tiers=["pro"])
    assert (again["changed"], again["suspended"]) == (False, ["idle"])
    put_tenant(url, "idle", state="suspended")
    assert ledger("tenant_idle_suspend", now=START, exempt_tiers=["pro"])["suspended"] == []
    assert ledger("tenant_idle_suspend", now=START, unused_hours=20)["suspended"] == ["busy", "own"]


def test_use_resumes_an_idle_suspended_tenant(ledger, url):
    put_tenant(url, "asleep", last_active=START - 25 * HOUR)
    assert ledger("tenant_idle_suspend", now=START)["suspended"] == ["asleep"]
    put_tenant(url, "asleep", state="suspended")
    put_tenant(url, "awake", last_active=START)
    put_tenant(url, "waking", last_active=START, state="resuming")
    names = ["awake", "asleep", "waking"]
    predicted = ledger("tenant_activity", _check=True, tenants=names, at=START + 60)
    assert desired_states_of(ledger)["asleep"] == "poweroff"
    real = ledger("tenant_activity", tenants=names, at=START + 60)
    assert predicted == real
    assert (real["changed"], real["to_resume"]) == (True, ["asleep", "waking"])
    assert real["diff"]["after"]["asleep"] == {"desired_state": "active", "last_active": START + 60}
    # It was requested and not done: the run died.
    again = ledger("tenant_activity", tenants=names, at=START + 60)
    assert (again["changed"], again["to_resume"]) == (False, ["asleep", "waking"])
    assert not ledger("tenant_activity", tenants=["awake"], at=START)["changed"]
    put_tenant(url, "asleep", state="active")
    assert ledger("tenant_idle_suspend", now=START + DAY + 30)["suspended"] == []


def test_use_does_not_resume_a_tenant_suspended_otherwise(ledger, url):
    put_tenant(url, "fine", last_active=START)
    put_tenant(url, "unpaid", state="suspended", desired_state="release")
    put_tenant(url, "stopped", last_active=START - 25 * HOUR)
    put_tenant(url, "never", state="suspended", desired_state="poweroff")
    assert ledger("tenant_idle_suspend", now=START)["suspended"] == ["stopped"]
    put_tenant(url, "stopped", state="suspended")
    operation(url, "stopped", "suspend", int(time.time()) + 5)
    for name in ("unpaid", "stopped", "never"):
        rejected = ledger("tenant_activity", tenants=["fine", name], at=START + 60)
        assert f"tenants: '{name}' is not suspended for being idle, it is suspended" in rejected["msg"]
    assert "no tenant 'nobody'" in ledger("tenant_activity", tenants=["nobody"])["msg"]
    assert ledger("tenant_activity", tenants=["fine"], at=START)["changed"] is False


class Sweeper:
    """The hourly sweep at the level of modules: what playbooks/subscriptions.yml does, with the release done at once."""

    def __init__(self, ledger, url: str) -> None:
        self.ledger = ledger
        self.url = url
        self.backups: Counter[tuple[str, int]] = Counter()

    def sweep(self, now: int, backups_work: bool = True) -> None:
        due = self.ledger("subscription_due_info", now=now)
        assert not due["failed"], due
        self.mail(due["mails"])
        for name in due["releases"]:
            put_tenant(self.url, name, desired_state="release", state="suspended")
        if due["releases"]:
            self.mail(self.ledger("subscription_due_info", now=now)["mails"])
        for one in due["due"]:
            if one["backup"] and backups_work:
                self.backups[one["tenant"], one["period"]] += 1
                operation(self.url, one["tenant"], "backup", now)
        if due["backups"]:
            self.mail(self.ledger("subscription_due_info", now=now)["mails"])

    def mail(self, due: list[dict]) -> None:
        mails = [
            {
                **{key: one[key] for key in ("tenant", "kind", "period")},
                "text": f"Subject: {one['kind']} {one['period']}\n\n{one['days_left']} days left.\n",
            }
            for one in due
        ]
        if mails:
            sent = self.ledger("tenant_mail", mails=mails)
            assert not sent["failed"], sent


def received(lab: LabHandle) -> Counter[tuple[str, str, int]]:
    """Tenant, kind and period of every mail that the lab's server took, counted from the start in days."""
    found = Counter()
    for mail in lab.mails():
        kind, period = mail["subject"].split()
        found[mail["to"][0].split("@")[1].split(".")[0], kind, (int(period) - START) // DAY] += 1
    return found


def test_forty_days_of_hourly_sweeps_send_each_mail_once(ledger, lab, url):
    """Seven customers over 40 days, a mail server with bad hours, sweeps that do not come for two days."""
    put_tenant(url, "never", paid_until=START + 10 * DAY)
    put_tenant(url, "early", paid_until=START + 20 * DAY)  # pays on day 12, before any warning
    put_tenant(url, "warned", paid_until=START + 15 * DAY)  # pays on day 13, two days before the end
    put_tenant(url, "late", paid_until=START + 8 * DAY)  # pays on day 11, when it has long been suspended
    put_tenant(url, "free")
    put_tenant(url, "down", paid_until=START + 30 * DAY)  # no sweep came between day 22.5 and day 28.5
    events = {
        12 * DAY: ("early", {"paid_until": START + 50 * DAY}),
        13 * DAY: ("warned", {"paid_until": START + 60 * DAY}),
        11 * DAY: ("late", {"paid_until": START + 42 * DAY, "state": "active", "desired_state": "active"}),
        18 * DAY + 5 * HOUR: ("midway", {"paid_until": START + 26 * DAY, "created": START + 18 * DAY}),
        38 * DAY: ("late", {"paid_until": START + 80 * DAY}),
    }
    sweeper = Sweeper(ledger, url)
    bad = random.Random(40)
    struck = 0
    for hour in range(40 * 24):
        moment = hour * HOUR
        if moment in events:
            name, facts = events[moment]
            put_tenant(url, name, **facts)
        if 22.5 * DAY < moment < 28.5 * DAY:
            continue
        # Every tenth hour the server refuses, every twentieth it cuts the line, on days 6 to 8 it takes nothing.
        rules = []
        if 6 * DAY <= moment < 8 * DAY + 2 * HOUR or bad.random() < 0.1:
            rules = [{"cloud": "smtp", "operation": bad.choice(["connect", "rcpt", "data"]), "status": 451}]
        elif bad.random() < 0.05:
            rules = [{"cloud": "smtp", "operation": "data", "drop": True}]
        lab.faults(rules)
        # No backup can be made on day 29; the mails come nevertheless.
        sweeper.sweep(START + moment, backups_work=moment // DAY != 29)
        struck += lab.fault_hits() if rules else 0
    assert struck > 20
    assert received(lab) == Counter(
        {
            # Its warning came at the first sweep of all after day 3.
            ("never", "warning", 10): 1,
            # Due on day 7, when the server took nothing; sent when it did again.
            ("never", "backup", 10): 1,
            ("never", "final", 10): 1,
            ("never", "suspended", 10): 1,
            ("warned", "warning", 15): 1,
            ("warned", "backup", 15): 1,
            ("late", "warning", 8): 1,
            ("late", "backup", 8): 1,
            # The final mail of day 7 was never taken, and on day 8 it was too late for it.
            ("late", "suspended", 8): 1,
            # The next period: warned on day 35, paid on day 38.
            ("late", "warning", 42): 1,
            ("midway", "warning", 26): 1,
            # Its backup and final mails fell into the days without sweeps.
            ("midway", "suspended", 26): 1,
            # Its warning fell there, too; the backup mail came when sweeps did again.
            ("down", "backup", 30): 1,
            ("down", "final", 30): 1,
            ("down", "suspended", 30): 1,
        }
    )
    assert len({mail["message_id"] for mail in lab.mails()}) == len(lab.mails())
    # A backup for each stage that has one, and one before a release that came without; none because of a mail that failed.
    made = {(tenant, (period - START) // DAY): times for (tenant, period), times in sweeper.backups.items()}
    assert made == {
        ("never", 10): 2,
        ("warned", 15): 1,
        ("late", 8): 2,
        ("midway", 26): 1,
        ("down", 30): 2,
    }
