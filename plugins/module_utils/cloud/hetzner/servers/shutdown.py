# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Wait for servers that were asked to shut down: the action ends before the server is off."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner import actions
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.actions import Waiter
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.client import Hetzner
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.ownership import KEY, VALUE
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import CloudError


@dataclass(frozen=True)
class Off:
    """A handle to wait for: the server is off. ``timeout`` is in seconds."""

    server: int
    timeout: float


def wait_until_off(
    client: Hetzner,
    offs: list[Off],
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Return when all servers are off or their timeouts have passed; the number of calls does not grow with them."""
    ends = {off.server: clock() + off.timeout for off in offs}
    pause = actions.FIRST_PAUSE
    while ends := {id_: end for id_, end in ends.items() if end > clock()}:
        sleep(min(pause, max(0.0, max(ends.values()) - clock())))
        if len(ends) <= 2:
            answers = [client.find(f"/servers/{id_}") for id_ in ends]
            on = {answer["server"]["id"] for answer in answers if answer and answer["server"]["status"] != "off"}
        else:
            query = {"label_selector": f"{KEY}={VALUE}", "status": ["running", "stopping"]}
            on = {server["id"] for server in client.list("/servers", **query)}
        ends = {id_: end for id_, end in ends.items() if id_ in on}
        pause = min(actions.LONGEST_PAUSE, pause * 1.5)


def wait(client: Hetzner, waiter: Waiter, handles: list[Any]) -> dict[Any, CloudError]:
    """Wait for actions, then for shutdowns; returns the errors by action id."""
    errors = waiter([handle for handle in handles if not isinstance(handle, Off)])
    wait_until_off(client, [handle for handle in handles if isinstance(handle, Off)])
    return dict(errors)
