"""Long work reports its progress in plain lines."""

from __future__ import annotations

import re
import time

import pytest
from vdclab.machines.progress import Reporter


def texts(lines: list[str]) -> list[str]:
    """The lines without the time at their start, which every line must have."""
    found = [re.fullmatch(r" *\d+\.\d s  (.+)", line) for line in lines]
    assert all(found), lines
    return [match[1] for match in found if match]


def test_a_step_reports_what_it_does_and_how_long_it_took() -> None:
    lines: list[str] = []
    with Reporter(lines.append).step("image") as progress:
        progress("installing packages")
    first, last = texts(lines)
    assert first == "image: installing packages"
    assert re.fullmatch(r"image: ready after \d+\.\d s", last)


def test_a_silent_step_shows_that_it_still_runs() -> None:
    lines: list[str] = []
    with Reporter(lines.append, heartbeat=0.02).step("image") as progress:
        progress("installing packages")
        deadline = time.monotonic() + 10
        while len(lines) < 3 and time.monotonic() < deadline:
            time.sleep(0.01)
    assert texts(lines)[1:3] == ["image: installing packages (still running, 0 s)"] * 2


def test_a_failed_step_is_not_reported_as_ready() -> None:
    lines: list[str] = []
    with pytest.raises(OSError, match="disk full"), Reporter(lines.append).step("image"):
        raise OSError("disk full")
    assert lines == []
