# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Carry out plans at Exoscale: check mode predicts, a real run converges; both report in one form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.converge import converge
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.client import Exoscale
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.module import Report
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.step import Call, Step
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.unfinished import Ending, unfinished

State = TypeVar("State")


def ensure(
    cloud: Exoscale,
    check_mode: bool,
    first: State,
    *,
    read: Callable[[], State],
    next_steps: Callable[[State], list[Step]],
    predict: Callable[[State], State],
    at_rest: Callable[[State], State],
    values: Callable[[State], dict[str, Any]],
    diff: Callable[[State], Any],
    endings: Callable[[State], Mapping[str, Ending]],
    kind: str,
    width: int = 16,
) -> Report:
    """Converge from the state ``first``, or predict in check mode what that would change.

    ``read`` returns the state once nothing is in transition; ``next_steps`` is the plan; ``predict``
    gives the state after the whole plan; ``at_rest`` the state after what is in transition now,
    because check mode does not wait. ``values`` and ``diff`` show a state to users, and ``endings`` tells
    which resources are broken or unfinished. ``kind`` names the resources in messages; ``width`` steps
    run concurrently.
    """
    before = diff(first)
    if check_mode:
        predicted = predict(first)
        return Report(bool(next_steps(at_rest(first))), values(predicted), before, diff(predicted), kind=kind)
    end = converge(read, next_steps, partial(execute, cloud), cloud.wait if cloud.waits else None, first, width)
    waited = cloud.wait_timeout if cloud.waits else None
    return Report(
        changed=end.changed,
        values=values(end.state),
        before=before,
        after=diff(end.state),
        failed=end.errors | unfinished(endings(end.state), waited, end.errors),
        kind=kind,
    )


def execute(cloud: Exoscale, step: Step) -> list[str]:
    """Make the calls of ``step``; returns the id of the last one's operation, to wait for."""
    for call in step.calls[:-1]:
        for error in cloud.wait(_start(cloud, call)).values():
            raise error
    return _start(cloud, step.calls[-1], step.timeout)


def _start(cloud: Exoscale, call: Call, timeout: float | None = None) -> list[str]:
    if call.operation.startswith(("delete-", "detach-")):
        return cloud.delete(call.operation, **call.arguments)
    return cloud.change(call.operation, timeout, **call.arguments)
