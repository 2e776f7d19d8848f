"""A tenant's credentials, handed to the operator and, once, to the customer, as operators run it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from support.lab import LabHandle
from support.playbooks import ANSIBLE, Outcome, play
from support.tenants import new_ledger, put_tenant

SECRETS = {"redis_password": "r3dis-secret", "postgres_password": "p0stgres-secret", "tls.crt": "the certificate"}
KEY = "the private key"


@pytest.fixture
def credentials(lab: LabHandle, tmp_path: Path):
    """Run the verb for tenant acme, which has credentials."""
    directory = tmp_path / "tenants" / "acme"
    directory.mkdir(parents=True)
    for name, value in {**SECRETS, "tls.key": KEY}.items():
        (directory / name).write_text(value)
    (tmp_path / "password").write_text("correct horse\n")
    new_ledger(f"sqlite:///{tmp_path}/ledger.db")
    put_tenant(f"sqlite:///{tmp_path}/ledger.db", "acme")

    def run(*more: str, **variables: object) -> Outcome:
        given = [part for key, value in variables.items() for part in ("-e", f"{key}={value}")]
        return play("tenant_credentials", tmp_path, "-e", "tenant=acme", *given, "-vv", "--diff", *more)

    return run


def private(path: Path) -> str:
    """What the file holds, which only its owner may read."""
    assert path.stat().st_mode & 0o777 == 0o600
    return path.read_text()


def said_nothing(run: Outcome) -> None:
    assert not any(secret in run.said for secret in [*SECRETS.values(), KEY, "correct horse"]), run.said


def test_the_operator_gets_all_in_a_vault(credentials, tmp_path):
    wish = {"to": tmp_path / "acme.vault", "vault_password_file": tmp_path / "password"}
    foreseen = credentials("--check", **wish)
    assert (foreseen.ok, foreseen.changed) == (True, 1), foreseen.said
    assert not wish["to"].exists()
    done = credentials(**wish)
    assert (done.ok, done.changed) == (True, 1), done.said
    said_nothing(done)
    text = private(wish["to"])
    assert text.startswith("$ANSIBLE_VAULT;")
    view = [
        ANSIBLE.with_name("ansible-vault"),
        "view",
        "--vault-password-file",
        wish["vault_password_file"],
        wish["to"],
    ]
    shown = subprocess.run(view, capture_output=True, text=True, check=True)
    assert json.loads(shown.stdout) == {**SECRETS, "tls.key": KEY}
    again = credentials(**wish)
    assert (again.ok, again.changed, wish["to"].read_text()) == (True, 0, text), again.said


def test_the_customer_gets_them_once(credentials, tmp_path):
    offered = credentials(offer=24, to=tmp_path / "token")
    assert offered.ok, offered.said
    token = private(tmp_path / "token").strip()
    assert token not in offered.said
    (tmp_path / "given.json").write_text(json.dumps({"token": token}))

    # A place that cannot be used does not use the token up.
    nowhere = credentials("-e", f"@{tmp_path}/given.json", to="/no/such/directory/file")
    assert "-e to=<absolute path in a directory that exists>" in nowhere.complaint
    foreseen = credentials("-e", f"@{tmp_path}/given.json", "--check", to=tmp_path / "mine.json")
    assert foreseen.ok, foreseen.said
    assert not (tmp_path / "mine.json").exists()

    taken = credentials("-e", f"@{tmp_path}/given.json", to=tmp_path / "mine.json")
    assert taken.ok, taken.said
    assert json.loads(private(tmp_path / "mine.json")) == SECRETS
    said_nothing(taken)
    assert token not in taken.said

    again = credentials("-e", f"@{tmp_path}/given.json", to=tmp_path / "again.json")
    assert (
        again.complaint
        == "token: was redeemed already, so another person may have the credentials of 'acme'; request a new one"
    ), again.said
    assert not (tmp_path / "again.json").exists()
    said_nothing(again)
    assert token not in again.said


def test_they_are_printed_where_that_is_asked_for(credentials, tmp_path):
    assert credentials(offer=1, to=tmp_path / "token").ok
    token = (tmp_path / "token").read_text().strip()
    shown = credentials(token=token, to=tmp_path / "mine.json", show="true")
    assert shown.ok, shown.said
    assert "r3dis-secret" in shown.said
    assert KEY not in shown.said


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"to": "/tmp/x"}, "one of -e vault_password_file=<file>"),
        ({"to": "/tmp/x", "token": "x", "offer": 1}, "one of -e vault_password_file=<file>"),
        ({"to": "x", "offer": 1}, "give -e to=<absolute path in a directory that exists>"),
        ({"to": "/tmp/x", "token": "guess"}, "token: was not issued for 'acme'"),
        ({"to": "/tmp/x", "tenant": "beta", "offer": 1}, "tenant: there are no credentials of 'beta' in "),
    ],
    ids=["no way", "two ways", "where to", "guess", "no credentials"],
)
def test_bad_input_is_one_sentence(credentials, given, sentence):
    refused = credentials(**given)
    assert not refused.ok
    assert sentence in refused.complaint, refused.said
    assert "Traceback" not in refused.said
