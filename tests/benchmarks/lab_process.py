"""A separate lab for the benchmarks, in a separate process, as a user starts it."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

ROOT = Path(__file__).parents[2]
# As in a real project: 30 ms for a call within Europe, 2 s for an action, the documented limit.
CALL_SECONDS = 0.03
ACTION_SECONDS = 2.0
RATE_LIMIT = 3600


@dataclass(frozen=True)
class Lab:
    """A running lab; ``env`` is the environment for clients."""

    env: dict[str, str]

    def reset(self) -> None:
        """Reset the lab: empty clouds, a full rate bucket, realistic latencies."""
        self._call("POST", "/reset")
        self.settle_for(CALL_SECONDS, ACTION_SECONDS, RATE_LIMIT)

    def settle_for(self, call_seconds: float, action_seconds: float, rate_limit: int) -> None:
        """Answer with these latencies (seconds) and this limit (calls an hour, 0 for none)."""
        change = {"call_seconds": call_seconds, "action_seconds": action_seconds, "rate_limit": rate_limit}
        self._call("PUT", "/settings", change)

    def calls(self) -> int:
        """Return the number of calls to Hetzner's API since the last reset."""
        counts = self._call("GET", "/trace")["counts"]
        return counts.get("hetzner.reads", 0) + counts.get("hetzner.writes", 0)

    def servers(self) -> int:
        """Return the number of servers."""
        return len(self._call("GET", "/state")["hetzner"]["servers"])

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        answer = requests.request(method, self.env["VDC_LAB"] + path, json=body, timeout=60)
        answer.raise_for_status()
        return answer.json()


@contextmanager
def lab(directory: Path) -> Iterator[Lab]:
    """Start a lab with its files in ``directory``; stop it at the end."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "extensions/lab")}

    def vdclab(command: str) -> None:
        program = [sys.executable, "-m", "vdclab", command, "--dir", str(directory), "--machines", "none"]
        subprocess.run(program, env=environment, check=True, stdout=subprocess.DEVNULL)

    vdclab("down")
    vdclab("up")
    try:
        lines = (shlex.split(line) for line in (directory / "env").read_text().splitlines())
        yield Lab(dict(words[1].split("=", 1) for words in lines if words[:1] == ["export"]))
    finally:
        vdclab("down")
