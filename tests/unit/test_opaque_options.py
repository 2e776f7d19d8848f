"""Every option that can hold a secret is hidden, and so is every option that contains it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.specs import MODULES, argument_spec, walk

ROOT = Path(__file__).resolve().parents[2]
# Names of options that can hold a secret, in modules and roles.
SECRET = re.compile(
    r"pass(word|phrase)?$|secret|token|credential|(^|_)key$|user_data|cloud_init|content$|^text$|environment|(^|_)env$|_url$"
)
# Names that match and hold none.
PUBLIC = {
    "exoscale_ssh_key": {"public_key"},
}
# Names of roles' options that match and hold paths or names.
PUBLIC_ROLE_OPTIONS = {
    "exoscale_platform_public_key",
    "hetzner_platform_public_key",
    "operator_key_file",
    "tenant_backup_save_credentials",
    "tenant_backup_private_dir",
    "tenant_stack_certificate",
    "tenant_stack_certificate_key",
    "tenant_stack_credentials",
}


@pytest.mark.parametrize("name", MODULES)
def test_options_that_can_hold_secrets_are_hidden(name: str) -> None:
    for path, option in walk(argument_spec(name)):
        if SECRET.search(path[-1]) and path[-1] not in PUBLIC.get(name, set()):
            assert option.get("no_log") is True, f"{'.'.join(path)} can hold a secret"


@pytest.mark.parametrize("name", MODULES)
def test_an_option_with_a_hidden_suboption_is_hidden_as_a_whole(name: str) -> None:
    spec = argument_spec(name)
    for path, option in walk(spec):
        if option.get("no_log") is True and len(path) > 1:
            assert spec[path[0]].get("no_log") is True, f"{path[0]} shows {'.'.join(path)} in the node's log"


def test_some_options_are_hidden() -> None:
    hidden = {(name, *path) for name in MODULES for path, option in walk(argument_spec(name)) if option.get("no_log")}
    assert {
        ("file_tree", "files"),
        ("file_tree", "files", "content"),
        ("hetzner_servers", "servers"),
        ("exoscale_instances", "instances", "user_data"),
        ("tenant_mail", "mails", "text"),
        ("tenant", "ledger_url"),
    } <= hidden


def _role_options() -> list[tuple[str, str, dict[str, Any]]]:
    found = []
    for path in sorted((ROOT / "roles").glob("*/meta/argument_specs.yml")):
        for entry, spec in yaml.safe_load(path.read_text())["argument_specs"].items():
            found += [(f"{path.parts[-3]} {entry}", name, option) for name, option in spec["options"].items()]
    return found


def test_options_of_roles_that_can_hold_secrets_are_hidden() -> None:
    shown = {
        name
        for _where, name, option in _role_options()
        if SECRET.search(name) and not option.get("no_log") and name not in PUBLIC_ROLE_OPTIONS
    }
    assert shown == set()


def test_every_module_is_made_from_the_class_that_hides_secrets() -> None:
    sources = [*(ROOT / "plugins/modules").glob("*.py"), *(ROOT / "plugins/module_utils").rglob("*.py")]
    direct = {path.stem for path in sources if re.search(r"= AnsibleModule\(", path.read_text())}
    assert direct == set()
