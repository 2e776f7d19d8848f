"""The collection's ``AnsibleModule``: what is masked in results, and how failures end."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import StorageError, ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.module import Module
from support.modules import patch_module_args

SPEC = {
    "token": {"type": "str", "no_log": True},
    "machines": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "no_log": True,
        "options": {
            "name": {"type": "str", "required": True},
            "size": {"type": "int"},
            "state": {"type": "str", "choices": ["present", "absent"]},
            "user_data": {"type": "str", "no_log": True},
        },
    },
}
SECRET = "#cloud-config\npassword: 'h1dden'\n"


@pytest.fixture
def result(capsys: pytest.CaptureFixture[str]) -> Callable[..., dict[str, Any]]:
    """Run a module that does ``work`` with these options; return its result, with ``no_log`` on the task if ``censored``."""

    def result(work: Callable[[Module], Any], censored: bool = False, **args: Any) -> dict[str, Any]:
        def main() -> None:
            module = Module(SPEC)
            with module.failures():
                work(module)

        with patch_module_args({**args, "_ansible_no_log": censored}), pytest.raises(SystemExit):
            main()
        return json.loads(capsys.readouterr().out)

    return result


@pytest.mark.parametrize("censored", [False, True])
def test_names_and_numbers_of_a_hidden_option_stay_in_the_result(result, censored: bool) -> None:
    machines = [{"name": "web", "size": 2, "user_data": SECRET}]
    shown = result(
        lambda module: module.exit_json(web="web runs", steps=2, leaked=SECRET),
        censored,
        token="t0ken",
        machines=machines,
    )
    assert (shown["web"], shown["steps"]) == ("web runs", 2)
    assert "h1dden" not in json.dumps(shown)


def test_options_that_are_rejected_show_no_secret(result) -> None:
    wrong = {"name": "web", "state": "gone", "user_data": SECRET}
    shown = result(lambda module: None, token="t0ken\n", machines=[wrong])
    assert shown["failed"]
    assert "got: gone found in machines" in shown["msg"]
    assert "t0ken" not in json.dumps(shown)
    assert "h1dden" not in json.dumps(shown)


@pytest.mark.parametrize("error", [ValidationError, StorageError])
def test_our_errors_are_one_sentence(result, error: type[Exception]) -> None:
    def fail(_module: Module) -> None:
        raise error("name: 'x' is wrong; do this")

    assert result(fail)["msg"] == "name: 'x' is wrong; do this"


def test_a_foreign_exception_is_reported_without_the_secrets_that_it_quotes(result) -> None:
    def fail(module: Module) -> None:
        raise ValueError(f"Invalid return character(s) in header value: {'Bearer ' + module.params['token']!r}")

    shown = result(fail, token="t0ken\n")
    assert shown["msg"].startswith("unexpected ValueError: Invalid return character(s) in header value: 'Bearer ****")
    assert "t0ken" not in json.dumps(shown)
