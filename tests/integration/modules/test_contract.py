"""What every module that changes a cloud owes, shown for each of them (the modules: support.cloud_cases).

Behaviours of one module alone are in the file of that module.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from support.assertions import assert_changes, assert_rejected, assert_unchanged
from support.cloud_cases import CASES, Case, Clouds
from support.lab import LabHandle

Run = Callable[..., dict[str, Any]]
# Faults that leave open whether the change was made, and faults that pass; by name.
PASSING_FAULTS = {
    "connection lost before the change": {"drop": True, "when": "before"},
    "connection lost after the change": {"drop": True, "when": "after"},
    "status 500 after the change": {"status": 500, "when": "after"},
    "status 503 before the change": {"status": 503, "when": "before"},
    "status 429 before the change": {"status": 429, "when": "before"},
    "answer later than api_timeout": {"delay": 0.8, "when": "after"},
}
pytestmark = pytest.mark.usefixtures("no_pauses", "short_polls")


@pytest.fixture
def clouds(lab: LabHandle) -> Clouds:
    """Both clouds, used without our modules."""
    return Clouds(lab)


def cases(behavior: str) -> pytest.MarkDecorator:
    """Every module to which ``behavior`` applies."""
    return pytest.mark.parametrize(
        "case", [case for case in CASES if behavior not in case.exempt], ids=lambda case: case.module
    )


@cases("operations")
def test_check_mode_writes_nothing_predicts_the_diff_and_a_repeat_changes_nothing(
    lab: LabHandle, run_module: Run, clouds: Clouds, case: Case
) -> None:
    case.prepare(clouds)
    for operation, (args, _call) in case.operations.items():
        assert_changes(lab, run_module, case.module, **args)
        assert case.count(clouds) == (0 if operation == "delete" else 1)


@cases("operations")
def test_deleting_what_does_not_exist_changes_nothing(
    lab: LabHandle, run_module: Run, clouds: Clouds, case: Case
) -> None:
    case.prepare(clouds)
    assert_unchanged(lab, run_module, case.module, **{**case.create, **case.delete})


@cases("operations")
def test_a_provider_error_is_reported_with_code_and_message(
    lab: LabHandle, run_module: Run, clouds: Clouds, case: Case
) -> None:
    case.prepare(clouds)
    for operation, (args, call) in case.operations.items():
        lab.faults([{"operation": call, "status": 403, "code": "forbidden", "message": "no rights"}])
        result = run_module(case.module, **args)
        assert result["failed"], operation
        assert "no rights" in result["msg"]
        assert "\n" not in result["msg"]
        assert result["error"]["code"] == "forbidden"
        assert result["error"]["correlation_id"]
        assert len(result["failed_resources"]) == 1
        assert case.count(clouds) <= (0 if operation == "create" else 1)
        lab.faults([])
        assert not run_module(case.module, **args)["failed"]


@cases("operations")
def test_a_failed_creation_reports_no_change(lab: LabHandle, run_module: Run, clouds: Clouds, case: Case) -> None:
    case.prepare(clouds)
    lab.faults([{"operation": case.calls[0], "status": 403, "code": "forbidden", "message": "no rights"}])
    result = run_module(case.module, **case.create)
    assert not result["changed"]
    assert result["diff"]["before"] == result["diff"]["after"]
    assert case.count(clouds) == 0


@cases("operations")
def test_a_read_without_an_answer_fails_with_one_sentence(
    lab: LabHandle, run_module: Run, clouds: Clouds, case: Case
) -> None:
    case.prepare(clouds)
    lab.clear_trace()
    lab.faults([{"operation": case.read, "delay": 1}])
    result = run_module(case.module, api_timeout=0.2, api_retries=0, **case.create)
    assert result["failed"]
    assert result["error"]["code"] == "timeout"
    assert result["msg"].endswith("no answer within 0.2 s")
    assert not result["changed"]
    assert lab.writes() == 0


@cases("wait_timeout")
def test_a_creation_longer_than_wait_timeout_fails_with_one_sentence(
    lab: LabHandle, run_module: Run, clouds: Clouds, case: Case
) -> None:
    case.prepare(clouds)
    lab.settings(operation_seconds=30, action_seconds=30)
    result = run_module(case.module, wait_timeout=0.3, **case.create)
    assert result["failed"]
    assert result["changed"]
    assert result["error"]["code"] in ("timeout", "wait_timeout")
    assert "0.3 s" in result["msg"]
    assert "\n" not in result["msg"]


@cases("operations")
def test_without_wait_the_creation_is_only_started(lab: LabHandle, run_module: Run, clouds: Clouds, case: Case) -> None:
    case.prepare(clouds)
    lab.settings(operation_seconds=30, action_seconds=30)
    lab.clear_trace()
    result = run_module(case.module, wait=False, **case.create)
    assert not result["failed"], result["msg"]
    assert result["changed"]
    assert lab.writes() == 1


@pytest.mark.parametrize("fault", PASSING_FAULTS.values(), ids=PASSING_FAULTS)
@cases("operations")
def test_after_a_lost_answer_the_state_is_read_and_no_change_is_repeated(
    lab: LabHandle, run_module: Run, clouds: Clouds, case: Case, fault: dict[str, Any]
) -> None:
    case.prepare(clouds)
    patience = {"api_timeout": 0.4} if "delay" in fault else {}
    for operation, (args, call) in case.operations.items():
        lab.faults([{"operation": call, "times": 1, **fault}])
        result = run_module(case.module, **patience, **args)
        assert not result["failed"], (operation, result["msg"])
        assert result["changed"]
        assert lab.fault_hits() == 1
        assert case.count(clouds) == (0 if operation == "delete" else 1)
        assert_unchanged(lab, run_module, case.module, **args)


@cases("ambiguous")
def test_an_ambiguous_name_is_rejected(lab: LabHandle, run_module: Run, clouds: Clouds, case: Case) -> None:
    case.prepare(clouds)
    assert case.twin
    args = {**case.create, **case.twin(clouds)}
    assert "is ambiguous: 2" in assert_rejected(lab, run_module, case.module, **args)
    assert "is ambiguous: 2" in assert_rejected(lab, run_module, case.module, **{**args, **case.delete})


@cases("foreign")
def test_a_foreign_resource_is_rejected(lab: LabHandle, run_module: Run, clouds: Clouds, case: Case) -> None:
    case.prepare(clouds)
    assert case.foreign
    args = {**case.create, **case.foreign(clouds)}
    assert "exists and is not ours" in assert_rejected(lab, run_module, case.module, **args)
    assert "exists and is not ours" in assert_rejected(lab, run_module, case.module, **{**args, **case.delete})


def test_every_exemption_names_a_behavior_and_a_reason() -> None:
    known = {"change", "wait_timeout", "ambiguous", "foreign"}
    assert all(set(case.exempt) <= known and all(case.exempt.values()) for case in CASES)
