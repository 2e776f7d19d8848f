"""What holds for every module that keeps a single Exoscale resource."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from support.lab import LabHandle

Run = Callable[..., dict[str, Any]]


def brings(lab: LabHandle, run: Run, module: str, **args: Any) -> dict[str, Any]:
    """The result of a run that changes something, with all that holds for every such run.

    A check run before it writes nothing and predicts the same diff; a run after it changes
    nothing, writes nothing, and shows as state what was predicted.
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
    keeps(lab, run, module, **args)
    return real


def keeps(lab: LabHandle, run: Run, module: str, **args: Any) -> dict[str, Any]:
    """The result of a run that finds nothing to do, in check mode and for real."""
    lab.clear_trace()
    for check in (True, False):
        result = run(module, _check=check, **args)
        assert not result["failed"], result
        assert not result["changed"]
        assert result["diff"]["before"] == result["diff"]["after"]
    assert lab.writes() == 0
    return result


def refuses(lab: LabHandle, run: Run, module: str, **args: Any) -> str:
    """The sentence of a run that is refused before anything is written, in check mode and for real."""
    lab.clear_trace()
    said = {check: run(module, _check=check, **args) for check in (True, False)}
    for result in said.values():
        assert result["failed"], result
        assert not result["changed"]
    assert said[True]["msg"] == said[False]["msg"]
    assert lab.writes() == 0
    return said[False]["msg"]
