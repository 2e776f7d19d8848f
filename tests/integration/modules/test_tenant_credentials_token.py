"""A token for a tenant's credentials can be redeemed once."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

import pytest
from support.tenants import new_ledger, put_tenant


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/ledger.db"


@pytest.fixture
def token_module(url, run_module):
    """Run the module on a ledger with two tenants."""
    new_ledger(url)
    put_tenant(url, "acme")
    put_tenant(url, "beta")

    def run(_check: bool = False, name: str = "acme", **args):
        return run_module("tenant_credentials_token", _check=_check, ledger_url=url, name=name, **args)

    return run


def test_a_token_is_redeemed_once(token_module, tmp_path):
    token = token_module()["token"]
    assert len(token) >= 43
    first = token_module(state="redeemed", token=token)
    assert (first["changed"], first["redeemed"]) == (True, True)
    assert first["diff"] == {"before": {"credentials": "issued"}, "after": {"credentials": "redeemed"}}
    again = token_module(state="redeemed", token=token)
    assert again["failed"]
    assert (
        again["msg"]
        == "token: was redeemed already, so another person may have the credentials of 'acme'; request a new one"
    )
    assert "redeemed" not in again
    with sqlite3.connect(tmp_path / "ledger.db") as database:
        kept = str(database.execute("SELECT * FROM credentials_tokens").fetchall())
    assert token not in kept


def test_check_mode_issues_and_redeems_no_token(token_module):
    predicted = token_module(_check=True)
    real = token_module()
    assert predicted["diff"] == real["diff"]
    assert (predicted["changed"], predicted["token"]) == (True, "")
    assert token_module(_check=True, state="redeemed", token=real["token"])["redeemed"]
    assert token_module(state="redeemed", token=real["token"])["redeemed"]


def test_a_new_token_revokes_only_the_unredeemed_one(token_module):
    redeemed, old = token_module()["token"], None
    token_module(state="redeemed", token=redeemed)
    old = token_module()["token"]
    new = token_module()
    assert new["diff"]["after"] == {"credentials": "issued again"}
    assert "was not issued for 'acme', or was revoked" in token_module(state="redeemed", token=old)["msg"]
    assert "redeemed already" in token_module(state="redeemed", token=redeemed)["msg"]
    assert token_module(state="redeemed", token=new["token"])["redeemed"]


def test_a_token_expires(token_module, monkeypatch):
    token = token_module(valid_hours=2)["token"]
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 7201)
    expired = token_module(state="redeemed", token=token)
    assert expired["msg"] == "token: has expired; request a new one for 'acme'"


def test_an_issued_token_can_be_revoked(token_module):
    token = token_module()["token"]
    assert token_module(_check=True, state="revoked")["changed"]
    assert token_module(state="revoked")["changed"]
    assert not token_module(state="revoked")["changed"]
    assert "was not issued" in token_module(state="redeemed", token=token)["msg"]


def test_a_token_is_valid_for_one_tenant_only(token_module):
    token = token_module()["token"]
    assert "was not issued for 'beta'" in token_module(name="beta", state="redeemed", token=token)["msg"]
    assert token_module(state="redeemed", token=token)["redeemed"]


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ({"name": "nobody"}, "there is no tenant 'nobody'"),
        ({"state": "redeemed"}, "state is redeemed but all of the following are missing: token"),
        ({"state": "redeemed", "token": "guess"}, "was not issued"),
        ({"valid_hours": 0}, "valid_hours: 0 is too short; use 1 or more"),
    ],
    ids=["tenant", "no token", "guess", "hours"],
)
def test_invalid_options_are_rejected(token_module, args, says):
    rejected = token_module(**args)
    assert rejected["failed"]
    assert says in rejected["msg"]
    assert "guess" not in str({**rejected, "invocation": ""})


def test_a_deleted_tenant_gets_no_token(token_module, url):
    put_tenant(url, "acme", state="deleted", desired_state="absent")
    assert "is deleted or being deleted" in token_module()["msg"]
