"""Copies of the ledger, on SQLite and on PostgreSQL."""

from __future__ import annotations

import dataclasses
import json
import stat
from pathlib import Path

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import copies, document, migrations, schema, store
from support.controller import Controller

PASSWORD = "only for tests"


@pytest.fixture
def tables(ledger) -> document.Tables:
    """The content of a ledger with tenants, a queue and a running operation."""
    run = Controller(ledger)
    run.sign_up("acme", "beta")
    run.request("gamma", tier="pro", owner_email="owner@gamma.example")
    run.start("gamma")
    with ledger.writing() as connection:
        return document.dump(connection)


def versions() -> list[str]:
    return [name for name, _upgrade in migrations.REVISIONS]


def test_a_copy_is_the_same_in_another_database(tables, empty_url):
    ledger = store.connect(empty_url)
    with ledger.writing() as connection:
        assert document.is_empty(connection)
        document.load(connection, tables, versions())
        assert not document.is_empty(connection)
        assert document.digest(document.dump(connection)) == document.digest(tables)
    run = Controller(ledger)
    run.sign_up("delta")  # new rows get numbers of their own
    with ledger.writing() as connection:
        document.load(connection, tables, versions())
        assert document.dump(connection) == tables
    assert run.tenants().keys() == {"acme", "beta", "gamma"}
    ledger.close()


def test_a_copy_of_an_older_schema_is_migrated(empty_url):
    rows = {
        "columns": ["id", "name", "tier", "state", "created", "last_active"],
        "rows": [[1, "text:acme", "text:pro", "text:active", 5, 5]],
    }
    ledger = store.connect(empty_url)
    with ledger.writing() as connection:
        document.load(connection, {"tenants": rows}, ["0001"])
        assert migrations.pending(connection) == []
        [acme] = connection.execute(schema.TENANTS.select()).all()
        assert (acme.name, len(acme.identity)) == ("acme", 16)
        with pytest.raises(
            ValidationError, match=r"the copy has migration 9999, which this release of sovereign\.vdc does not"
        ):
            document.load(connection, {"tenants": rows}, ["0001", "9999"])
        assert connection.execute(schema.TENANTS.select()).one().name == "acme"
    ledger.close()


def test_locks_are_left_out_and_bytes_and_text_are_told_apart():
    assert "locks" not in {name for name in schema.METADATA.tables if name not in document.LEFT_OUT}
    for value in (b"\x00\xff", "base64:AAAA", "text:x", "", 7, None, True):
        assert document._value(json.loads(json.dumps(document._plain(value)))) == value


@pytest.mark.parametrize("password", ["", PASSWORD], ids=["plain", "encrypted"])
def test_a_copy_is_written_for_its_owner_alone_and_read_back(tables, tmp_path, password):
    header, data = copies.encode(tables, versions(), "lab", 1_795_834_800, password)
    path = copies.write(tmp_path / "copies", header, data)
    assert path.name == "lab-20261128T030000Z.ledger.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [found.name for found in path.parent.iterdir()] == [path.name]
    assert copies.decode(copies.read(path), "it", password) == (header, tables)
    assert (b"owner@gamma.example" in data) == (not password)
    assert header.tenants == 3


def test_a_damaged_or_foreign_copy_is_rejected(tables, tmp_path: Path):
    _sealed, data = copies.encode(tables, versions(), "lab", 0, PASSWORD)
    _plain, readable = copies.encode(tables, versions(), "lab", 0, "")
    other = json.loads(data)
    other["header"]["fleet"] = "two"
    for given, password, message in (
        (data, "wrong", r"password: it does not open 'it', or the file is damaged"),
        (data, "", r"password: is not given, and 'it' is encrypted"),
        (json.dumps(other).encode(), PASSWORD, r"password: it does not open 'it'"),
        (data[:-900], PASSWORD, "path: 'it' is not a copy of a ledger"),
        (
            readable.replace(b"text:beta", b"text:bete"),
            "",
            "path: 'it' is damaged, because its content does not have the digest",
        ),
        (readable.replace(b"copy 1", b"copy 2"), "", "path: 'it' has the format 'sovereign.vdc ledger copy 2'"),
    ):
        with pytest.raises(ValidationError, match=message):
            copies.decode(given, "it", password)
    with pytest.raises(ValidationError, match="cannot be read"):
        copies.read(tmp_path / "missing")


def test_secrets_are_not_copied_without_a_password(tables):
    elsewhere = ["text:name", 0, 0, "text:", "text:"]
    tables["secrets"] = {"columns": ["name", "created", "changed", "key_id", "ciphertext"], "rows": [elsewhere]}
    assert not copies.encode(tables, versions(), "lab", 0, "")[0].encrypted
    tables["secrets"]["rows"].append(["text:other", 0, 0, "text:k", "text:c2VhbGVk"])
    with pytest.raises(ValidationError, match="password: is not given, and the ledger has a table of secrets"):
        copies.encode(tables, versions(), "lab", 0, "")
    assert dataclasses.asdict(copies.encode(tables, versions(), "lab", 0, PASSWORD)[0])["encrypted"]
