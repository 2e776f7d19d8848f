"""Hetzner Cloud as the gateway sees it: routes, token, rate limit, error bodies."""

from __future__ import annotations

import hmac
from pathlib import Path
from typing import Any

from ..core.errors import ApiError
from ..core.gateway import Cloud, Lab
from ..core.routing import Call, Reply, Route
from ..core.settings import Settings
from ..machines.base import Machines
from . import families, overlay
from .project import Calls, Family, Project, list_actions, operation
from .rate_limit import Bucket

# Every operation of the vendor's documents, storage boxes included: "METHOD template id".
OPERATIONS = Path(__file__).with_name("operations.txt")


class HetznerCloud(Cloud):
    """One project behind one token."""

    name = "hetzner"
    prefix = "/v1"

    def __init__(self, lab: Lab, machines: Machines, settings: Settings) -> None:
        self.lab = lab
        self.settings = settings
        self.project = Project(lab, machines, settings)
        self.families = families.build(self.project)
        self.routes = self._routes([*self.families, General(self.project)])
        self.contract = overlay.contract()
        self._bucket = Bucket(0, 0)

    def _routes(self, groups: list[Calls]) -> list[Route]:
        handlers = {name: handler for group in groups for name, handler in group.handlers().items()}
        routes = []
        for line in OPERATIONS.read_text().splitlines():
            method, template, name = line.split()
            routes.append(Route(method, template, name, handlers.pop(name, None)))
        assert not handlers, f"no such operations: {sorted(handlers)}"
        return routes

    def authenticate(self, call: Call) -> None:
        kind, _, token = call.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not token:
            raise ApiError(401, "unauthorized", "token is required")
        if not hmac.compare_digest(token.encode(), self.settings.hetzner_token.encode()):
            raise ApiError(401, "unauthorized", "the token you have provided is invalid")

    def admit(self, call: Call) -> dict[str, str]:
        self.project.servers.settle()
        limit = self.settings.rate_limit
        if not limit:
            return {}
        now = self.lab.clock.now()
        if self._bucket.limit != limit:
            self._bucket = Bucket(limit, now)
        admitted = self._bucket.take(now)
        headers = self._bucket.headers(now)
        if not admitted:
            message = f"limit of {self._bucket.limit} requests per hour reached"
            raise ApiError(429, "rate_limit_exceeded", message, headers=headers)
        return headers

    def render(self, error: ApiError) -> Any:
        body: dict[str, Any] = {"code": error.code, "message": error.message}
        if error.details is not None:
            body["details"] = error.details
        return {"error": body}

    def refuse_request(self, faults: list[str]) -> ApiError:
        fields: dict[str, list[str]] = {}
        for fault in faults:
            where, _, what = fault.partition(": ")
            fields.setdefault(where, []).append(what or fault)
        details = {"fields": [{"name": name, "messages": messages} for name, messages in fields.items()]}
        first = next(iter(fields))
        return ApiError(422, "invalid_input", f"invalid input in field '{first}': {fields[first][0]}", details)

    def dump(self) -> dict[str, Any]:
        """All resources by plural kind (servers with ``created_price``), quota and running actions."""
        self.lab.scheduler.tick(self.lab.clock.now())
        self.project.servers.settle()
        actions = self.project.actions
        kinds = {f.plural: [r.dump() for r in f.store] for f in self.families if isinstance(f, Family) and f.owned}
        return {
            **kinds,
            "actions": [actions.render(action) for action in actions.by_id.values()],
            "quota": self.project.quota,
            "ignore_shutdown": self.project.ignore_shutdown,
        }

    def configure(self, change: dict[str, Any]) -> None:
        """Change the cloud from outside its API; raises ``ValueError`` for what it does not know.

        ``stock``: type -> location -> number left, false (none) or null (plenty);
        ``quota``: plural kind -> most that may be owned, null for no limit;
        ``prices``: type -> {monthly, hourly}, net euro, from now on;
        ``retire``: type -> moment from which it can no longer be ordered, null for none;
        ``ignore_shutdown``: whether guests ignore ACPI.
        """
        unknown = set(change) - {"stock", "quota", "prices", "retire", "ignore_shutdown"}
        if unknown:
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
        try:
            self.project.server_types.set_stock(change.get("stock") or {})
            self.project.server_types.set_prices(change.get("prices") or {})
            self.project.server_types.retire(change.get("retire") or {})
        except ApiError as error:
            raise ValueError(error.message) from None
        for plural, limit in (change.get("quota") or {}).items():
            if limit is None:
                self.project.quota.pop(plural, None)
            else:
                self.project.quota[plural] = int(limit)
        if "ignore_shutdown" in change:
            self.project.ignore_shutdown = bool(change["ignore_shutdown"])


class General(Calls):
    """Calls that belong to no kind of resource."""

    @operation("get_actions")
    def list_actions(self, call: Call) -> Reply:
        if not call.query.get("id"):
            details = {
                "announcement": "https://docs.hetzner.cloud/changelog#2023-07-20-actions-list-endpoint-is-deprecated"
            }
            raise ApiError(410, "deprecated_api_endpoint", "listing all actions was removed", details)
        return list_actions(self.project, call, list(self.project.actions.by_id.values()))

    @operation("get_action")
    def get_action(self, call: Call) -> Reply:
        ident = call.params["id"]
        action = self.project.actions.by_id.get(int(ident)) if ident.isdigit() else None
        if action is None:
            raise ApiError(404, "not_found", f"action with ID '{ident}' not found")
        return Reply(200, {"action": self.project.shown(action)})

    @operation("list_datacenters")
    def list_datacenters(self, call: Call) -> Reply:
        details = {"announcement": "https://docs.hetzner.cloud/changelog"}
        raise ApiError(410, "deprecated_api_endpoint", "datacenters were removed; use locations", details)

    @operation("get_datacenter")
    def get_datacenter(self, call: Call) -> Reply:
        return self.list_datacenters(call)
