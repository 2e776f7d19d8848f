"""Mails to tenants: each is sent once, even if the mail server fails or a run is killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.tenants import new_ledger, put_tenant

WELCOME = {"tenant": "acme", "kind": "welcome", "text": "Subject: It is ready\n\nGood day,\n\nGrüezi.\n"}


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/ledger.db"


@pytest.fixture
def ledger(url, run_module, lab):
    """Run a module on a ledger with one tenant."""

    def run(module: str, /, _check: bool = False, **args):
        return run_module(module, _check=_check, ledger_url=url, **args)

    new_ledger(url)
    put_tenant(url, "acme")
    return run


def names(mails: list[dict]) -> list[str]:
    return [f"{mail['tenant']} {mail['kind']} {mail['period']}" for mail in mails]


def test_a_mail_is_sent_once_and_check_mode_sends_none(ledger, lab):
    predicted = ledger("tenant_mail", _check=True, mails=[WELCOME])
    assert lab.mails() == []
    real = ledger("tenant_mail", mails=[WELCOME])
    assert predicted == real
    assert real["diff"] == {"before": {}, "after": {"acme welcome 0": "sent"}}
    [mail] = lab.mails()
    assert (mail["from"], mail["to"]) == (lab.env["SMTP_FROM"], ["owner@acme.example"])
    assert (mail["subject"], mail["text"]) == ("It is ready", "Good day,\n\nGrüezi.\n")
    assert mail["message_id"] == f"<{real['sent'][0]['message_id']}@lab.vdc.example>"
    assert ["Auto-Submitted", "auto-generated"] in mail["headers"]
    again = ledger("tenant_mail", mails=[WELCOME])
    assert (again["changed"], again["sent"], len(lab.mails())) == (False, [], 1)
    other = ledger("tenant_mail", mails=[{**WELCOME, "period": 7}])
    assert names(other["sent"]) == ["acme welcome 7"]
    assert other["sent"][0]["message_id"] != real["sent"][0]["message_id"]


def test_check_mode_predicts_the_mail_to_a_tenant_that_it_only_predicts(ledger, lab):
    request = {"name": "new", "tier": "casual", "owner_email": "owner@new.example"}
    mail = {**WELCOME, "tenant": "new"}
    predicted = ledger("tenant_mail", _check=True, mails=[mail], predicted_requests=[request])
    assert (names(predicted["sent"]), predicted["unsent"], lab.mails()) == (["new welcome 0"], [], [])
    without = ledger("tenant_mail", _check=True, mails=[mail], predicted_requests=[{**request, "owner_email": None}])
    assert without["unsent"][0]["error"].startswith("owner_email: '' is not an email address")
    # Outside of check mode only the ledger counts.
    real = ledger("tenant_mail", mails=[mail], predicted_requests=[request])
    assert "there is no tenant 'new' in the ledger" in real["msg"]


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ({"operation": "data", "status": 451, "message": "try later"}, "refused the mail: 451 try later"),
        ({"operation": "mail", "status": 550, "message": "no"}, "refused the mail: 550 no"),
        ({"operation": "rcpt", "status": 450, "message": "busy"}, "refused the recipient: 450 busy"),
        ({"operation": "data", "drop": True}, "closed the connection"),
        ({"operation": "connect", "status": 421, "message": "full"}, "refused the connection: 421 full"),
        ({"operation": "connect", "drop": True}, "cannot be reached: "),
    ],
    ids=["data", "sender", "recipient", "cut", "greeting", "no greeting"],
)
def test_a_refused_mail_stays_unsent_and_is_tried_again(ledger, lab, fault, says):
    lab.faults([{"cloud": "smtp", "times": 1, **fault}])
    failed = ledger("tenant_mail", mails=[WELCOME])
    assert not failed["failed"]
    assert says in failed["unsent"][0]["error"]
    assert "was not sent" in str(failed["warnings"])
    assert failed["diff"]["after"] == {"acme welcome 0": "unsent"}
    assert lab.mails() == []
    retried = ledger("tenant_mail")
    assert names(retried["sent"]) == ["acme welcome 0"]
    assert retried["diff"] == {"before": {"acme welcome 0": "unsent"}, "after": {"acme welcome 0": "sent"}}
    assert len(lab.mails()) == 1
    assert not ledger("tenant_mail")["changed"]


def test_one_refused_mail_does_not_stop_the_others(ledger, lab):
    lab.faults([{"cloud": "smtp", "operation": "data", "nth": 2, "times": 1, "status": 554}])
    done = ledger("tenant_mail", mails=[{**WELCOME, "period": number} for number in range(4)])
    assert [mail["period"] for mail in done["sent"]] == [0, 2, 3]
    assert [mail["period"] for mail in done["unsent"]] == [1]


def test_an_unreachable_server_is_tried_once(ledger, lab):
    started = time.monotonic()
    away = ledger(
        "tenant_mail", mails=[{**WELCOME, "period": n} for n in range(50)], smtp_host="127.0.0.1", smtp_port=9
    )
    assert not away["failed"]
    assert time.monotonic() - started < 5
    assert {mail["error"] for mail in away["unsent"]} == {"127.0.0.1:9 cannot be reached: connection refused"}
    assert not ledger("tenant_mail", smtp_port=9)["changed"]
    assert len(ledger("tenant_mail")["sent"]) == 50


def test_without_a_server_or_a_sender_a_mail_stays_unsent(ledger, lab, url, monkeypatch):
    monkeypatch.delenv("SMTP_HOST")
    monkeypatch.delenv("SMTP_FROM")
    unset = ledger("tenant_mail", mails=[WELCOME])
    assert unset["unsent"][0]["error"] == "smtp_host is not set and sender is not set"
    put_tenant(url, "quiet", owner_email="")
    for key in ("SMTP_HOST", "SMTP_FROM"):
        monkeypatch.setenv(key, lab.env[key])
    waiting = ledger("tenant_mail", _check=True, mails=[{**WELCOME, "tenant": "quiet"}])
    assert (
        waiting["unsent"][0]["error"]
        == "owner_email: '' is not an email address because it has no @; use the form name@example.org"
    )
    assert names(waiting["sent"]) == ["acme welcome 0"]


def test_mails_of_the_sweep_are_sent_again_only_on_request(ledger, lab):
    lab.faults([{"cloud": "smtp", "operation": "data", "times": 1, "status": 451}])
    assert ledger("tenant_mail", mails=[{**WELCOME, "kind": "warning", "period": 5}])["unsent"]
    assert ledger("tenant_mail")["sent"] == []
    assert ledger("tenant_mail", mails=[{**WELCOME, "kind": "warning", "period": 5}])["sent"]


def test_an_old_unsent_mail_is_not_tried_again(ledger, lab, monkeypatch):
    assert ledger("tenant_mail", mails=[WELCOME], smtp_port=9)["unsent"]
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 73 * 3600)
    assert ledger("tenant_mail")["sent"] == []
    assert ledger("tenant_mail", retry_hours=80)["sent"]


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ({"mails": [{**WELCOME, "tenant": "nobody"}]}, "mails: there is no tenant 'nobody' in the ledger"),
        ({"mails": [{**WELCOME, "kind": "Big news"}]}, "mails: kind 'Big news' is invalid"),
        ({"mails": [{**WELCOME, "text": "Good day"}]}, "begin it with the line 'Subject: …'"),
        ({"mails": [{**WELCOME, "text": "Subject: x\n\n"}]}, "begin it with the line 'Subject: …'"),
        ({"sender": "not an address"}, "sender: 'not an address' is not an email address"),
        ({"smtp_user": "vdc", "smtp_password": "x"}, "smtp_security: 'none' would send the password unencrypted"),
        ({"smtp_security": "tls", "smtp_ca_file": "/no/such.pem"}, "smtp_ca_file: /no/such.pem cannot be used"),
    ],
    ids=["tenant", "kind", "no subject", "no text", "sender", "clear", "ca"],
)
def test_invalid_options_are_rejected_and_nothing_is_recorded(ledger, lab, args, says):
    rejected = ledger("tenant_mail", **{"mails": [WELCOME], **args})
    assert rejected["failed"]
    assert says in rejected["msg"]
    assert lab.mails() == []
    assert ledger("tenant_mail")["diff"] == {"before": {}, "after": {}}


def killed(url: str, lab, mails: list[dict], until) -> None:
    """Send ``mails`` in a separate process that is killed as soon as ``until()`` is true."""
    code = (
        "import json, sys; from support.modules import run_module;"
        "print(run_module('tenant_mail', **json.loads(sys.argv[1])))"
    )
    args = json.dumps({"ledger_url": url, "mails": mails})
    tests = str(Path(__file__).resolve().parents[2])
    env = {**os.environ, **lab.env, "PYTHONPATH": f"{tests}:{os.environ['PYTHONPATH']}"}
    run = subprocess.Popen([sys.executable, "-c", code, args], env=env, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 30
    while not until():
        assert time.monotonic() < deadline
        assert run.poll() is None
        time.sleep(0.02)
    run.kill()
    run.wait(10)


@pytest.mark.parametrize(
    ("operation", "copies"),
    [("rcpt", 1), ("data", 2)],
    ids=["before the server took it", "between the server's taking and the mark"],
)
def test_a_killed_run_loses_no_mail(ledger, lab, url, monkeypatch, operation, copies):
    lab.faults([{"cloud": "smtp", "operation": operation, "times": 1, "when": "after", "delay": 20}])
    killed(url, lab, [WELCOME], lambda: lab.fault_hits() == 1 and (operation == "rcpt" or lab.mails()))
    # It may still be at it, for all that others know.
    held = ledger("tenant_mail")
    assert held["unsent"][0]["error"] == "another run is sending it"
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 3600)
    assert names(ledger("tenant_mail")["sent"]) == ["acme welcome 0"]
    assert len(lab.mails()) == copies
    assert len({mail["message_id"] for mail in lab.mails()}) == 1
    assert not ledger("tenant_mail")["changed"]


def test_five_concurrent_runs_send_each_mail_once(ledger, lab, url):
    mails = [{**WELCOME, "period": number} for number in range(20)]
    code = (
        "import json, sys; from support.modules import run_module;"
        "sys.exit(run_module('tenant_mail', **json.loads(sys.argv[1]))['failed'])"
    )
    tests = str(Path(__file__).resolve().parents[2])
    env = {**os.environ, **lab.env, "PYTHONPATH": f"{tests}:{os.environ['PYTHONPATH']}"}
    args = json.dumps({"ledger_url": url, "mails": mails})
    runs = [subprocess.Popen([sys.executable, "-c", code, args], env=env) for _run in range(5)]
    assert [run.wait(60) for run in runs] == [0] * 5
    assert len(lab.mails()) == 20
    assert len({mail["message_id"] for mail in lab.mails()}) == 20
