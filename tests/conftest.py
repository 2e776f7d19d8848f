"""Fixtures that every suite may use."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from support.lab import LabHandle, LabThread

FIGURES = pytest.StashKey[list[str]]()


@pytest.fixture(scope="session")
def lab_thread() -> Iterator[LabThread]:
    """One lab a test session."""
    from support.lab import LabThread  # here, because unit tests need no lab

    thread = LabThread()
    yield thread
    thread.close()


@pytest.fixture
def lab(lab_thread: LabThread, monkeypatch: pytest.MonkeyPatch) -> Iterator[LabHandle]:
    """An empty lab, with its endpoints and credentials in the environment.

    Afterwards no answer may have broken the vendor's contract.
    """
    from support.lab import LabHandle

    handle = LabHandle(lab_thread.service.environment())
    handle.reset()
    for key, value in handle.env.items():
        monkeypatch.setenv(key, value)
    yield handle
    assert handle.violations() == []


@pytest.fixture
def run_module():
    """``run_module(name, _check=False, **args)``: a module's result."""
    from support.modules import run_module

    return run_module


@pytest.fixture(scope="session")
def tell(pytestconfig: pytest.Config) -> Callable[[str], None]:
    """``tell(line)``: a figure that stands at the end of the run's output."""
    return pytestconfig.stash.setdefault(FIGURES, []).append


def pytest_sessionfinish(session: pytest.Session) -> None:
    """One of several workers hands over what its tests have told."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["figures"] = session.config.stash.get(FIGURES, [])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """What a worker has handed over; one that died hands over nothing."""
    told = getattr(node, "workeroutput", {}).get("figures", [])
    node.config.stash.setdefault(FIGURES, []).extend(told)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """What the tests measured, whether they passed or not."""
    if figures := config.stash.get(FIGURES, []):
        terminalreporter.section("figures")
        for figure in figures:
            terminalreporter.line(figure)
