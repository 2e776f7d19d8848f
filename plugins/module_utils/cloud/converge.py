# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The shape of every change: read all, see the next step of each resource, do them at once.

A resource that needs several steps (stop, rescale, start) gets one a round, and each round
begins with what the cloud really shows. So a step whose answer was lost needs no special
care: the next round sees whether it was done. The same is true for a run that died.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.concurrently import each
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import AmbiguousResultError, CloudError

Seen = TypeVar("Seen")
SAME_STEP_TRIES = 4


@dataclass(frozen=True)
class Step:
    """One change to one resource. ``run`` starts it and returns what to wait for (action or
    operation ids; none if the change is done when it returns). A step that only finds out what
    to wait for does not count as a change."""

    resource: str
    verb: str
    run: Callable[[], list[Any]] = field(compare=False)
    changes: bool = True


@dataclass
class Converged(Generic[Seen]):
    """The end: what was ``seen`` last, the steps ``done``, and the error of each resource that
    could not be brought to its wish."""

    seen: Seen
    done: list[Step]
    errors: dict[str, CloudError]

    @property
    def changed(self) -> bool:
        """Whether something was changed, or may have been."""
        return any(step.changes for step in self.done)


def converge(
    read: Callable[[], Seen],
    next_steps: Callable[[Seen], list[Step]],
    wait: Callable[[list[Any]], dict[Any, CloudError]] | None,
    first: Seen | None = None,
    width: int = 16,
    sleep: Callable[[float], None] = time.sleep,
) -> Converged[Seen]:
    """Bring every resource to its wish.

    ``read`` shows the cloud; ``next_steps`` is pure and names at most one step a resource;
    ``wait`` takes all that was started in a round and returns the failures by handle. ``first``
    is what was read already. A resource that fails is left where it is while the others go on;
    the same step is tried ``SAME_STEP_TRIES`` times at most. Without ``wait``, the first step
    of each resource is started and that is all. ``width`` steps run at once.
    """
    seen = read() if first is None else first
    done: list[Step] = []
    errors: dict[str, CloudError] = {}
    lost: dict[str, CloudError] = {}
    tries: Counter[tuple[str, str]] = Counter()
    while True:
        steps = [step for step in next_steps(seen) if step.resource not in errors]
        for step in list(steps):
            tries[step.resource, step.verb] += 1
            if tries[step.resource, step.verb] > SAME_STEP_TRIES:
                errors[step.resource] = lost.get(step.resource) or CloudError(
                    f"{step.verb} was done {SAME_STEP_TRIES} times and the provider still does not show it",
                    code="not_converging",
                )
                steps.remove(step)
        if not steps:
            return Converged(seen, done, errors)
        started: dict[Any, Step] = {}
        unknown = 0
        for outcome in each(lambda step: step.run(), steps, width):
            if outcome.error is None:
                done.append(outcome.item)
                started.update(dict.fromkeys(outcome.result or [], outcome.item))
            elif isinstance(outcome.error, AmbiguousResultError):
                done.append(outcome.item)
                lost[outcome.item.resource] = outcome.error
                unknown = max(unknown, tries[outcome.item.resource, outcome.item.verb])
            else:
                errors[outcome.item.resource] = outcome.error
        if wait is None:
            return Converged(read(), done, errors)
        if unknown:
            # A deed whose answer was lost may need a moment until it shows.
            sleep(random.uniform(0.2, 0.5 * 2**unknown))
        for handle, error in wait(list(started)).items():
            errors.setdefault(started[handle].resource, error)
        seen = read()
