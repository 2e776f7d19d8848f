"""Results of modules: success, rejected input, a provider's error, partly failed sets."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.module import (
    CALL_OPTIONS,
    WAIT_OPTIONS,
    Report,
    run_module,
    sentence,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.transport import Calls
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import CloudError, LibraryMissing, ValidationError
from support.modules import patch_module_args


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """Run a module with the given outcome and return its result."""
    # Another test of this process may have loaded Ansible's controller, where warnings are displayed and not returned.
    # ansible-core 2.18 does not have the attribute.
    monkeypatch.setattr("ansible.module_utils._internal.is_controller", False, raising=False)

    def run(outcome: Report | Exception, writes: int = 0, diff: bool = True, **args: Any) -> dict[str, Any]:
        def connect(params: dict[str, Any], calls: Calls) -> Calls:
            if isinstance(outcome, LibraryMissing):
                raise outcome
            return calls

        def work(module: Any, calls: Calls) -> Report:
            calls.reads, calls.writes = 2, writes
            if isinstance(outcome, Exception):
                raise outcome
            return outcome

        with patch_module_args({**args, "_ansible_diff": diff}), pytest.raises(SystemExit):
            run_module({**CALL_OPTIONS, **WAIT_OPTIONS}, connect, work)
        return json.loads(capsys.readouterr().out)

    return run


def test_a_successful_run_returns_the_report(run) -> None:
    result = run(Report(True, {"servers": [1]}, before={"a": 1}, after={"a": 2}), writes=1)
    assert result["changed"]
    assert result["servers"] == [1]
    assert result["api_calls"] == {"reads": 2, "writes": 1}
    assert result["diff"] == {"before": {"a": 1}, "after": {"a": 2}}


def test_warnings(run) -> None:
    result = run(Report(warnings=["cx23 retires soon"]))
    assert "cx23 retires soon" in json.dumps(result["warnings"])


def test_a_diff_is_returned_only_in_diff_mode(run) -> None:
    assert "diff" not in run(Report(before={}, after={}), diff=False)
    assert "diff" not in run(Report())


def test_a_rejected_input_fails_the_module(run) -> None:
    result = run(ValidationError("name: 'x y' is not a hostname"))
    assert result["failed"]
    assert result["msg"] == "name: 'x y' is not a hostname"
    assert result["error"]["code"] == "refused"
    assert not result["changed"]


def test_provider_error(run) -> None:
    result = run(CloudError("no", "forbidden", 403, {"a": 1}, "id-1"))
    assert result["msg"] == "no"
    assert result["error"] == {"code": "forbidden", "message": "no", "details": {"a": 1}, "correlation_id": "id-1"}
    assert not result["changed"]
    assert run(CloudError("no"), writes=3)["changed"]


def test_a_failed_resource_fails_the_module(run) -> None:
    failed = {"b": CloudError("no room", "placement_error"), "c": CloudError("no stock", "resource_unavailable")}
    result = run(Report(True, {"servers": ["a"]}, failed=failed, kind="servers"), writes=3)
    assert result["failed"]
    assert result["changed"]
    assert result["servers"] == ["a"]
    assert result["msg"] == "2 servers failed; b: no room (also c, see failed_resources)"
    assert result["error"]["code"] == "placement_error"
    assert result["failed_resources"]["c"]["message"] == "no stock"


def test_the_message_names_only_some_of_many_failures() -> None:
    failed = {f"s{n}": CloudError("no") for n in range(100)}
    assert (
        sentence(failed, "servers") == "100 servers failed; s0: no (also s1, s2, s3, s4, s5, …, see failed_resources)"
    )


def test_a_missing_library(run) -> None:
    result = run(LibraryMissing("hcloud", "Traceback: no module named hcloud"))
    assert "Failed to import the required Python library (hcloud)" in result["msg"]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ({"api_timeout": 0}, "api_timeout: 0 must be more than 0 seconds"),
        ({"wait_timeout": -1}, "wait_timeout: -1 must be more than 0 seconds"),
        ({"api_retries": -1}, "api_retries: -1 must be 0 or more"),
    ],
)
def test_invalid_numbers_are_rejected(run, args, message) -> None:
    assert run(Report(), **args)["msg"] == message


def test_an_unexpected_exception_is_reported_with_its_kind(run) -> None:
    result = run(ZeroDivisionError("division by zero"))
    assert result["failed"]
    assert result["msg"].startswith("unexpected ZeroDivisionError: division by zero; this is a fault of the module")
