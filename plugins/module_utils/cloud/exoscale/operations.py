# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Wait for many Exoscale operations concurrently.

The SDK's own ``wait`` takes one operation, sleeps at least three seconds between two reads,
and dies with ``KeyError`` on a failed operation without ``reason``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.concurrently import each
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.errors import operation_error
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import CloudError

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 3.0
GROWTH = 1.5


def wait_for(
    read: Callable[[str], dict[str, Any]],
    operations: Mapping[str, float],
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> dict[str, CloudError]:
    """Return when every operation has ended or its time is over.

    ``read`` reads one operation; ``operations`` has the longest wait in seconds by operation
    id. Returns the error of each operation that failed, or that was still pending at the end
    (code ``timeout``).
    """
    pending = list(operations)
    errors: dict[str, CloudError] = {}
    started, pause = clock(), FIRST_PAUSE
    while pending:
        still = []
        for outcome in each(read, pending):
            if outcome.error is not None:
                errors[outcome.item] = outcome.error
                continue
            operation = outcome.result or {}
            if operation.get("state") == "pending":
                still.append(outcome.item)
            elif operation.get("state") != "success":
                errors[outcome.item] = operation_error({"id": outcome.item, **operation})
        waited = clock() - started
        late = [operation for operation in still if operations[operation] <= waited]
        errors.update((operation, _late(operation, operations[operation])) for operation in late)
        pending = [operation for operation in still if operation not in errors]
        if pending:
            sleep(min(pause, min(operations[operation] for operation in pending) - waited))
            pause = min(LONGEST_PAUSE, pause * GROWTH)
    return errors


def _late(operation: str, seconds: float) -> CloudError:
    return CloudError(
        f"Exoscale did not finish this within {seconds:g} s; it may still do so: run again, or allow more time",
        code="timeout",
        details={"operation": operation},
    )
