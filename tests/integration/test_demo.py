"""The first day of `make demo`, on real machines, twice."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from vdclab.machines import qemu

ROOT = Path(__file__).resolve().parents[2]
REASON = qemu.why_not()
pytestmark = [pytest.mark.machines, pytest.mark.skipif(REASON is not None, reason=str(REASON))]


@pytest.fixture
def lab_goes_down() -> Iterator[None]:
    """The demo leaves its lab running, to be looked at; nobody looks here."""
    yield
    environment = {**os.environ, "PYTHONPATH": "extensions/lab"}
    subprocess.run([sys.executable, "-m", "vdclab", "down"], cwd=ROOT, env=environment, check=True, timeout=120)


@pytest.mark.usefixtures("lab_goes_down")
def test_the_first_day_runs_and_a_second_run_changes_nothing():
    assert "platform 0" not in changed_by_a_run()
    assert changed_by_a_run() == "Changed: platform 0, tenant_create 0, storage_disk_add 0"


def changed_by_a_run() -> str:
    """The last line of a run of the demo; its set-up is Make's, and done."""
    run = subprocess.run(
        [sys.executable, "tools/demo", "--day"], cwd=ROOT, capture_output=True, text=True, timeout=1200, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout.strip().splitlines()[-1]
