"""The playbook tenant_credentials: for the operator, and once for the customer."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from support.lab import LabHandle
from support.playbooks import ANSIBLE, Outcome, extra_vars, play
from support.tenants import new_ledger, put_tenant

SECRETS = {"redis_password": "r3dis-secret", "postgres_password": "p0stgres-secret", "tls.crt": "the certificate"}
KEY = "the private key"


@pytest.fixture
def credentials(lab: LabHandle, tmp_path: Path):
    """Run the playbook for tenant acme, which has credentials."""
    directory = tmp_path / "tenants" / "acme"
    directory.mkdir(parents=True)
    for name, value in {**SECRETS, "tls.key": KEY}.items():
        (directory / name).write_text(value)
    (tmp_path / "password").write_text("correct horse\n")
    new_ledger(f"sqlite:///{tmp_path}/ledger.db")
    put_tenant(f"sqlite:///{tmp_path}/ledger.db", "acme")

    def run(*more: str, **variables: object) -> Outcome:
        given = extra_vars(variables)
        return play("tenant_credentials", tmp_path, "-e", "tenant=acme", *given, "-vv", "--diff", *more)

    return run


def read_private(path: Path) -> str:
    """Return the content of a file that only its owner may read."""
    assert path.stat().st_mode & 0o777 == 0o600
    return path.read_text()


def assert_no_secrets(run: Outcome) -> None:
    assert not any(secret in run.output for secret in [*SECRETS.values(), KEY, "correct horse"]), run.output


def test_the_operator_gets_all_credentials_in_a_vault(credentials, tmp_path):
    options = {"to": tmp_path / "acme.vault", "vault_password_file": tmp_path / "password"}
    predicted = credentials("--check", **options)
    assert (predicted.ok, predicted.changed) == (True, 1), predicted.output
    assert not options["to"].exists()
    done = credentials(**options)
    assert (done.ok, done.changed) == (True, 1), done.output
    assert_no_secrets(done)
    text = read_private(options["to"])
    assert text.startswith("$ANSIBLE_VAULT;")
    view = [
        ANSIBLE.with_name("ansible-vault"),
        "view",
        "--vault-password-file",
        options["vault_password_file"],
        options["to"],
    ]
    shown = subprocess.run(view, capture_output=True, text=True, check=True)
    assert json.loads(shown.stdout) == {**SECRETS, "tls.key": KEY}
    again = credentials(**options)
    assert (again.ok, again.changed, options["to"].read_text()) == (True, 0, text), again.output


def test_the_customer_redeems_the_credentials_once(credentials, tmp_path):
    offered = credentials(offer=24, to=tmp_path / "token")
    assert offered.ok, offered.output
    token = read_private(tmp_path / "token").strip()
    assert token not in offered.output
    (tmp_path / "given.json").write_text(json.dumps({"token": token}))

    # A path that cannot be used does not redeem the token.
    no_directory = credentials("-e", f"@{tmp_path}/given.json", to="/no/such/directory/file")
    assert "-e to=<absolute path in a directory that exists>" in no_directory.error
    predicted = credentials("-e", f"@{tmp_path}/given.json", "--check", to=tmp_path / "mine.json")
    assert predicted.ok, predicted.output
    assert not (tmp_path / "mine.json").exists()

    redeemed = credentials("-e", f"@{tmp_path}/given.json", to=tmp_path / "mine.json")
    assert redeemed.ok, redeemed.output
    assert json.loads(read_private(tmp_path / "mine.json")) == SECRETS
    assert_no_secrets(redeemed)
    assert token not in redeemed.output

    again = credentials("-e", f"@{tmp_path}/given.json", to=tmp_path / "again.json")
    assert (
        again.error
        == "token: was redeemed already, so another person may have the credentials of 'acme'; request a new one"
    ), again.output
    assert not (tmp_path / "again.json").exists()
    assert_no_secrets(again)
    assert token not in again.output


def test_credentials_are_printed_only_on_request(credentials, tmp_path):
    assert credentials(offer=1, to=tmp_path / "token").ok
    token = (tmp_path / "token").read_text().strip()
    shown = credentials(token=token, to=tmp_path / "mine.json", show="true")
    assert shown.ok, shown.output
    assert "r3dis-secret" in shown.output
    assert KEY not in shown.output


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"to": "/tmp/x"}, "give one of vault_password_file, vault_password, offer, token"),
        ({"to": "/tmp/x", "token": "x", "offer": 1}, "give one of vault_password_file, vault_password, offer, token"),
        ({"to": "x", "offer": 1}, "give -e to=<absolute path in a directory that exists>"),
        ({"to": "/tmp/x", "token": "guess"}, "token: was not issued for 'acme'"),
        ({"to": "/tmp/x", "tenant": "beta", "offer": 1}, "tenant: there are no credentials of 'beta' in "),
    ],
    ids=["no way", "two ways", "where to", "guess", "no credentials"],
)
def test_invalid_input_is_rejected_with_one_sentence(credentials, given, sentence):
    rejected = credentials(**given)
    assert not rejected.ok
    assert sentence in rejected.error, rejected.output
    assert "Traceback" not in rejected.output
