"""Fixtures of the tests of cloud modules.

A test file that uses ``run`` or ``both`` names its ``MODULE``, and with ``predictable(result, args)`` the part of a
result that check mode predicts.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner import actions
from support.direct import Direct
from support.hetzner_project import NEW_SERVER, Project
from support.lab import LabHandle

Run = Callable[..., dict[str, Any]]


@pytest.fixture
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Skip the pauses before a retry, which have a random length."""
    monkeypatch.setattr("random.uniform", lambda _least, _most: 0)


@pytest.fixture
def short_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Poll Hetzner's actions without an initial pause."""
    monkeypatch.setattr(actions, "FIRST_PAUSE", 0.02)


@pytest.fixture
def project(lab: LabHandle) -> Project:
    """Hetzner's API, called without our modules."""
    return Project(lab.env)


@pytest.fixture
def servers(lab: LabHandle, run_module: Run) -> Run:
    """Run hetzner_servers for the names or entries given, in check mode and (unless ``_check``) for real.

    Check mode must not write, and a run that succeeds must do what it predicted.
    """

    def run(*names: str | dict[str, Any], _check: bool = False, **options: Any) -> dict[str, Any]:
        listed = [{"name": entry} if isinstance(entry, str) else entry for entry in names]
        options = {**NEW_SERVER, **options, "servers": listed}
        before = lab.writes()
        predicted = run_module("hetzner_servers", _check=True, **options)
        assert lab.writes() == before
        if _check:
            return predicted
        result = run_module("hetzner_servers", **options)
        if not result["failed"]:
            assert predicted["changed"] == result["changed"]
            assert predicted["diff"] == result["diff"]
        return result

    return run


@pytest.fixture
def direct(lab: LabHandle) -> Direct:
    """Exoscale's own client, used without our modules."""
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
        predicted = run(_check=True, **args)
        assert lab.writes() == before
        real = run(**args)
        assert not real["failed"], real["msg"]
        assert predicted["changed"] == real["changed"]
        assert predicted["diff"] == real["diff"]
        predictable = request.module.predictable
        assert predictable(predicted, args) == predictable(real, args)
        return real

    return both
