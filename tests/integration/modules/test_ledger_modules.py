"""The modules that work with the ledger."""

from __future__ import annotations

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import migrations, store
from support.playbooks import STOCK, play


@pytest.fixture
def url(tmp_path) -> str:
    return f"sqlite:///{tmp_path}/ledger.db"


def test_the_schema_is_applied_once_and_foreseen_in_check_mode(url, run_module, tmp_path):
    foreseen = run_module("ledger_schema", _check=True, ledger_url=url)
    assert list(tmp_path.iterdir()) == []
    real = run_module("ledger_schema", ledger_url=url)
    assert foreseen == real
    assert real["changed"]
    assert not run_module("ledger_schema", ledger_url=url)["changed"]


def test_an_older_ledger_is_brought_up_by_the_playbook_with_what_it_knows(url, run_module, tmp_path):
    made = store.connect(url)
    with made.writing() as connection:
        migrations.upgrade(connection, "0001")
        connection.exec_driver_sql(
            "INSERT INTO tenants (name, tier, state, created, last_active) VALUES ('acme', 'casual', 'suspended', 7, 7)"
        )
    made.close()
    assert "lacks 0002" in run_module("tenant_info", ledger_url=url)["msg"]
    migrated = play("ledger_migrate", tmp_path, "-e", f"vdc_ledger_url={url}", **STOCK)
    assert (migrated.ok, migrated.changed) == (True, 1), migrated.said
    again = play("ledger_migrate", tmp_path, **STOCK, VDC_LEDGER_URL=url)
    assert (again.ok, again.changed) == (True, 0), again.said
    [acme] = run_module("tenant_info", ledger_url=url)["tenants"]
    assert [acme[key] for key in ("name", "state", "wish", "created", "volume_gib")] == [
        "acme",
        "suspended",
        "poweroff",
        7,
        0,
    ]


def test_a_missing_ledger_is_named(url, run_module):
    assert "there is no ledger" in run_module("tenant_info", ledger_url=f"{url}.other")["msg"]
