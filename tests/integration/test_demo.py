"""`make demo` on real machines, twice."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from vdclab.machines import qemu

ROOT = Path(__file__).resolve().parents[2]
REASON = qemu.why_not()
pytestmark = [pytest.mark.machines, pytest.mark.skipif(REASON is not None, reason=str(REASON))]


@pytest.fixture
def stop_lab() -> Iterator[None]:
    """Stop the lab, which the demo leaves running for its user."""
    yield
    environment = {**os.environ, "PYTHONPATH": "extensions/lab"}
    subprocess.run([sys.executable, "-m", "vdclab", "down"], cwd=ROOT, env=environment, check=True, timeout=120)


@pytest.mark.usefixtures("stop_lab")
def test_demo_files_a_document_and_a_second_run_changes_nothing(tell):
    first, first_seconds = run_demo("first")
    second, second_seconds = run_demo("second")
    tell(f"demo: {first_seconds:.0f} s, run again: {second_seconds:.0f} s")
    assert "platform 0" not in first
    assert second == "Changed: platform 0, tenant_create 0"


def run_demo(name: str) -> tuple[str, float]:
    """Run the demo, which Make has prepared; return its last line and its seconds. Its output is kept in .build."""
    started = time.monotonic()
    run = subprocess.run(
        [sys.executable, "tools/demo"], cwd=ROOT, capture_output=True, text=True, timeout=1200, check=False
    )
    (ROOT / f".build/demo-{name}.log").write_text(run.stdout + run.stderr)
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout.strip().splitlines()[-1], time.monotonic() - started
