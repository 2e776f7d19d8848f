"""Fixtures that every suite may use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from support.lab import LabHandle, LabThread


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
