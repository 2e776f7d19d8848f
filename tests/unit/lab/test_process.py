"""Processes that are found by their pid files."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from vdclab.machines import process


def test_a_recorded_pid_counts_only_if_its_command_line_has_the_mark(tmp_path: Path) -> None:
    pidfile = tmp_path / "pid"
    assert process.recorded(pidfile, "x") is None
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", str(tmp_path)])
    pidfile.write_text(str(child.pid))
    limit = time.monotonic() + 10
    while not process.ours(child.pid, str(tmp_path)) and time.monotonic() < limit:
        time.sleep(0.01)  # its command line appears a moment after it started
    assert process.recorded(pidfile, str(tmp_path)) == child.pid
    assert process.recorded(pidfile, "/another/folder") is None
    process.end(child.pid)
    assert not process.alive(child.pid)
    assert process.recorded(pidfile, str(tmp_path)) is None
    pidfile.write_text(str(os.getpid()))
    assert process.recorded(pidfile, "/another/folder") is None
