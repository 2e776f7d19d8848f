"""Actions: the vendor's record of a change that takes time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future
from itertools import count
from typing import Any

from ..core.clock import Clock, iso
from ..core.errors import ApiError
from ..core.scheduler import Scheduler
from .store import Resource


class ActionFailed(Exception):
    """Raised by an action's effect when the change fails; ``code`` is the vendor's."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Action:
    """One action. Its progress follows the elapsed time and is 100 only when the action has ended."""

    def __init__(self, ident: int, command: str, resources: list[Resource], start: float, due: float) -> None:
        self.id = ident
        self.command = command
        self.resources = [{"id": r.id, "type": r.kind} for r in resources]
        self.status = "running"
        self.error: dict[str, str] | None = None
        self.start, self.due = start, due
        self.started = iso(start)
        self.finished: str | None = None

    def view(self, now: float) -> dict[str, Any]:
        """The action as the API shows it at ``now`` (clock seconds)."""
        return {
            "id": self.id,
            "command": self.command,
            "status": self.status,
            "started": self.started,
            "finished": self.finished,
            "progress": self._progress(now),
            "resources": self.resources,
            "error": self.error,
        }

    def concerns(self, kind: str, ident: int | None = None) -> bool:
        """Whether it changes a resource of ``kind``, or the one with this id."""
        return any(r["type"] == kind and ident in (None, r["id"]) for r in self.resources)

    def _progress(self, now: float) -> int:
        if self.status != "running":
            return 100
        # Machine work may outlast the latency, so a running action never shows more than 95.
        length = self.due - self.start
        return min(95, int(100 * (now - self.start) / length)) if length > 0 else 0


class ActionLog:
    """Every action of the project, by id, by kind and by resource."""

    def __init__(self, clock: Clock, scheduler: Scheduler) -> None:
        self._clock, self._scheduler = clock, scheduler
        self._ids = count(1)
        self.by_id: dict[int, Action] = {}
        self._by_kind: dict[str, list[Action]] = {}
        self._by_resource: dict[tuple[str, int], list[Action]] = {}

    def start(
        self,
        command: str,
        resources: list[Resource],
        effect: Callable[[], None] | None = None,
        *,
        seconds: float,
        locks: Iterable[Resource] = (),
        job: Future | None = None,
        failed: Callable[[], None] | None = None,
    ) -> Action:
        """Start an action on ``resources`` that ends in ``seconds`` and after ``job``.

        ``effect`` runs then (and may raise ``ActionFailed``), or ``failed`` if the job raised.
        Every resource in ``locks`` is locked until then.
        """
        now = self._clock.now()
        action = Action(next(self._ids), command, resources, now, now + seconds)
        self.by_id[action.id] = action
        for resource in resources:
            self._by_kind.setdefault(resource.kind, []).append(action)
            self._by_resource.setdefault((resource.kind, resource.id), []).append(action)
        locked = list(locks)
        for resource in locked:
            resource.locks.add(action.id)
            resource.invalidate()

        def end(error: ActionFailed | None) -> None:
            action.status = "error" if error else "success"
            action.error = {"code": error.code, "message": error.message} if error else None
            action.finished = iso(self._clock.now())
            for resource in locked:
                resource.locks.discard(action.id)
                resource.invalidate()

        def succeed() -> None:
            failure = None
            if effect is not None:
                try:
                    effect()
                except ActionFailed as error:
                    failure = error
            end(failure)

        def fail(reason: str) -> None:
            if failed is not None:
                failed()
            end(ActionFailed("action_failed", reason or "action failed"))

        self._scheduler.add(now + seconds, succeed, fail, job)
        return action

    def of_kind(self, kind: str) -> list[Action]:
        """The actions on resources of ``kind``, oldest first."""
        return self._by_kind.get(kind, [])

    def of(self, resource: Resource) -> list[Action]:
        """The actions on ``resource``, oldest first."""
        return self._by_resource.get((resource.kind, resource.id), [])

    def view(self, action: Action) -> dict[str, Any]:
        """``action`` as the API shows it now."""
        return action.view(self._clock.now())


def require_unlocked(*resources: Resource) -> None:
    """Raise ``ApiError`` 423 if an action runs on one of them."""
    for resource in resources:
        if resource.locks:
            raise ApiError(
                423, "locked", f"cannot perform operation because {resource.kind.replace('_', ' ')} is locked"
            )
