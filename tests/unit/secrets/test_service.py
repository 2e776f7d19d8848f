"""A secret of something that exists is never made again."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from support.tenants import new_ledger

NAME = "tenants/acme/redis_password"


@pytest.fixture
def url(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path}/ledger.db"
    new_ledger(url)
    return url


@pytest.mark.parametrize("check", [False, True])
def test_a_secret_that_the_ledger_records_is_not_made_in_another_directory(
    open_store, url: str, tmp_path: Path, check: bool
) -> None:
    open_store("files", directory=str(tmp_path / "first"), ledger_url=url).ensure(NAME, lambda: "value")
    second = open_store("files", directory=str(tmp_path / "second"), ledger_url=url)
    assert second.missing() == [NAME]
    with pytest.raises(
        ValidationError, match=f"store: the directory {tmp_path}/second has no secret {NAME}, but it was made"
    ):
        second.ensure(NAME, lambda: "new", check=check)
    assert not (tmp_path / "second").exists()
    assert second.ensure("tenants/beta/x", lambda: "value", check=check)[1]


def test_a_secret_that_exists_is_recorded_when_it_is_used(open_store, url: str, tmp_path: Path) -> None:
    open_store("files", directory=str(tmp_path / "first")).ensure(NAME, lambda: "value")
    open_store("files", directory=str(tmp_path / "first"), ledger_url=url).ensure(NAME, lambda: "new")
    assert open_store("files", directory=str(tmp_path / "second"), ledger_url=url).missing() == [NAME]


def test_a_move_to_another_store_without_its_secrets_is_rejected(open_store, url: str, tmp_path: Path) -> None:
    open_store("files", directory=str(tmp_path / "first"), ledger_url=url).ensure(NAME, lambda: "value")
    with pytest.raises(ValidationError, match=r"store: the ledger sqlite:///\S+ has no secret"):
        open_store("ledger", ledger_url=url).ensure(NAME, lambda: "new")


def test_nothing_is_made_for_an_owner_in_use_of_whom_the_store_has_nothing(open_store, tmp_path: Path) -> None:
    secrets = open_store("files", directory=str(tmp_path / "first"))
    with pytest.raises(ValidationError, match="but it was made before; restore it, or use the store that has it"):
        secrets.ensure(NAME, lambda: "value", in_use=True)
    # A tenant that gets another stack needs more credentials than it has.
    secrets.ensure(NAME, lambda: "value")
    assert secrets.ensure("tenants/acme/neo4j_password", lambda: "value", in_use=True)[1]


def test_a_required_secret_is_named_with_its_store(open_store, tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match=f"the directory {tmp_path} has no secret a/b, a/c; restore it"):
        open_store("files", directory=str(tmp_path)).require(["a/b", "a/c"])
