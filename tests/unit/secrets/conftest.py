"""The three stores of secrets; the ledger on both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.secrets.options import STORE_OPTIONS, open_secrets
from ansible_collections.sovereign.vdc.plugins.module_utils.secrets.service import Secrets
from support.fake_vault import TOKEN, FakeVault, fake_vault
from support.postgres import create_database
from support.tenants import new_ledger

KEY = "correct horse battery staple"
Open = Callable[..., Secrets]


@pytest.fixture
def vault(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeVault]:
    """A Vault server, with its address and a token in the environment."""
    with fake_vault() as server:
        monkeypatch.setenv("VAULT_ADDR", server.address)
        monkeypatch.setenv("VAULT_TOKEN", TOKEN)
        yield server


@pytest.fixture
def open_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """``open_store(store, **options)``: the secrets of that store, as another process opens them."""
    monkeypatch.setenv("VDC_SECRETS_KEY", KEY)
    opened: list[Secrets] = []

    def run(store: str, **options: Any) -> Secrets:
        defaults = {key: option.get("default") for key, option in STORE_OPTIONS.items()}
        opened.append(open_secrets({**defaults, "store": store, **options}, lambda path: Path(path).read_text()))
        return opened[-1]

    yield run
    for secrets in opened:
        secrets.close()


@pytest.fixture(params=["files", "sqlite", "postgresql", "hashi_vault"])
def again(request: pytest.FixtureRequest, tmp_path: Path, open_store: Open) -> Callable[[], Secrets]:
    """Opens one store again and again, as jobs do."""
    options: dict[str, Any] = {"store": request.param}
    if request.param == "files":
        options["directory"] = str(tmp_path / "private")
    elif request.param == "hashi_vault":
        request.getfixturevalue("vault")
    else:
        url = f"sqlite:///{tmp_path}/ledger.db"
        if request.param == "postgresql":
            url = create_database(request.getfixturevalue("postgres"))
        new_ledger(url)
        options = {"store": "ledger", "ledger_url": url}
    return lambda: open_store(**options)
