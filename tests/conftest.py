"""Fixtures that every suite may use."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from support.lab import LabHandle, LabThread

FIGURES = pytest.StashKey[list[str]]()
TALLIES = pytest.StashKey[dict[str, Counter[str]]]()
# How the sums are printed: without and with every case of the matrix. A number that was not counted is 0.
TALLY_TEXTS = {
    "crash matrix": (
        "crash matrix: {tried} of {cases} cases here, {passed} passed; make crash runs all",
        "crash matrix: {tried} cases, {passed} passed",
    )
}


@pytest.fixture(scope="session")
def lab_thread() -> Iterator[LabThread]:
    """One lab for the whole test session."""
    from support.lab import LabThread  # here, because unit tests need no lab

    thread = LabThread()
    yield thread
    thread.close()


@pytest.fixture
def lab(lab_thread: LabThread, monkeypatch: pytest.MonkeyPatch) -> Iterator[LabHandle]:
    """An empty lab, with its endpoints and credentials in the environment.

    After the test, every answer must have kept to the vendor's contract.
    """
    from support.lab import LabHandle

    handle = LabHandle(lab_thread.service.environment(), lab_thread)
    handle.reset()
    for key, value in handle.env.items():
        monkeypatch.setenv(key, value)
    yield handle
    assert handle.violations() == []


@pytest.fixture(scope="session")
def database_directory() -> Iterator[Path]:
    """A directory for databases, in memory where the machine has such a file system."""
    from support.postgres import MEMORY

    made = Path(tempfile.mkdtemp(prefix="vdc-db-", dir=MEMORY if MEMORY.is_dir() else None))
    yield made
    shutil.rmtree(made)


@pytest.fixture(scope="session")
def postgres(database_directory: Path) -> Iterator[str]:
    """The URL of a PostgreSQL server, with ``{name}`` for the database."""
    from support.postgres import postgres_server, programs

    if not programs():
        pytest.skip("PostgreSQL is not installed (make test installs it)")
    with postgres_server(database_directory) as url:
        yield url


@pytest.fixture
def run_module():
    """``run_module(name, _check=False, **args)``: a module's result."""
    from support.modules import run_module

    return run_module


@pytest.fixture(scope="session")
def tell(pytestconfig: pytest.Config) -> Callable[[str], None]:
    """``tell(line)``: print a figure at the end of the run's output."""
    return pytestconfig.stash.setdefault(FIGURES, []).append


@pytest.fixture(scope="session")
def tally(pytestconfig: pytest.Config) -> Callable[..., None]:
    """``tally(name, **numbers)``: numbers that are added up over all tests and workers, and printed as in ``TALLY_TEXTS``."""
    tallies = pytestconfig.stash.setdefault(TALLIES, {})

    def tally(name: str, **numbers: int) -> None:
        tallies.setdefault(name, Counter()).update(numbers)

    return tally


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Pass the figures of a worker's tests to the main process."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["figures"] = session.config.stash.get(FIGURES, [])
        tallies = session.config.stash.get(TALLIES, {})
        session.config.workeroutput["tallies"] = {name: dict(numbers) for name, numbers in tallies.items()}


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Collect the figures of a worker that has ended; one that died has none."""
    output = getattr(node, "workeroutput", {})
    node.config.stash.setdefault(FIGURES, []).extend(output.get("figures", []))
    tallies = node.config.stash.setdefault(TALLIES, {})
    for name, numbers in output.get("tallies", {}).items():
        tallies.setdefault(name, Counter()).update(numbers)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print what the tests measured, whether they passed or not."""
    figures = list(config.stash.get(FIGURES, []))
    for name, numbers in config.stash.get(TALLIES, {}).items():
        part, whole = TALLY_TEXTS[name]
        figures.append((part if numbers["cases"] else whole).format_map(numbers))
    if figures:
        terminalreporter.section("figures")
        for figure in figures:
            terminalreporter.line(figure)
