"""A ledger on a remote PostgreSQL needs a verified certificate."""

from __future__ import annotations

import re

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import store, tls

BASE = "postgresql+psycopg://vdc"


@pytest.mark.parametrize(
    ("url", "environment"),
    [
        (f"{BASE}@db.example.org/ledger?sslmode=verify-full", {}),
        (f"{BASE}@db.example.org/ledger?sslmode=verify-ca&sslrootcert=/ca.crt", {}),
        (f"{BASE}@db.example.org/ledger", {"PGSSLMODE": "verify-full"}),
        (f"{BASE}@10.99.0.1/ledger?sslmode=disable", {}),
        (f"{BASE}@localhost/ledger", {}),
        (f"{BASE}@127.0.0.1:5433/ledger", {}),
        (f"{BASE}@[::1]/ledger", {}),
        (f"{BASE}@/ledger?host=/run/postgresql", {}),
        (f"{BASE}@/ledger?host=/run/postgresql:5433", {}),
        (f"{BASE}@/ledger?host=127.0.0.1:5433", {}),
        (f"{BASE}@/ledger", {}),
        (f"{BASE}@/ledger", {"PGHOST": "/run/postgresql"}),
    ],
)
def test_a_local_or_verified_server_is_accepted(url, environment):
    tls.validate(store.sa.make_url(url), environment)


@pytest.mark.parametrize(
    ("url", "environment", "says"),
    [
        (
            f"{BASE}@db.example.org/ledger",
            {},
            "has no sslmode, so anyone between the controller and db.example.org could",
        ),
        (f"{BASE}@db.example.org/ledger?sslmode=require", {}, "has sslmode=require, so"),
        (f"{BASE}@db.example.org/ledger?sslmode=prefer", {"PGSSLMODE": "verify-full"}, "has sslmode=prefer, so"),
        (f"{BASE}@db.example.org/ledger", {"PGSSLMODE": "allow"}, "has sslmode=allow, so"),
        (f"{BASE}@/ledger?host=localhost&host=10.0.0.2:5433", {}, "controller and 10.0.0.2:5433 could"),
        (f"{BASE}@/ledger?host=a.example,b.example", {}, "controller and a.example, b.example could"),
        (f"{BASE}@localhost/ledger?hostaddr=192.0.2.7", {}, "controller and 192.0.2.7 could"),
        (f"{BASE}@/ledger", {"PGHOST": "db.example.org"}, "controller and db.example.org could"),
        (f"{BASE}@/ledger?service=ledger", {}, "controller and the service's host could"),
        (f"{BASE}@localhost.example.org/ledger", {}, "controller and localhost.example.org could"),
    ],
)
def test_a_remote_server_without_verification_is_rejected(url, environment, says):
    with pytest.raises(ValidationError, match=f"^ledger_url: .*{re.escape(says)}.*add sslmode=verify-full"):
        tls.validate(store.sa.make_url(url), environment)


def test_the_ledger_is_not_opened_and_the_password_not_shown(monkeypatch):
    monkeypatch.delenv("PGSSLMODE", raising=False)
    with pytest.raises(ValidationError, match="has no sslmode") as error:
        store.connect("postgresql+psycopg://vdc:s3cret@db.example.org/ledger")
    assert "s3cret" not in str(error.value)
