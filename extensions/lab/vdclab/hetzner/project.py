"""What all resources of the project share: clock, machines, actions, addresses, ids and quotas."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future
from itertools import count
from typing import Any

from ..core.clock import iso
from ..core.errors import ApiError
from ..core.gateway import Lab
from ..core.settings import Settings
from ..machines.base import Machines
from .actions import Action, ActionLog
from .address_pool import AddressPool
from .store import Resource


class Project:
    """The one project that the lab's token belongs to."""

    def __init__(self, lab: Lab, machines: Machines, settings: Settings) -> None:
        self.lab = lab
        self.machines = machines
        self.settings = settings
        self.actions = ActionLog(lab.clock, lab.scheduler)
        self.addresses = AddressPool(machines.real)
        # Plural kind -> the most that the project may own; a kind that is absent has no limit.
        self.quota: dict[str, int] = {}
        # Whether guests ignore ACPI shutdowns; for tests of what happens then.
        self.ignore_shutdown = False
        self._ids = count(1001)

    def new_id(self) -> int:
        """An id that no other resource of the project has."""
        return next(self._ids)

    def now(self) -> str:
        """The lab's time, ISO 8601 in UTC."""
        return iso(self.lab.clock.now())

    def start_action(
        self,
        command: str,
        resources: list[Resource],
        effect: Callable[[], None] | None = None,
        *,
        seconds: float | None = None,
        locks: Iterable[Resource] = (),
        job: Future | None = None,
        failed: Callable[[], None] | None = None,
    ) -> Action:
        """``ActionLog.start`` with the lab's latency, unless ``seconds`` is given."""
        wait = self.settings.action_seconds if seconds is None else seconds
        return self.actions.start(command, resources, effect, seconds=wait, locks=locks, job=job, failed=failed)

    def action_view(self, action: Action) -> dict[str, Any]:
        """``action`` as the API shows it now."""
        return self.actions.view(action)

    def check_quota(self, plural: str, more: int = 1, have: int = 0) -> None:
        """Raise ``ApiError`` 403 if the project may not own ``have + more`` of ``plural``."""
        limit = self.quota.get(plural)
        if limit is not None and have + more > limit:
            name = plural.removesuffix("s") + "_limit"
            details = {"limits": [{"name": name}]}
            raise ApiError(403, "resource_limit_exceeded", f"{name.replace('_', ' ')} exceeded", details)
