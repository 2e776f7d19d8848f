"""Failures of an inventory are one sentence without credentials."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible.errors import AnsibleParserError
from ansible.inventory.data import InventoryData
from ansible.parsing.dataloader import DataLoader
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.client import connect
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.transport import Calls
from ansible_collections.sovereign.vdc.plugins.plugin_utils.inventory import base

TOKEN = "t0ken-that-nobody-may-see"


class Inventory(base.CloudInventory):
    """An inventory with one credential that does ``work`` with it to read its cloud."""

    NAME, FILE, SECRETS, SCOPE = "test", "test", ("api_token",), ()

    def __init__(self, token: str, work: Callable[[str], Any]) -> None:
        super().__init__()
        self._token, self._work = token, work

    def _read_config_data(self, path: str) -> dict[str, Any]:
        return {}

    def get_options(self, *_arguments: object) -> dict[str, Any]:
        """The options of the file."""
        return {"api_token": self._token, "labels": {}, "label_selector": "", "fleet": ""}

    def _read_options(self) -> dict[str, Any]:
        return self.get_options()

    def _load(self, options: dict[str, Any], path: str, may_use_cache: bool) -> list[base.Facts]:
        return self._work(options["api_token"])

    def read(self, options: Any, labels: str) -> list[base.Facts]:
        """Not used."""
        raise NotImplementedError


def failure(token: str, work: Callable[[str], Any]) -> str:
    with pytest.raises(AnsibleParserError) as failed:
        Inventory(token, work).parse(InventoryData(), DataLoader(), "test.yml")
    assert TOKEN not in str(failed.value)
    return str(failed.value)


def test_an_unusable_token_is_refused_and_not_shown() -> None:
    params = {"api_timeout": 1.0, "api_retries": 0, "api_endpoint": "http://127.0.0.1:9/v1"}
    message = failure(f"{TOKEN} €", lambda token: connect({**params, "api_token": token}, Calls()))
    assert message.startswith(f"test: api_token: character {len(TOKEN) + 1} of {len(TOKEN) + 2} is a blank")


def test_a_foreign_failure_does_not_show_the_token() -> None:
    def fail(token: str) -> None:
        raise ValueError(f"Invalid return character(s) in header value: {'Bearer ' + token!r}")

    message = failure(f"{TOKEN}\n", fail)
    assert message.startswith("test: unexpected ValueError: Invalid return character(s) in header value: 'Bearer ****")


def test_an_old_ansible_core_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "ansible_version", "2.17.14")
    assert failure(TOKEN, lambda token: []).startswith("test: ansible-core 2.17.14 is too old for sovereign.vdc")
