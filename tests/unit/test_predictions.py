"""Molecule's callback that compares predictions of check mode with the changes of a run."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

PATH = Path(__file__).parents[2] / "extensions/molecule/shared/callbacks/predictions.py"


@pytest.fixture(scope="module")
def predictions():
    """The callback's module. Imported late, because it loads Ansible's controller into this process, and modules under test then
    print their warnings."""
    spec = importlib.util.spec_from_file_location("predictions", PATH)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(check: bool, *changed: str) -> dict:
    return {"check": check, "changed": list(changed), "fault": ""}


CHECKED, DONE = run(True, "a: File"), run(False, "a: File", "a: Service")


@pytest.mark.parametrize(
    ("runs", "check", "changed", "expected"),
    [
        ([], True, ["a: File"], ""),
        ([CHECKED], False, ["a: File", "a: Service"], ""),
        ([CHECKED, DONE], False, [], ""),
        ([CHECKED, DONE, run(False)], True, [], ""),
        ([], False, [], "check mode did not run before the role"),
        ([CHECKED], False, ["a: Service"], "check mode predicts changes that the run does not make: a: File"),
        ([CHECKED], False, ["a: File", "b: File"], "check mode predicts no change on b"),
        ([CHECKED, DONE], False, ["a: File"], "a second run changes a: File"),
        ([CHECKED, DONE], True, ["a: File"], "after a run, check mode predicts changes of a: File"),
    ],
)
def test_a_run_is_compared_with_earlier_runs(
    predictions, runs: list[dict], check: bool, changed: list[str], expected: str
) -> None:
    assert predictions.fault(runs, check, changed) == expected
