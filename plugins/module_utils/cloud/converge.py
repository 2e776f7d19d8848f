# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Converge resources: compare, start the next step of each, wait in bulk, read again.

A resource that needs several steps (stop, rescale, start) gets one per round, and each round
begins with the state that the cloud shows. So a step whose answer was lost needs no special
treatment: the next round sees whether it was done. The same holds after a run that died.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.concurrently import each
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.step import Step
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import AmbiguousResultError, CloudError

State = TypeVar("State")
MAX_ATTEMPTS = 4  # of the same step


@dataclass
class Converged(Generic[State]):
    """The result: the last observed ``state``, the steps ``done``, and the error of each resource
    that did not reach its desired state."""

    state: State
    done: list[Step]
    errors: dict[str, CloudError]

    @property
    def changed(self) -> bool:
        """Whether something was changed, or may have been."""
        return any(step.changes for step in self.done)


def converge(
    read: Callable[[], State],
    next_steps: Callable[[State], list[Step]],
    execute: Callable[[Step], list[Any]],
    wait: Callable[[list[Any]], dict[Any, CloudError]] | None,
    first: State | None = None,
    width: int = 16,
    sleep: Callable[[float], None] = time.sleep,
) -> Converged[State]:
    """Change every resource until it has its desired state.

    ``read`` returns the observed state; ``next_steps`` is pure and names at most one step per
    resource; ``execute`` starts a step and returns the handles (action or operation ids) to wait
    for, none if the change is complete; ``wait`` takes the handles of a round and returns the
    failures by handle. ``first`` is a state that was read before. A resource that fails is left as
    it is while the others continue; the same step is tried ``MAX_ATTEMPTS`` times at most. Without
    ``wait`` only the first step of each resource is started. ``width`` steps run concurrently.
    """
    state = read() if first is None else first
    done: list[Step] = []
    errors: dict[str, CloudError] = {}
    ambiguous: dict[str, CloudError] = {}
    attempts: Counter[tuple[str, str]] = Counter()
    while True:
        steps = [step for step in next_steps(state) if step.resource not in errors]
        for step in list(steps):
            attempts[step.resource, str(step)] += 1
            if attempts[step.resource, str(step)] > MAX_ATTEMPTS:
                errors[step.resource] = ambiguous.get(step.resource) or CloudError(
                    f"{step} was done {MAX_ATTEMPTS} times and the provider still does not show it",
                    code="not_converging",
                )
                steps.remove(step)
        if not steps:
            return Converged(state, done, errors)
        started: dict[Any, Step] = {}
        unknown = 0
        for outcome in each(execute, steps, width):
            step = outcome.item
            if outcome.error is None:
                done.append(step)
                started.update(dict.fromkeys(outcome.result or [], step))
            elif isinstance(outcome.error, AmbiguousResultError):
                done.append(step)
                ambiguous[step.resource] = outcome.error
                unknown = max(unknown, attempts[step.resource, str(step)])
            else:
                errors[step.resource] = outcome.error
        if wait is None:
            return Converged(read(), done, errors)
        if unknown:
            # A change whose answer was lost may need a moment until it shows.
            sleep(random.uniform(0.2, 0.5 * 2**unknown))
        for handle, error in wait(list(started)).items():
            errors.setdefault(started[handle].resource, error)
        state = read()
