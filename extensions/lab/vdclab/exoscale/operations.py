"""Operations: the asynchronous answers of most changes."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from ..core.gateway import Lab
from ..core.routing import Reply
from .errors import not_found


class OperationFailed(Exception):
    """Raised by an effect when the change fails; ``reason`` is one of the document's values."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def no_effect() -> None:
    """The effect of a change that is complete when its operation starts."""


class Operations:
    """The operations of one zone. A new one is pending; without latency it has ended at the next
    call, so a client's first poll is its last (the official client sleeps three seconds between polls)."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._operations: dict[str, dict[str, Any]] = {}

    def start(
        self,
        command: str,
        link: str,
        effect: Callable[[], None] = no_effect,
        job: Future | None = None,
        failed: Callable[[], None] = no_effect,
    ) -> Reply:
        """Start an operation; ``effect`` runs when its latency has passed and ``job`` has ended.

        ``command`` and ``link`` name the call that reads the result (``get-instance``,
        ``instance/<id>``). When ``job`` raises, or ``effect`` raises ``OperationFailed``, the
        operation fails after ``failed`` has run.
        """
        operation = self._new(command, link)

        def end() -> None:
            try:
                effect()
            except OperationFailed as error:
                failed()
                _fail(operation, error.reason, str(error))
            else:
                operation["state"] = "success"

        def broken(message: str) -> None:
            failed()
            _fail(operation, "fault", message or "the machine could not be changed")

        due = self._lab.clock.now() + self._lab.settings.operation_seconds
        self._lab.scheduler.add(due, end, broken, job)
        return Reply(200, dict(operation))

    def fail(self, command: str, link: str, error: OperationFailed) -> Reply:
        """Start an operation that fails with ``error`` after its latency."""

        def effect() -> None:
            raise error

        return self.start(command, link, effect)

    def open(self, command: str, link: str) -> dict[str, Any]:
        """Start an operation that the caller ends with ``close``."""
        return self._new(command, link)

    def close(self, operation: dict[str, Any], reason: str | None = None, message: str = "") -> None:
        """End ``operation`` with success, or with failure if there is a ``reason``."""
        if reason is None:
            operation["state"] = "success"
        else:
            _fail(operation, reason, message)

    def get(self, identifier: str) -> dict[str, Any]:
        """The operation with this id; raises ``ApiError`` 404."""
        if identifier not in self._operations:
            raise not_found("Operation")
        return self._operations[identifier]

    def dump(self) -> list[dict[str, Any]]:
        """Every operation, oldest first."""
        return list(self._operations.values())

    def _new(self, command: str, link: str) -> dict[str, Any]:
        # SSH keys are identified by name and have no id.
        identifier = link.split("/")[-1]
        reference: dict[str, str] = {"link": f"/v2/{link}", "command": command}
        if command != "get-ssh-key":
            reference["id"] = identifier
        operation: dict[str, Any] = {"id": str(uuid.uuid4()), "state": "pending", "reference": reference}
        self._operations[operation["id"]] = operation
        return operation


def _fail(operation: dict[str, Any], reason: str, message: str) -> None:
    operation |= {"state": "failure", "reason": reason, "message": message}
