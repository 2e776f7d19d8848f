"""A client for QEMU's machine protocol, on a socket that QEMU inherited."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable
from typing import Any


class QmpError(RuntimeError):
    """QEMU refused a command, or is gone."""


class Qmp:
    """One connection. Commands may come from any thread, one at a time; events are kept until
    asked for with ``wait``."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._command = threading.Lock()
        self._news = threading.Condition()
        self._events: list[dict[str, Any]] = []
        self._answers: list[dict[str, Any]] = []
        self._greeted = False
        self._gone = False
        threading.Thread(target=self._read, name="qmp", daemon=True).start()

    def _read(self) -> None:
        try:
            with self._connection.makefile("r", encoding="utf-8") as lines:
                for line in lines:
                    message = json.loads(line)
                    with self._news:
                        if "event" in message:
                            self._events = [*self._events[-199:], message]
                        elif "QMP" in message:
                            self._greeted = True
                        else:
                            self._answers.append(message)
                        self._news.notify_all()
        except OSError:
            pass
        with self._news:
            self._gone = True
            self._news.notify_all()

    def open(self, timeout: float = 60.0) -> None:
        """Wait for QEMU's greeting and leave negotiation. Raises ``QmpError``."""
        with self._news:
            self._news.wait_for(lambda: self._greeted or self._gone, timeout)
            if not self._greeted:
                raise QmpError("QEMU ended before it was ready" if self._gone else "QEMU does not answer")
        self.do("qmp_capabilities")

    def do(self, command: str, arguments: dict[str, Any] | None = None, timeout: float = 60.0) -> Any:
        """Run one command and return its answer. Raises ``QmpError`` when QEMU refuses, is gone
        or needs over ``timeout`` seconds."""
        with self._command:
            request = {"execute": command, **({"arguments": arguments} if arguments else {})}
            try:
                self._connection.sendall(json.dumps(request).encode() + b"\n")
            except OSError as error:
                raise QmpError(f"{command}: QEMU is gone") from error
            with self._news:
                self._news.wait_for(lambda: self._answers or self._gone, timeout)
                if not self._answers:
                    raise QmpError(f"{command}: QEMU is gone" if self._gone else f"{command}: no answer")
                answer = self._answers.pop(0)
        if "error" in answer:
            raise QmpError(f"{command}: {answer['error']['desc']}")
        return answer["return"]

    def forget(self) -> None:
        """Drop the events that came so far."""
        with self._news:
            self._events.clear()

    def wait(self, fits: Callable[[dict[str, Any]], bool], timeout: float) -> bool:
        """Wait until an event that ``fits`` has come; ``False`` after ``timeout`` seconds."""
        limit = time.monotonic() + timeout
        with self._news:
            while not any(fits(event) for event in self._events):
                left = limit - time.monotonic()
                if left <= 0 or self._gone:
                    return False
                self._news.wait(left)
            return True

    def close(self) -> None:
        """Close the connection; QEMU goes on."""
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        self._connection.close()
