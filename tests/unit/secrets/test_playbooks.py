"""Every playbook checks the site before it does anything else than read its options."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

PLAYBOOKS = Path(__file__).resolve().parents[3] / "playbooks"
# Plays that change nothing.
READING = ("Validate input", "Validate the inventory")


def plays(path: Path) -> list[tuple[str, str]]:
    """The file and the name of each play, in the order in which they run."""
    found: list[tuple[str, str]] = []
    for play in yaml.safe_load(path.read_text()):
        imported = play.get("ansible.builtin.import_playbook") or play.get("import_playbook")
        found += plays(path.parent / imported) if imported else [(path.name, play["name"])]
    return found


@pytest.mark.parametrize("path", sorted(PLAYBOOKS.glob("*.yml")), ids=lambda path: path.stem)
def test_the_site_is_checked_first(path: Path) -> None:
    order = plays(path)
    first = next(index for index, (_file, name) in enumerate(order) if name not in READING)
    assert order[first][0] == "site_check.yml"
