"""No secret is in the system's log, in a module's output, or in what ansible-playbook prints with -vvv and --diff."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from support import planted
from support.specs import MODULES
from support.syslog import Syslog

TESTS = Path(__file__).resolve().parents[1]


def test_no_module_writes_a_planted_secret_anywhere() -> None:
    with Syslog() as log:
        command = [sys.executable, "-m", "support.planted", *MODULES]
        done = log.run(command, PYTHONPATH=f"{TESTS}:{os.environ['PYTHONPATH']}")
    assert done.returncode == 0, done.stderr
    printed = json.loads(done.stdout)
    invoked = [message for message in log.messages if "Invoked with" in message]
    assert len(invoked) == len(MODULES) * len(planted.SHAPES)
    assert [message for message in log.messages if planted.MARK in message] == []
    assert [
        (name, shape, text)
        for name, shapes in printed.items()
        for shape, text in shapes.items()
        if planted.MARK in text
    ] == []
