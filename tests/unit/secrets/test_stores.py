"""What every store of secrets does."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.secrets import encryption
from ansible_collections.sovereign.vdc.plugins.module_utils.secrets.service import Secrets
from support.fake_vault import FakeVault
from support.postgres import create_database
from support.tenants import new_ledger

NAME = "tenants/acme/redis_password"
Again = Callable[[], Secrets]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Derive keys at a lower cost."""
    monkeypatch.setitem(encryption.COST, "n", 2**4)


def test_another_process_reads_what_was_made_and_makes_nothing_again(again: Again) -> None:
    assert again().get(NAME) is None
    assert again().ensure(NAME, lambda: "first") == ("first", True)
    assert again().ensure(NAME, lambda: "second") == ("first", False)
    assert again().get(NAME) == "first"


def test_names_below_a_prefix_are_listed_and_deleted(again: Again) -> None:
    names = ["backups/acme/credentials/tls.key", "backups/acme/password", "backups/acme-2/password"]
    for name in names:
        again().ensure(name, lambda: "value")
    assert again().names("backups/acme/") == names[:2]
    assert again().values("backups/acme/") == {"credentials/tls.key": "value", "password": "value"}
    assert again().delete("backups/acme/", check=True) == names[:2]
    assert again().delete("backups/acme/") == names[:2]
    assert again().delete("backups/acme/") == []
    assert again().names("backups/acme/") == []
    assert again().get(names[2]) == "value"
    # What was deleted on purpose can be made again.
    assert again().ensure(names[1], lambda: "new", in_use=False) == ("new", True)


def test_a_value_is_replaced_on_request(again: Again) -> None:
    again().ensure(NAME, lambda: "first")
    assert again().put(NAME, "second", check=True)
    assert again().get(NAME) == "first"
    assert again().put(NAME, "second")
    assert not again().put(NAME, "second")
    assert again().get(NAME) == "second"


def test_check_mode_makes_nothing(again: Again) -> None:
    assert again().ensure(NAME, lambda: "value", check=True) == ("value", True)
    assert again().get(NAME) is None


def test_racing_creators_agree_on_one_value(again: Again) -> None:
    stores = [again() for _number in range(6)]
    start = threading.Barrier(len(stores))

    def create(number: int) -> str:
        start.wait()
        return stores[number].ensure(NAME, lambda: f"value {number}")[0]

    with ThreadPoolExecutor(len(stores)) as pool:
        found = list(pool.map(create, range(len(stores))))
    assert set(found) == {again().get(NAME)}


@pytest.mark.parametrize(
    "name", ["", "acme", "/etc/passwd", "tenants/../x", "tenants//x", "a/.hidden", "a/b c", "a/{{ x }}"]
)
def test_other_names_are_rejected(again: Again, name: str) -> None:
    with pytest.raises(ValidationError, match="is not the name of a secret"):
        again().get(name)
    with pytest.raises(ValidationError, match="names: "):
        again().delete(name if name else "../")


def test_files_are_readable_by_their_owner_only_and_whole(open_store, tmp_path: Path) -> None:
    secrets = open_store("files", directory=str(tmp_path / "a b" / "private"))
    secrets.ensure(NAME, lambda: "value")
    path = tmp_path / "a b" / "private" / NAME
    assert path.stat().st_mode & 0o777 == 0o600
    assert [part.stat().st_mode & 0o777 for part in list(path.parents)[:3]] == [0o700] * 3
    assert [file.name for file in path.parent.iterdir()] == ["redis_password"]


def test_a_directory_that_cannot_be_used_is_one_sentence(open_store, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ValidationError, match=r"cannot be used .Not a directory.; use a directory that you can"):
        open_store("files", directory=str(tmp_path / "file")).ensure(NAME, lambda: "value")
    with pytest.raises(ValidationError, match="'private' is not an absolute path"):
        open_store("files", directory="private")


class TestLedger:
    """What only the ledger's rows have."""

    @pytest.fixture(params=["sqlite", "postgresql"])
    def url(self, request: pytest.FixtureRequest, tmp_path: Path) -> str:
        url = f"sqlite:///{tmp_path}/ledger.db"
        if request.param == "postgresql":
            url = create_database(request.getfixturevalue("postgres"))
        new_ledger(url)
        return url

    def test_a_wrong_key_is_one_sentence_and_changes_nothing(self, open_store, url: str, monkeypatch) -> None:
        open_store("ledger", ledger_url=url).ensure(NAME, lambda: "value")
        monkeypatch.setenv("VDC_SECRETS_KEY", "another key, as long as the first")
        for run in (
            lambda secrets: secrets.get(NAME),
            lambda secrets: secrets.ensure("tenants/beta/x", lambda: "value"),
        ):
            with pytest.raises(
                ValidationError, match=r"VDC_SECRETS_KEY: is not the key that .* \(key id [0-9a-f]{16}\); give that key"
            ):
                run(open_store("ledger", ledger_url=url))
        monkeypatch.setenv("VDC_SECRETS_KEY", "short")
        with pytest.raises(ValidationError, match="has 5 characters; give at least 20 random ones"):
            open_store("ledger", ledger_url=url).get(NAME)
        monkeypatch.delenv("VDC_SECRETS_KEY")
        with pytest.raises(ValidationError, match="VDC_SECRETS_KEY: is not set"):
            open_store("ledger", ledger_url=url)

    def test_a_key_from_a_vault_password_file_opens_the_same_secrets(
        self, open_store, url: str, monkeypatch, tmp_path: Path
    ) -> None:
        open_store("ledger", ledger_url=url).ensure(NAME, lambda: "value")
        monkeypatch.delenv("VDC_SECRETS_KEY")
        (tmp_path / "key").write_text("correct horse battery staple\n")
        assert open_store("ledger", ledger_url=url, key_file=str(tmp_path / "key")).get(NAME) == "value"

    def test_rows_contain_no_value_and_are_bound_to_their_names(self, open_store, url: str) -> None:
        secrets = open_store("ledger", ledger_url=url)
        secrets.ensure(NAME, lambda: "a-secret-value")
        secrets.ensure("tenants/beta/x", lambda: "another-value")
        with secrets.ledger.writing() as connection:
            rows = connection.exec_driver_sql("SELECT name, ciphertext FROM secrets ORDER BY name").all()
            keys = connection.exec_driver_sql("SELECT * FROM secret_keys").all()
            assert "a-secret-value" not in str(rows)
            assert len(keys) == 1
            assert "correct" not in str(keys)
            connection.exec_driver_sql(f"UPDATE secrets SET ciphertext = '{rows[1].ciphertext}' WHERE name = '{NAME}'")
        with pytest.raises(
            ValidationError, match=f"the secret {NAME} in the ledger was changed since it was encrypted"
        ):
            open_store("ledger", ledger_url=url).get(NAME)


class TestVault:
    """What only Vault has."""

    def test_an_application_logs_in_with_its_role(self, open_store, vault: FakeVault, monkeypatch) -> None:
        monkeypatch.delenv("VAULT_TOKEN")
        monkeypatch.setenv("HOME", "/nonexistent")
        monkeypatch.setenv("VAULT_ROLE_ID", "fake-role")
        monkeypatch.setenv("VAULT_SECRET_ID", "fake-secret-id\n")
        open_store("hashi_vault").ensure(NAME, lambda: "value")
        assert list(vault.versions) == [f"sovereign-vdc/{NAME}"]

    def test_failures_are_one_sentence_without_the_token(self, open_store, vault: FakeVault, monkeypatch) -> None:
        vault.sealed = True
        with pytest.raises(ValidationError, match="is sealed or not ready"):
            open_store("hashi_vault").get(NAME)
        vault.sealed = False
        with pytest.raises(ValidationError, match="that nowhere is a key-value store of version 2"):
            open_store("hashi_vault", vault_mount="nowhere").ensure(NAME, lambda: "value")
        monkeypatch.setenv("VAULT_TOKEN", "s.wrong-token")
        with pytest.raises(ValidationError, match=r"VAULT_TOKEN: http://127.0.0.1:[0-9]+ does not allow") as refused:
            open_store("hashi_vault").get(NAME)
        assert "s.wrong-token" not in str(refused.value)
        monkeypatch.setenv("VAULT_ADDR", "http://127.0.0.1:1")
        with pytest.raises(ValidationError, match=r"http://127.0.0.1:1 cannot be used .ConnectionError."):
            open_store("hashi_vault").get(NAME)
        monkeypatch.delenv("VAULT_ADDR")
        with pytest.raises(ValidationError, match="VAULT_ADDR: is not set"):
            open_store("hashi_vault")

    def test_a_deleted_version_is_not_made_again(self, open_store, vault: FakeVault) -> None:
        open_store("hashi_vault").ensure(NAME, lambda: "value")
        vault.versions[f"sovereign-vdc/{NAME}"].append(None)
        assert open_store("hashi_vault").names("tenants/") == []
        with pytest.raises(ValidationError, match=r"was deleted .version 2., but not its metadata; undelete it"):
            open_store("hashi_vault").ensure(NAME, lambda: "new")
