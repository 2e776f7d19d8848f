# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Report resources that ended broken, or did not finish in time."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.errors import CloudError


@dataclass(frozen=True)
class Ending:
    """How a resource ended: ``broken`` describes what is wrong with it and what to do, ``pending`` the
    transitional status that it still has. Both are empty when it is finished."""

    broken: str = ""
    pending: str = ""
    details: Any = None


def ending(status: str, transitional: Collection[str], absent: bool = False) -> Ending:
    """The ending for a provider's ``status``; a resource to be deleted may be in the state error."""
    if status == "error" and not absent:
        return Ending(broken="it is in the state error: delete it with state: absent")
    return Ending(pending=status if status in transitional else "")


def unfinished(
    endings: Mapping[str, Ending], waited: float | None, known: Collection[str] = ()
) -> dict[str, CloudError]:
    """The errors of the resources that are broken or still pending, by name.

    ``waited`` is the time limit in seconds, None if the task did not wait: then nothing is late.
    Resources in ``known`` have failed before and are omitted.
    """
    errors: dict[str, CloudError] = {}
    for name, end in endings.items():
        if name in known:
            continue
        if end.broken:
            errors[name] = CloudError(end.broken, code="error_state", details=end.details)
        elif end.pending and waited is not None:
            errors[name] = CloudError(
                f"it is still {end.pending} after {waited:g} s (wait_timeout)", code="timeout", details=end.details
            )
    return errors
