# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A step of a resource as data, so that plans stay pure; and its way into ``converge``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.converge import Converged, Step, converge
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.client import Exoscale


@dataclass(frozen=True)
class Call:
    """One change of the API: its operation id and the arguments (``_`` for ``-``)."""

    operation: str
    arguments: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Deed:
    """One step of a resource: calls made in turn, each when the one before has finished.

    ``within`` is the longest wait for the last of them in seconds (default: ``wait_timeout``).
    """

    verb: str
    calls: tuple[Call, ...]
    within: float | None = None


def bring(
    cloud: Exoscale,
    read: Callable[[], Any],
    plan: Callable[[Any], Mapping[str, Deed | None]],
    first: Any,
    width: int = 16,
) -> Converged[Any]:
    """Converge by ``plan``, which names the next deed of each resource (none: it is as wished);
    ``width`` deeds are begun at once."""

    def next_steps(seen: Any) -> list[Step]:
        return [_step(cloud, name, deed) for name, deed in plan(seen).items() if deed is not None]

    return converge(read, next_steps, cloud.wait if cloud.waits else None, first, width)


def _step(cloud: Exoscale, resource: str, deed: Deed) -> Step:
    def run() -> list[str]:
        for call in deed.calls[:-1]:
            for error in cloud.wait(_start(cloud, call)).values():
                raise error
        return _start(cloud, deed.calls[-1], deed.within)

    return Step(resource, deed.verb, run)


def _start(cloud: Exoscale, call: Call, within: float | None = None) -> list[str]:
    if call.operation.startswith(("delete-", "detach-")):
        return cloud.gone(call.operation, **call.arguments)
    return cloud.change(call.operation, within, **call.arguments)
