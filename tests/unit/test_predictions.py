"""What Molecule's callback makes of the runs that it saw."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

PATH = Path(__file__).parents[2] / "extensions/molecule/shared/callbacks/predictions.py"


@pytest.fixture(scope="module")
def predictions():
    """The callback's module. Not imported before it is needed: it brings Ansible's controller into this process, after which
    modules under test show their warnings to a person."""
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
    ("runs", "check", "changed", "said"),
    [
        ([], True, ["a: File"], ""),
        ([CHECKED], False, ["a: File", "a: Service"], ""),
        ([CHECKED, DONE], False, [], ""),
        ([CHECKED, DONE, run(False)], True, [], ""),
        ([], False, [], "there was no check mode before the run"),
        ([CHECKED], False, ["a: Service"], "check mode changes what the run does not: a: File"),
        ([CHECKED], False, ["a: File", "b: File"], "check mode says nothing of changes on b"),
        ([CHECKED, DONE], False, ["a: File"], "after a run, another changes a: File"),
        ([CHECKED, DONE], True, ["a: File"], "after a run, check mode changes a: File"),
    ],
)
def test_a_run_is_held_against_those_before(
    predictions, runs: list[dict], check: bool, changed: list[str], said: str
) -> None:
    assert predictions.fault(runs, check, changed) == said
