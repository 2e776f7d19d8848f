"""Runs of ``ansible-playbook`` that start fast: forked from a process that has imported everything they need."""

from __future__ import annotations

import atexit
import json
import os
import select
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

SERVER = Path(__file__).with_name("ansible_server.py")
# Room for a run's own command line, which is written over this text.
ROOM = "-" * 4000


class Run:
    """A run that has started, used like a ``subprocess.Popen``."""

    def __init__(self, server: Server, pid: int) -> None:
        self._server, self.pid = server, pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """The exit code, negative for a signal; None while it runs."""
        if self.returncode is None:
            self._server.listen(0)
            self.returncode = self._server.ended.pop(self.pid, None)
        return self.returncode

    def wait(self, timeout: float) -> int:
        """Wait for its end, ``timeout`` seconds at most; raises ``subprocess.TimeoutExpired``."""
        ends = time.monotonic() + timeout
        while self.poll() is None:
            if time.monotonic() > ends:
                raise subprocess.TimeoutExpired("ansible-playbook", timeout)
            self._server.listen(0.5)
        assert self.returncode is not None
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send it a signal, if it runs."""
        if self.poll() is None:
            os.kill(self.pid, number)


class Server:
    """One warm process, for runs with the same settings."""

    def __init__(self, settings: dict[str, str]) -> None:
        self.ended: dict[int, int] = {}
        self._started: list[int] = []
        self._pending = b""
        self._ready = False
        self._process = subprocess.Popen(
            [sys.executable, "-P", str(SERVER), ROOM],
            env=settings,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        while not self._ready:
            self.listen(60)

    def start(self, **request: Any) -> Run:
        """Start a run."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(request).encode() + b"\n")
        self._process.stdin.flush()
        while not self._started:
            self.listen(10)
        return Run(self, self._started.pop())

    def close(self) -> None:
        """End the process when its runs are over."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)

    def listen(self, seconds: float) -> None:
        """Read the process's messages, waiting at most ``seconds`` for the first."""
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], seconds)
        if not ready:
            return
        read = os.read(self._process.stdout.fileno(), 1 << 16)
        assert read, "the warm ansible-playbook has died"
        *lines, self._pending = (self._pending + read).split(b"\n")
        for line in lines:
            event = json.loads(line)
            if "started" in event:
                self._started.append(event["started"])
            elif "pid" in event:
                self.ended[event["pid"]] = event["code"]
            self._ready = self._ready or "ready" in event


_SERVERS: dict[tuple[tuple[str, str], ...], Server] = {}


def start(argv: list[str], env: dict[str, str], cwd: Path, stdout: Path, stderr: Path) -> Run:
    """Start ``ansible-playbook`` with ``argv`` (its own name first) and exactly this environment."""
    fixed = {"HOME", "LANG", "LC_ALL", "NO_COLOR", "PATH", "PYTHONPATH", "TMPDIR"}
    settings = {key: value for key, value in env.items() if key.startswith("ANSIBLE_") or key in fixed}
    known = tuple(sorted(settings.items()))
    if known not in _SERVERS:
        if not _SERVERS:
            atexit.register(_close)
        _SERVERS[known] = Server(settings)
    files = {"stdout": str(stdout), "stderr": str(stderr)}
    return _SERVERS[known].start(argv=argv, env=env, cwd=str(cwd), **files)


def _close() -> None:
    for server in _SERVERS.values():
        server.close()
