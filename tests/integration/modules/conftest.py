"""What tests of sets of things at Exoscale share. A test file says its ``MODULE``, and what of a result is
``predictable(result, args)`` in check mode."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from support.direct import Direct
from support.lab import LabHandle

Run = Callable[..., dict[str, Any]]


@pytest.fixture
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pauses before another try are drawn at random; here they take no time."""
    monkeypatch.setattr("random.uniform", lambda _least, _most: 0)


@pytest.fixture
def direct(lab: LabHandle) -> Direct:
    """The vendor's own client."""
    return Direct(lab.env)


@pytest.fixture
def run(lab: LabHandle, run_module: Run, request: pytest.FixtureRequest) -> Run:
    """Run the module, with ``_check=True`` in check mode."""
    return partial(run_module, request.module.MODULE)


@pytest.fixture
def both(lab: LabHandle, run: Run, request: pytest.FixtureRequest) -> Run:
    """Run in check mode, then for real: no write before, and the same prediction and diff."""

    def both(**args: Any) -> dict[str, Any]:
        before = lab.writes()
        foreseen = run(_check=True, **args)
        assert lab.writes() == before
        real = run(**args)
        assert not real["failed"], real["msg"]
        assert foreseen["changed"] == real["changed"]
        assert foreseen["diff"] == real["diff"]
        predictable = request.module.predictable
        assert predictable(foreseen, args) == predictable(real, args)
        return real

    return both
