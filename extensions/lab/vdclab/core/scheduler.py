"""Changes that take time: an action or operation ends when its delay has passed and its machine work is done."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import count


@dataclass(order=True)
class Task:
    """One pending change: due at ``due`` (clock seconds) at the earliest, and after ``job`` if there is one."""

    due: float
    order: int
    effect: Callable[[], None] = field(compare=False)
    failed: Callable[[str], None] = field(compare=False)
    job: Future | None = field(compare=False, default=None)


class Scheduler:
    """Pending tasks, run in order of their due time by ``tick``.

    Nothing runs in the background: the gateway calls ``tick`` before each request, so only one
    thread ever changes the state.
    """

    def __init__(self) -> None:
        self._tasks: list[Task] = []
        self._order = count()

    def add(
        self,
        due: float,
        effect: Callable[[], None],
        failed: Callable[[str], None],
        job: Future | None = None,
    ) -> None:
        """Schedule ``effect`` for ``due``; if ``job`` raises, ``failed(reason)`` runs instead."""
        self._tasks.append(Task(due, next(self._order), effect, failed, job))

    def tick(self, now: float) -> None:
        """Run every task that is due at ``now`` and whose machine work is done."""
        if not self._tasks:
            return
        ready = sorted(t for t in self._tasks if t.due <= now and (t.job is None or t.job.done()))
        if not ready:
            return
        ended = {id(t) for t in ready}
        self._tasks = [t for t in self._tasks if id(t) not in ended]
        for task in ready:
            error = task.job.exception() if task.job else None
            if error is None:
                task.effect()
            else:
                task.failed(str(error))

    def __len__(self) -> int:
        return len(self._tasks)
