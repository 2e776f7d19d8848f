"""Every playbook first checks that it sees the whole fleet, and no tag leaves a part of it out."""

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
    "history",
    "ledger_backup",
    "ledger_migrate",
    "ledger_restore",
    "site_check",
    "tenant_credentials",
    "tenant_update",
    "tenants",
}


def _plays(path: Path) -> list[dict[str, Any]]:
    return yaml.safe_load(path.read_text())


def _first(path: Path) -> str:
    """The playbook that ``path`` imports first, of those that it imports first in turn, the last."""
    for play in _plays(path):
        imported = play.get("import_playbook", "")
        # The check of the options, and that of the site's private data, read nothing of the fleet.
        if play["name"] != "Validate input" and imported != "site_check.yml":
            return imported if imported in ("", CHECK) else _first(path.with_name(imported))
    return ""


@pytest.mark.parametrize("path", PLAYBOOKS, ids=lambda path: path.stem)
def test_a_playbook_begins_with_the_check_of_the_inventory(path: Path) -> None:
    if path.name != CHECK and path.stem not in WITHOUT_INVENTORY:
        assert _first(path) == CHECK


@pytest.mark.parametrize("path", PLAYBOOKS, ids=lambda path: path.stem)
def test_no_tag_leaves_out_a_part_of_a_playbook(path: Path) -> None:
    assert "tags:" not in path.read_text().replace("  tags: [always]\n", "")


def test_the_check_runs_on_what_a_limit_leaves() -> None:
    [_site, play] = _plays(ROOT / "playbooks" / CHECK)
    assert "ansible_limit" in play["hosts"]
    assert play["any_errors_fatal"]
