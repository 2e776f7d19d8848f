"""The modules that work with the ledger."""

from __future__ import annotations

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import store
from support.playbooks import STOCK, play


@pytest.fixture
def url(tmp_path) -> str:
    return f"sqlite:///{tmp_path}/ledger.db"


def test_the_schema_is_applied_once_and_predicted_in_check_mode(url, run_module, tmp_path):
    predicted = run_module("ledger_schema", _check=True, ledger_url=url)
    assert list(tmp_path.iterdir()) == []
    real = run_module("ledger_schema", ledger_url=url)
    assert predicted == real
    assert real["changed"]
    assert not run_module("ledger_schema", ledger_url=url)["changed"]


def test_the_playbook_migrates_a_ledger_without_tables(url, run_module, tmp_path):
    store.connect(url).close()
    assert "needs migration 0001" in run_module("tenant_info", ledger_url=url)["msg"]
    migrated = play("ledger_migrate", tmp_path, "-e", f"vdc_ledger_url={url}", "-e", "confirm_new_ledger=lab", **STOCK)
    assert (migrated.ok, migrated.changed) == (True, 1), migrated.output
    again = play("ledger_migrate", tmp_path, **STOCK, VDC_LEDGER_URL=url)
    assert (again.ok, again.changed) == (True, 0), again.output
    assert run_module("tenant_info", ledger_url=url)["tenants"] == []


def test_a_missing_ledger_is_rejected(url, run_module):
    assert "there is no ledger" in run_module("tenant_info", ledger_url=f"{url}.other")["msg"]
