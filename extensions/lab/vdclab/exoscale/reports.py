"""Quotas, the usage report, events, and the state of operations."""

from __future__ import annotations

from ..core.routing import Call, Handler, Reply
from .zone import Zone


class Reports:
    """The calls that report about the organization."""

    def __init__(self, zone: Zone) -> None:
        self._zone = zone
        self._account = zone.account

    def handlers(self) -> dict[str, Handler]:
        """Handlers by operation id."""
        return {
            "list-quotas": lambda _: Reply(200, {"quotas": self._account.quotas.all()}),
            "get-quota": lambda call: Reply(200, self._account.quotas.view(call.params["entity"])),
            "get-usage-report": self._usage,
            "list-events": self._events,
            "get-operation": lambda call: Reply(200, dict(self._zone.operations.get(call.params["id"]))),
        }

    def _usage(self, call: Call) -> Reply:
        return Reply(200, {"usage": self._account.meters.report(call.one("period"), self._zone.now())})

    def _events(self, call: Call) -> Reply:
        return Reply(200, self._account.events.between(call.one("from"), call.one("to"), self._zone.now()))
