"""The gateway: the steps that every call of either cloud takes, in this order."""

from __future__ import annotations

import json
import uuid
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any

from .clock import Clock
from .contract import Contract
from .errors import ApiError
from .faults import Fault, Faults
from .routing import Call, Reply, Route, Router
from .scheduler import Scheduler
from .settings import Settings
from .trace import Trace


@dataclass
class Answer:
    """What the HTTP layer does: wait ``delay`` seconds, then send ``reply`` or, with ``drop``,
    break the connection."""

    reply: Reply
    delay: float = 0.0
    drop: bool = False


@dataclass
class Lab:
    """The state that the clouds of one lab share."""

    settings: Settings = field(default_factory=Settings)
    clock: Clock = field(default_factory=Clock)
    scheduler: Scheduler = field(default_factory=Scheduler)
    faults: Faults = field(default_factory=Faults)
    trace: Trace = field(default_factory=Trace)
    violations: list[dict[str, Any]] = field(default_factory=list)


class Cloud(ABC):
    """One vendor's API: routes, credentials, error bodies; the routes' handlers hold the state."""

    name: str
    prefix: str
    routes: list[Route]
    contract: Contract | None

    @abstractmethod
    def authenticate(self, call: Call) -> None:
        """Raise ``ApiError`` unless the call has valid credentials."""

    @abstractmethod
    def render(self, error: ApiError) -> Any:
        """The vendor's error body."""

    @abstractmethod
    def dump(self) -> dict[str, Any]:
        """The cloud's whole state, for ``/_lab/state``."""

    @abstractmethod
    def configure(self, change: dict[str, Any]) -> None:
        """Change stock, quotas and other limits; raises ``KeyError`` or ``ValueError`` for unknown keys."""

    def admit(self, call: Call) -> dict[str, str]:
        """Apply the rate limit; returns headers for the answer, or raises ``ApiError``."""
        return {}

    def request_error(self, faults: list[str]) -> ApiError:
        """The vendor's error for a request that breaks the contract."""
        return ApiError(422, "invalid_input", "; ".join(faults))


class Gateway:
    """Routes, validates and traces the calls to one cloud, and applies faults."""

    def __init__(self, lab: Lab, cloud: Cloud) -> None:
        self.lab = lab
        self.install(cloud)

    def install(self, cloud: Cloud) -> None:
        """Serve ``cloud`` from now on: after a reset, new clouds answer on the same ports."""
        self.cloud = cloud
        self.router = Router(cloud.routes)

    def handle(self, call: Call) -> Answer:
        """Answer one call. An error of the lab itself is a 500 and a violation."""
        route, call.params, known = self.router.find(call.method, call.path)
        operation = route.operation if route else "unknown"
        headers = {"X-Correlation-Id": uuid.uuid4().hex[:16]}
        fault: Fault | None = None
        try:
            # Hetzner answers 404 before it checks the token, and 405 after.
            if route is None and not known:
                raise ApiError(404, "not_found", "not found")
            self.cloud.authenticate(call)
            if route is None:
                raise ApiError(405, "method_not_allowed", f"{call.method} is not allowed here")
            headers |= self.cloud.admit(call)
            fault = self.lab.faults.match(self.cloud.name, operation, call.method)
            if fault and fault.when == "before" and (fault.status or fault.drop):
                return self._finish(call, operation, self._fault_reply(fault), headers, fault)
            if route.handler is None:
                raise ApiError(501, "not_built", f"the lab has not built {operation}")
            reply = self._serve(route, call)
            if fault and fault.when == "after" and (fault.status or fault.drop):
                reply = self._fault_reply(fault)
        except ApiError as error:
            reply = self._error_reply(error)
        return self._finish(call, operation, reply, headers, fault)

    def _serve(self, route: Route, call: Call) -> Reply:
        assert route.handler is not None
        contract = self.cloud.contract
        if contract and route.operation in contract.operations:
            found = contract.check_request(route.operation, call.query, call.body)
            if found:
                raise self.cloud.request_error(found)
        self.lab.scheduler.tick(self.lab.clock.now())
        try:
            reply = route.handler(call)
        except ApiError as error:
            reply = self._error_reply(error)
        except Exception as error:  # a bug of the lab must not look like an error of the cloud
            self._violation(route.operation, call, [f"{type(error).__name__}: {error}"])
            raise
        if contract and route.operation in contract.operations:
            found = contract.check_response(route.operation, reply.status, reply.body)
            if found:
                self._violation(route.operation, call, found)
                return self._error_reply(ApiError(500, "contract_violation", "; ".join(found)))
        return reply

    def _violation(self, operation: str, call: Call, found: list[str]) -> None:
        self.lab.violations.append(
            {"cloud": self.cloud.name, "operation": operation, "call": f"{call.method} {call.path}", "found": found}
        )

    def _fault_reply(self, fault: Fault) -> Reply:
        if fault.drop:
            return Reply(0)
        assert fault.status is not None
        return self._error_reply(ApiError(fault.status, fault.code, fault.message))

    def _error_reply(self, error: ApiError) -> Reply:
        return Reply(error.status, self.cloud.render(error), dict(error.headers))

    def _finish(self, call: Call, operation: str, reply: Reply, headers: dict[str, str], fault: Fault | None) -> Answer:
        reply.headers = {**headers, **reply.headers}
        note = json.dumps({"when": fault.when, "drop": fault.drop, "status": fault.status}) if fault else ""
        self.lab.trace.add(self.cloud.name, call.method, call.path, operation, reply.status, note)
        delay = self.lab.settings.call_seconds + (fault.delay if fault else 0.0)
        return Answer(reply, delay=delay, drop=reply.status == 0)
