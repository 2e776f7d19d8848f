"""A ledger that cannot be used ends modules with one sentence, on both databases."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import database_errors, migrations, store
from support.modules import run_module

Run = Callable[..., dict[str, Any]]
PASSWORD = "s3cr3t-of-the-ledger"


def tenants(url: str) -> dict[str, Any]:
    return run_module("tenant_info", ledger_url=url)


def assert_one_sentence(result: dict[str, Any], part: str) -> None:
    assert result["failed"]
    assert result["msg"].startswith("ledger_url: ")
    assert part in result["msg"]
    assert "\n" not in result["msg"]
    assert "Traceback" not in str(result)
    assert PASSWORD not in str(result)


@contextmanager
def locked(url: str) -> Iterator[None]:
    """Hold the lock of all writers."""
    other = store.connect(url)
    with other.writing():
        yield
    other.close()


def test_a_locked_ledger(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "BUSY_SECONDS", 1)
    with locked(url):
        assert_one_sentence(tenants(url), "another program has it locked; run this again when that has finished")
    assert not tenants(url)["failed"]


def test_a_newer_ledger(empty_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run_module("ledger_schema", ledger_url=empty_url)["changed"]
    monkeypatch.setattr(migrations, "REVISIONS", (("0000", lambda op: None),))
    assert_one_sentence(tenants(empty_url), "which this release of sovereign.vdc does not know")


@pytest.mark.parametrize("module", ["tenant_info", "ledger_schema", "tenant_mail"])
def test_a_file_that_is_not_a_database(tmp_path: Path, module: str) -> None:
    (tmp_path / "ledger.db").write_text("This is a text, longer than the header of a database.\n" * 100)
    result = run_module(module, ledger_url=f"sqlite:///{tmp_path}/ledger.db")
    assert_one_sentence(result, "its file is not a SQLite database")


def test_a_damaged_file(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    assert run_module("ledger_schema", ledger_url=url)["changed"]
    with (tmp_path / "ledger.db").open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 4096 * 8)
    assert_one_sentence(tenants(url), "its file is damaged; restore it from a backup")


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_of_another_user(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    assert run_module("ledger_schema", ledger_url=url)["changed"]
    (tmp_path / "ledger.db").chmod(0)
    assert_one_sentence(tenants(url), "correct the owner and the mode")


def test_a_directory_instead_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").mkdir()
    assert_one_sentence(tenants(f"sqlite:///{tmp_path}/ledger.db"), "its file cannot be opened")


@pytest.mark.parametrize("module", ["tenant_info", "ledger_schema"])
def test_an_unreachable_server(module: str) -> None:
    result = run_module(module, ledger_url=f"postgresql+psycopg://vdc:{PASSWORD}@127.0.0.1:9/ledger")
    assert_one_sentence(result, "the server cannot be reached or refuses the login (connection failed")


def test_a_database_that_does_not_exist(postgres: str) -> None:
    assert_one_sentence(tenants(postgres.format(name="missing")), 'database "missing" does not exist')


def test_a_user_that_does_not_exist(postgres: str) -> None:
    url = postgres.format(name="postgres").replace("://ledger@", f"://stranger:{PASSWORD}@")
    assert_one_sentence(tenants(url), 'role "stranger" does not exist')


def test_a_failed_statement_is_a_fault_of_the_code(url: str, ledger: store.Ledger) -> None:
    broken = pytest.raises(store.sa.exc.DBAPIError, match="missing_table")
    with broken, database_errors.errors(), ledger.reading() as connection:
        connection.exec_driver_sql("SELECT 1 FROM missing_table")


def test_parameters_of_a_failed_statement_are_not_in_the_message(ledger: store.Ledger) -> None:
    with pytest.raises(store.sa.exc.DBAPIError) as failed, ledger.reading() as connection:
        connection.execute(store.sa.text("SELECT :secret FROM missing_table"), {"secret": PASSWORD})
    assert PASSWORD not in str(failed.value)


@pytest.mark.parametrize(
    ("state", "part"), [("28P01", "refused the login"), ("3D000", "no such database"), ("57P03", "being started")]
)
def test_codes_of_postgresql(state: str, part: str) -> None:
    error = store.sa.exc.OperationalError(
        "SELECT 1", {}, type("Error", (Exception,), {"sqlstate": state})("texte français")
    )
    with pytest.raises(ValidationError, match=part), database_errors.errors():
        raise error


def test_codes_of_sqlite_are_extended_ones_as_well() -> None:
    error = sqlite3.OperationalError("any text")
    error.sqlite_errorcode = sqlite3.SQLITE_BUSY_SNAPSHOT
    assert "locked" in database_errors.meaning(error)
