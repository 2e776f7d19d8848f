"""Operations: what most changes answer, and how they end."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import Future
from threading import Lock
from typing import Any

from ..core.gateway import Lab
from ..core.routing import Reply
from .errors import not_found


class OperationFailed(Exception):
    """Raised by an effect when the deed fails; ``reason`` is a word of the document's list."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def nothing() -> None:
    """The effect of a deed that is all done when it is asked for."""


class Operations:
    """The operations of one zone. A new one is pending; with no latency set it has ended when
    the next call comes, so that the first look at it is the last (the client's own ``wait``
    sleeps three seconds between two looks)."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._operations: dict[str, dict[str, Any]] = {}

    def start(
        self,
        command: str,
        link: str,
        effect: Callable[[], None] = nothing,
        job: Future | None = None,
        failed: Callable[[], None] = nothing,
    ) -> Reply:
        """Begin a deed that ends with ``effect`` when its latency has passed and ``job`` is done.

        ``command`` and ``link`` name the read that shows its outcome (``get-instance``,
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
        self._lab.agenda.add(due, end, broken, job)
        return Reply(200, dict(operation))

    def fail(self, command: str, link: str, error: OperationFailed) -> Reply:
        """An operation that will fail with ``error``, after its latency: nothing was begun."""

        def effect() -> None:
            raise error

        return self.start(command, link, effect)

    def open(self, command: str, link: str) -> dict[str, Any]:
        """A pending operation that the caller ends with ``close``."""
        return self._new(command, link)

    def close(self, operation: dict[str, Any], reason: str | None = None, message: str = "") -> None:
        """End ``operation``: with success, or failed for ``reason``."""
        if reason is None:
            operation["state"] = "success"
        else:
            _fail(operation, reason, message)

    def get(self, identifier: str) -> dict[str, Any]:
        """One operation; raises ``ApiError`` 404."""
        if identifier not in self._operations:
            raise not_found("Operation")
        return self._operations[identifier]

    def dump(self) -> list[dict[str, Any]]:
        """Every operation, oldest first."""
        return list(self._operations.values())

    def _new(self, command: str, link: str) -> dict[str, Any]:
        # SSH keys are known by name and have no id that a reference could carry.
        identifier = link.split("/")[-1]
        reference: dict[str, str] = {"link": f"/v2/{link}", "command": command}
        if command != "get-ssh-key":
            reference["id"] = identifier
        operation: dict[str, Any] = {"id": str(uuid.uuid4()), "state": "pending", "reference": reference}
        self._operations[operation["id"]] = operation
        return operation


def _fail(operation: dict[str, Any], reason: str, message: str) -> None:
    operation |= {"state": "failure", "reason": reason, "message": message}


def after(first: Future, begin: Callable[[], Future]) -> Future:
    """A future of what ``begin`` starts once ``first`` is done; it raises what either raised."""
    whole: Future = Future()

    def second(job: Future) -> None:
        error = job.exception()
        if error is not None:
            whole.set_exception(error)
        else:
            whole.set_result(None)

    def one_done(job: Future) -> None:
        if job.exception() is not None:
            second(job)
            return
        try:
            begin().add_done_callback(second)
        except Exception as error:  # whatever the machines raise is the deed's failure
            whole.set_exception(error)

    first.add_done_callback(one_done)
    return whole


def together(jobs: list[Future]) -> Future:
    """A future that is done when all ``jobs`` are; it raises what the first of them to fail raised."""
    whole: Future = Future()
    waiting = len(jobs)
    lock = Lock()

    def one_done(_job: Future) -> None:
        nonlocal waiting
        with lock:
            waiting -= 1
            if waiting:
                return
        errors = [e for e in (j.exception() for j in jobs) if e is not None]
        if errors:
            whole.set_exception(errors[0])
        else:
            whole.set_result(None)

    if not jobs:
        whole.set_result(None)
    for job in jobs:
        job.add_done_callback(one_done)
    return whole
