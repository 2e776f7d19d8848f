"""Every playbook checks before all else that it sees the whole fleet, and no tag leaves a part of it out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
PLAYBOOKS = sorted((ROOT / "playbooks").glob("*.yml"))
CHECK = "inventory_validate.yml"
SITE = "site_check.yml"
# These work with the ledger and files of the controller alone.
WITHOUT_INVENTORY = {"history", "ledger_backup", "ledger_migrate", "tenant_credentials", "tenant_update", "tenants"}


def _plays(path: Path) -> list[dict[str, Any]]:
    return yaml.safe_load(path.read_text())


@pytest.mark.parametrize("path", PLAYBOOKS, ids=lambda path: path.stem)
def test_a_playbook_checks_the_site_and_the_inventory_after_its_options(path: Path) -> None:
    if path.name not in (CHECK, SITE):
        assert _plays(path)[1]["import_playbook"] == (SITE if path.stem in WITHOUT_INVENTORY else CHECK)


@pytest.mark.parametrize("path", PLAYBOOKS, ids=lambda path: path.stem)
def test_no_tag_leaves_out_a_part_of_a_playbook(path: Path) -> None:
    assert "tags:" not in path.read_text().replace("  tags: [always]\n", "")


def test_the_check_runs_on_what_a_limit_leaves() -> None:
    site, play = _plays(ROOT / "playbooks" / CHECK)
    assert site["import_playbook"] == SITE
    assert "ansible_limit" in play["hosts"]
    assert play["any_errors_fatal"]
