"""The module vault_file: read the password as Ansible does, encrypt with a random salt."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.parsing.vault import VaultLib, VaultSecret
from ansible_collections.sovereign.vdc.plugins.action.vault_file import write
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from ansible_collections.sovereign.vdc.plugins.plugin_utils.secrets import read_password_file

PASSWORD = b"correct horse"


@pytest.mark.parametrize(
    ("text", "mode"),
    [("correct horse", 0o600), ("  correct horse \n\n", 0o600), ("#!/bin/sh\necho correct horse\n", 0o700)],
    ids=["plain", "padded", "executable"],
)
def test_the_password_file_is_read_as_ansible_reads_it(tmp_path: Path, text: str, mode: int) -> None:
    path = tmp_path / "a password"
    path.write_text(text)
    path.chmod(mode)
    assert read_password_file(str(path), DataLoader(), "password_file") == PASSWORD


@pytest.mark.parametrize("text", [None, "", "#!/bin/sh\nexit 3\n"], ids=["missing", "empty", "failing"])
def test_a_password_file_that_cannot_be_read_is_one_sentence(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "password"
    if text is not None:
        path.write_text(text)
        path.chmod(0o700 if text else 0o600)
    with pytest.raises(ValidationError, match=r"^key_file: '.*' cannot be read as a Vault password file"):
        read_password_file(str(path), DataLoader(), "key_file")


def test_the_salt_is_random_and_an_unchanged_file_stays(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    assert write(one, "secret", PASSWORD, check=True)
    assert not one.exists()
    assert write(one, "secret", PASSWORD, check=False)
    assert write(two, "secret", PASSWORD, check=False)
    assert one.read_text().split("\n", 2)[1] != two.read_text().split("\n", 2)[1]
    assert VaultLib([("", VaultSecret(PASSWORD))]).decrypt(one.read_text()) == b"secret"
    assert one.stat().st_mode & 0o777 == 0o600
    before = one.read_text()
    assert not write(one, "secret", PASSWORD, check=False)
    assert one.read_text() == before
    assert write(one, "other", PASSWORD, check=False)
    assert write(one, "other", b"another password", check=False)
