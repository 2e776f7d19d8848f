# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bring a tenant's volume to its desired state, step by step, reading the current state after each step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.storage.step import Step
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.volume import plan, result, validate
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.volume.shrink import ShrinkSteps
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.volume.spec import Spec
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.volume.state import State


@dataclass
class Converged:
    """Both sides of the diff, and the state at the end."""

    changed: bool
    before: dict[str, Any]
    after: dict[str, Any]
    state: State


def present(steps: ShrinkSteps, spec: Spec, check: bool) -> Converged:
    """Create, resize, mount and export the volume. With ``check``, change nothing and predict."""
    state = steps.read()
    validate.validate_present(spec, state)
    before, after = result.view(spec, state), result.predicted(spec, state)
    changed, state = _run(steps, spec, state, plan.next_present, check)
    if not check and spec.shrink == "prepare" and before["size_gib"] is not None and spec.new in state.group.volumes:
        changed = steps.copy_while_in_use() or changed
    return Converged(changed, before, after, state)


def absent(steps: ShrinkSteps, spec: Spec, confirm: str, check: bool) -> Converged:
    """Remove everything that the tenant has on the node. With ``check``, change nothing and predict."""
    state = steps.read()
    validate.validate_absent(spec, state, confirm)
    before = result.view(spec, state)
    changed, state = _run(steps, spec, state, plan.next_absent, check)
    return Converged(changed, before, result.predicted_absent(spec), state)


def closed(steps: ShrinkSteps, spec: Spec, check: bool) -> Converged:
    """Keep the volume's data and end every access to it. With ``check``, change nothing and predict."""
    state = steps.read()
    validate.validate_closed(spec, state)
    before = result.view(spec, state)
    changed, state = _run(steps, spec, state, plan.next_closed, check)
    return Converged(changed, before, result.predicted_closed(before), state)


def _run(
    steps: ShrinkSteps, spec: Spec, state: State, next_step: Callable[[Spec, State], Step | None], check: bool
) -> tuple[bool, State]:
    """Run the steps unless ``check``; return whether there are any, and the state afterwards."""
    step, changed = next_step(spec, state), False
    while step and not check:
        steps.run(step)
        changed, state = True, steps.read()
        step = next_step(spec, state)
    return changed or step is not None, state
