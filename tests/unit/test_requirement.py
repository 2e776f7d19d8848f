"""An ansible-core that is too old is refused (inventories: tests/unit/inventory/test_failures.py)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from ansible_collections.sovereign.vdc.plugins.action import playbook_input
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.requirement import OLDEST, check_ansible_version
from ansible_collections.sovereign.vdc.plugins.modules import tenant_info
from support.modules import patch_module_args

ROOT = Path(__file__).resolve().parents[2]


def test_the_oldest_version_is_that_of_the_metadata() -> None:
    runtime = yaml.safe_load((ROOT / "meta/runtime.yml").read_text())
    assert runtime["requires_ansible"] == ">=" + ".".join(map(str, OLDEST))


@pytest.mark.parametrize("version", ["2.18.0", "2.18.12", "2.19.0rc1", "2.20", "3.0.0", "0.0", None, "unknown"])
def test_a_new_version_is_accepted(version: str | None) -> None:
    check_ansible_version(version)


@pytest.mark.parametrize("version", ["2.17.14", "2.9.27", "1.9", "2.17.0.post1"])
def test_an_old_version_is_refused(version: str) -> None:
    with pytest.raises(
        ValidationError, match=rf"^ansible-core {version} is too old for sovereign\.vdc, which needs 2\.18\.0"
    ):
        check_ansible_version(version)


def test_modules_refuse_an_old_version(capsys: pytest.CaptureFixture[str]) -> None:
    given = {"ledger_url": "sqlite:////nonexistent/ledger.db", "_ansible_version": "2.17.14"}
    with patch_module_args(given), pytest.raises(SystemExit):
        tenant_info.main()
    assert json.loads(capsys.readouterr().out)["msg"].startswith("ansible-core 2.17.14 is too old for sovereign.vdc")


# That every playbook begins with this check is shown by tests/unit/playbook_input/test_spec.py.
def test_the_check_of_playbooks_refuses_an_old_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(playbook_input, "ansible_version", "2.17.14")
    monkeypatch.setattr(playbook_input.ActionBase, "run", lambda *_arguments: {})
    action = object.__new__(playbook_input.ActionModule)
    result = action.run()
    assert result["failed"]
    assert result["msg"].startswith("ansible-core 2.17.14 is too old for sovereign.vdc")
