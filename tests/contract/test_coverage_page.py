"""docs/lab-coverage.md lists the lab's routes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_coverage_page_is_up_to_date() -> None:
    run = subprocess.run(
        [sys.executable, ROOT / "tools" / "coverage", "--check"], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
