"""A client of QEMU's machine protocol (QMP), on a socket that QEMU inherits."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable
from typing import Any


class QmpError(RuntimeError):
    """QEMU rejected a command, or has ended."""


class Qmp:
    """One connection. Any thread may run commands, one at a time; ``wait`` finds the events so far."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._command = threading.Lock()
        self._changed = threading.Condition()
        self._events: list[dict[str, Any]] = []
        self._answers: list[dict[str, Any]] = []
        self._greeted = False
        self._closed = False
        threading.Thread(target=self._read, name="qmp", daemon=True).start()

    def _read(self) -> None:
        try:
            with self._connection.makefile("r", encoding="utf-8") as lines:
                for line in lines:
                    message = json.loads(line)
                    with self._changed:
                        if "event" in message:
                            self._events = [*self._events[-199:], message]
                        elif "QMP" in message:
                            self._greeted = True
                        else:
                            self._answers.append(message)
                        self._changed.notify_all()
        except OSError:
            pass
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def open(self, timeout: float = 60.0) -> None:
        """Wait for QEMU's greeting and end the negotiation. Raises ``QmpError``."""
        with self._changed:
            self._changed.wait_for(lambda: self._greeted or self._closed, timeout)
            if not self._greeted:
                raise QmpError("QEMU ended before it was ready" if self._closed else "QEMU does not answer")
        self.do("qmp_capabilities")

    def do(self, command: str, arguments: dict[str, Any] | None = None, timeout: float = 60.0) -> Any:
        """Run one command and return its answer. Raises ``QmpError`` if QEMU rejects it, has ended, or
        does not answer within ``timeout`` seconds."""
        with self._command:
            request = {"execute": command, **({"arguments": arguments} if arguments else {})}
            try:
                self._connection.sendall(json.dumps(request).encode() + b"\n")
            except OSError as error:
                raise QmpError(f"{command}: QEMU has ended") from error
            with self._changed:
                self._changed.wait_for(lambda: self._answers or self._closed, timeout)
                if not self._answers:
                    raise QmpError(f"{command}: QEMU has ended" if self._closed else f"{command}: no answer")
                answer = self._answers.pop(0)
        if "error" in answer:
            raise QmpError(f"{command}: {answer['error']['desc']}")
        return answer["return"]

    def drop_events(self) -> None:
        """Drop all events so far."""
        with self._changed:
            self._events.clear()

    def wait(self, matches: Callable[[dict[str, Any]], bool], timeout: float) -> bool:
        """Wait for an event that ``matches``; returns ``False`` after ``timeout`` seconds."""
        limit = time.monotonic() + timeout
        with self._changed:
            while not any(matches(event) for event in self._events):
                left = limit - time.monotonic()
                if left <= 0 or self._closed:
                    return False
                self._changed.wait(left)
            return True

    def close(self) -> None:
        """Close the connection; QEMU continues."""
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        self._connection.close()
