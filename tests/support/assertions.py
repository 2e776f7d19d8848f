"""Assertions about runs of a module that changes a cloud: predicted, repeated, rejected."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from support.lab import LabHandle

Run = Callable[..., dict[str, Any]]


def assert_changes(lab: LabHandle, run: Run, module: str, **args: Any) -> dict[str, Any]:
    """Run a module that changes something; returns the result of the real run.

    Check mode before it writes nothing and predicts the same diff; a repeated run changes nothing
    and writes nothing.
    """
    lab.clear_trace()
    predicted = run(module, _check=True, **args)
    assert not predicted["failed"], predicted
    assert predicted["changed"]
    assert lab.writes() == 0
    assert predicted["api_calls"] == {"reads": lab.reads(), "writes": 0}
    real = run(module, **args)
    assert not real["failed"], real
    assert real["changed"]
    assert real["diff"] == predicted["diff"]
    assert real["diff"]["before"] != real["diff"]["after"]
    assert_unchanged(lab, run, module, **args)
    return real


def assert_unchanged(lab: LabHandle, run: Run, module: str, **args: Any) -> dict[str, Any]:
    """Run a module that has nothing to change, in check mode and for real; returns the result of the real run."""
    lab.clear_trace()
    for check in (True, False):
        result = run(module, _check=check, **args)
        assert not result["failed"], result
        assert not result["changed"]
        assert result["diff"]["before"] == result["diff"]["after"]
    assert lab.writes() == 0
    return result


def assert_rejected(lab: LabHandle, run: Run, module: str, **args: Any) -> str:
    """Run a module whose input is rejected before anything is written, in check mode and for real; returns the message."""
    lab.clear_trace()
    results = {check: run(module, _check=check, **args) for check in (True, False)}
    for result in results.values():
        assert result["failed"], result
        assert not result["changed"]
    assert results[True]["msg"] == results[False]["msg"]
    assert lab.writes() == 0
    return results[False]["msg"]
