"""Every playbook checks before all else that it sees the whole fleet, and no tag leaves a part of it out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
PLAYBOOKS = sorted((ROOT / "playbooks").glob("*.yml"))
CHECK = "inventory_validate.yml"
# These work with the ledger and files of the controller alone; ledger_restore reports what it cannot see, too.
WITHOUT_INVENTORY = {
    *("history", "ledger_backup", "ledger_migrate", "ledger_restore", "site_check"),
    *("tenant_credentials", "tenant_update", "tenants"),
}


def _plays(path: Path) -> list[dict[str, Any]]:
    return yaml.safe_load(path.read_text())


@pytest.mark.parametrize("path", PLAYBOOKS, ids=lambda path: path.stem)
def test_only_input_is_read_before_the_check_of_the_inventory(path: Path) -> None:
    plays = _plays(path)
    if path.name == CHECK or path.stem in WITHOUT_INVENTORY:
        return
    check = next(number for number, play in enumerate(plays) if play.get("import_playbook") == CHECK)
    assert [play["name"] for play in plays[:check]] in ([], ["Validate input"])
    for play in plays[:check]:
        assert {key for task in play["tasks"] for key in task} <= {"name", "sovereign.vdc.playbook_input", "register"}


@pytest.mark.parametrize("path", PLAYBOOKS, ids=lambda path: path.stem)
def test_no_tag_leaves_out_a_part_of_a_playbook(path: Path) -> None:
    assert "tags:" not in path.read_text().replace("  tags: [always]\n", "")


def test_the_check_runs_on_what_a_limit_leaves() -> None:
    play = _plays(ROOT / "playbooks" / CHECK)[-1]
    assert "ansible_limit" in play["hosts"]
    assert play["any_errors_fatal"]
