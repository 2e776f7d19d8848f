# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Wait for Hetzner's actions with few calls: many are read in one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.client import PAGE, Hetzner
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import CloudError

FIRST_PAUSE = 0.5  # seconds; most actions take a few
SHORT_PAUSES = 4
LONGEST_PAUSE = 2.0  # seconds


class Waiter:
    """Waits for actions by their ids, for at most ``timeout`` seconds per call.

    The oldest fifty are asked for first, since they end first; younger ones follow as those
    end. So a round of polls costs one call, however many actions there are.
    """

    def __init__(
        self,
        client: Hetzner,
        timeout: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._timeout = timeout
        self._clock = clock
        self._sleep = sleep

    def __call__(self, ids: Iterable[int]) -> dict[int, CloudError]:
        """Return when all have ended, or the time is up: the errors by action id."""
        pending = sorted(set(ids))
        errors: dict[int, CloudError] = {}
        end = self._clock() + self._timeout
        pause, rounds = FIRST_PAUSE, 0
        while pending:
            self._sleep(min(pause, max(0.0, end - self._clock())))
            asked = 0
            while pending:
                window = pending[:PAGE]
                ended = {action["id"]: action for action in self._states(window) if action["status"] != "running"}
                asked += 1
                errors.update({id_: failed(action) for id_, action in ended.items() if action["status"] == "error"})
                pending = [id_ for id_ in pending if id_ not in ended]
                if len(ended) < len(window):
                    break
            if pending and self._clock() >= end:
                late = f"the provider did not end it within {self._timeout:g} seconds (wait_timeout)"
                return errors | {id_: CloudError(late, code="wait_timeout", details={"action": id_}) for id_ in pending}
            rounds = rounds + 1 if asked == 1 else 0
            pause = min(LONGEST_PAUSE, FIRST_PAUSE * 1.3 ** max(0, rounds - SHORT_PAUSES))
        return errors

    def _states(self, ids: list[int]) -> list[dict[str, Any]]:
        return self._client.get("/actions", id=ids, per_page=PAGE)["actions"]


def failed(action: dict[str, Any]) -> CloudError:
    """The error that an action ended in."""
    error = action.get("error") or {}
    return CloudError(
        f"{action['command']}: {error.get('message', 'failed without a reason')}",
        code=error.get("code", "action_failed"),
        details={"action": action["id"]},
    )


def started(answer: dict[str, Any]) -> list[int]:
    """The ids of the actions in an answer that are still to be waited for.

    Raises the ``CloudError`` of one that has failed already.
    """
    actions = [answer.get("action"), *answer.get("next_actions", []), *answer.get("actions", [])]
    for action in actions:
        if action and action["status"] == "error":
            raise failed(action)
    return [action["id"] for action in actions if action and action["status"] == "running"]
