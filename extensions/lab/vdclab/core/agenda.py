"""Deeds that take time: an action or operation ends when its delay and its machine work have."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import count


@dataclass(order=True)
class Deed:
    """One pending deed: due not before ``due`` (clock seconds) and after ``job``, if any."""

    due: float
    order: int
    effect: Callable[[], None] = field(compare=False)
    failed: Callable[[str], None] = field(compare=False)
    job: Future | None = field(compare=False, default=None)


class Agenda:
    """Pending deeds, ended in order of their due time by whoever asks next.

    Nothing runs in the background: the gateway calls ``tick`` before each request, so state
    is only ever touched by one thread.
    """

    def __init__(self) -> None:
        self._deeds: list[Deed] = []
        self._order = count()

    def add(
        self,
        due: float,
        effect: Callable[[], None],
        failed: Callable[[str], None],
        job: Future | None = None,
    ) -> None:
        """Plan ``effect`` for ``due``; if ``job`` raises, ``failed(reason)`` runs instead."""
        self._deeds.append(Deed(due, next(self._order), effect, failed, job))

    def tick(self, now: float) -> None:
        """End every deed that is due at ``now`` and whose machine work is done."""
        ready = sorted(d for d in self._deeds if d.due <= now and (d.job is None or d.job.done()))
        if not ready:
            return
        ended = {id(d) for d in ready}
        self._deeds = [d for d in self._deeds if id(d) not in ended]
        for deed in ready:
            error = deed.job.exception() if deed.job else None
            if error is None:
                deed.effect()
            else:
                deed.failed(str(error))

    def __len__(self) -> int:
        return len(self._deeds)
