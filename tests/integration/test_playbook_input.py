"""What is given to a playbook is never evaluated, and blank answers of a survey are none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.sovereign.vdc.plugins.plugin_utils.playbook_input import spec
from support.playbooks import Outcome, play
from support.tenants import new_ledger

# Those that put an option into the hosts of a play, into `when`, into a name, or keep a secret.
PLAYBOOKS = [
    "platform_destroy",
    "storage_disk_retire",
    "subscriptions",
    "tenant_create",
    "tenant_credentials",
    "tenant_destroy",
]


@pytest.fixture
def run(tmp_path: Path):
    """Run a playbook on a site without nodes, with ``variables`` as extra variables in a file, as AWX gives them."""
    inventory = tmp_path / "hosts"
    inventory.write_text("localhost ansible_connection=local vdc_fleet=demo\n")
    url = f"sqlite:///{tmp_path}/ledger.db"
    new_ledger(url)

    def start(playbook: str, variables: dict[str, Any], *more: str) -> Outcome:
        (tmp_path / "given.json").write_text(json.dumps(variables))
        given = f"@{tmp_path}/given.json"
        return play(playbook, tmp_path, "-e", given, *more, inventory=inventory, VDC_LEDGER_URL=url, seconds=100)

    return start


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_templates_in_options_are_never_evaluated(run, tmp_path: Path, playbook: str) -> None:
    evaluated = tmp_path / "evaluated"
    evaluated.mkdir()
    given = {name: f"{{{{ lookup('pipe', 'touch {evaluated}/{name}') }}}}" for name in spec.load(playbook).options}
    rejected = run(playbook, given, "-vvv")
    assert not rejected.ok
    assert "the value is a template" in rejected.output
    if playbook == "storage_disk_retire":
        run(playbook, given, "--list-hosts")
    assert list(evaluated.iterdir()) == []


def test_blank_answers_are_none_and_dates_are_times(run) -> None:
    for answer in ("", None, "2026-12-31"):
        accepted = run("subscriptions", {"as_of": answer, "tenant": "", "confirm": None})
        assert "PLAY [Validate the inventory]" in accepted.output, accepted.output
    for answer, reason in ((1798675200000, "is in milliseconds"), ("soon", "is not a time")):
        rejected = run("subscriptions", {"as_of": answer})
        assert not rejected.ok
        assert reason in rejected.error, rejected.output


def test_a_misspelled_option_is_rejected_with_the_right_name(run) -> None:
    rejected = run("tenant_create", {"tenant": "acme", "tier": "casual", "owner_mail": "owner@acme.example"})
    assert rejected.error == "owner_mail: the playbook tenant_create has no such option; use owner_email", (
        rejected.output
    )
