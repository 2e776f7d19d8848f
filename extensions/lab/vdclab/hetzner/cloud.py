"""Hetzner Cloud as the gateway sees it: routes, token, rate limit, error bodies."""

from __future__ import annotations

import hmac
from functools import cache
from pathlib import Path
from typing import Any

from ..core.errors import ApiError
from ..core.gateway import Cloud, Lab
from ..core.routing import Call, Reply, Route
from ..core.settings import Settings
from ..machines.base import Machines
from . import overlay
from .collection import Calls, list_actions, operation
from .products import Pricing
from .project import Project
from .rate_limit import Bucket
from .resources import Resources
from .rrsets import Rrsets
from .server_access import ServerAccess
from .server_changes import ServerChanges
from .server_create import ServerCreation
from .server_images import ServerImages
from .server_networks import ServerNetworks
from .server_power import ServerPower

# Every operation of the vendor's documents, storage boxes included, as "METHOD template id".
OPERATIONS = Path(__file__).with_name("operations.txt")


class HetznerCloud(Cloud):
    """One project behind one token."""

    name = "hetzner"
    prefix = "/v1"

    def __init__(self, lab: Lab, machines: Machines, settings: Settings) -> None:
        self.lab = lab
        self.settings = settings
        self.project = Project(lab, machines, settings)
        self.resources = Resources(self.project)
        self.routes = self._routes(self._calls())
        self.contract = overlay.contract()
        self._bucket = Bucket(0, 0)

    def _calls(self) -> list[Calls]:
        """Every group of handlers."""
        project, resources = self.project, self.resources
        servers = resources.servers
        return [
            *resources.collections(),
            Pricing(project, resources.server_types, resources.load_balancer_types),
            ServerCreation(project, resources),
            ServerChanges(project, resources),
            ServerPower(project, servers),
            ServerImages(project, servers, resources.images),
            ServerNetworks(project, servers, resources.networks),
            ServerAccess(project, servers, resources.ssh_keys, resources.isos),
            Rrsets(project, resources.zones),
            ActionCalls(project),
        ]

    def _routes(self, groups: list[Calls]) -> list[Route]:
        handlers = {name: handler for group in groups for name, handler in group.handlers().items()}
        routes = []
        for method, template, name in _operations():
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
        self.resources.servers.refresh_power_states()
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

    def request_error(self, faults: list[str]) -> ApiError:
        fields: dict[str, list[str]] = {}
        for fault in faults:
            where, _, what = fault.partition(": ")
            fields.setdefault(where, []).append(what or fault)
        details = {"fields": [{"name": name, "messages": messages} for name, messages in fields.items()]}
        first = next(iter(fields))
        return ApiError(422, "invalid_input", f"invalid input in field '{first}': {fields[first][0]}", details)

    def dump(self) -> dict[str, Any]:
        """All resources by plural kind (servers with ``created_price``), all actions and the quota."""
        self.lab.scheduler.tick(self.lab.clock.now())
        self.resources.servers.refresh_power_states()
        actions = self.project.actions
        kinds = {c.plural: [r.dump() for r in c.store] for c in self.resources.collections() if c.owned}
        return {
            **kinds,
            "actions": [actions.view(action) for action in actions.by_id.values()],
            "quota": self.project.quota,
            "ignore_shutdown": self.project.ignore_shutdown,
        }

    def configure(self, change: dict[str, Any]) -> None:
        """Change what the API cannot; raises ``ValueError`` for unknown keys and products.

        ``stock``: type -> location -> how many more, false (none) or null (no limit);
        ``quota``: plural kind -> the most that may be owned, null for no limit;
        ``prices``: type -> {monthly, hourly}, net euro, from now on;
        ``retire``: type -> date from which it cannot be ordered (ISO 8601), null for never;
        ``ignore_shutdown``: whether guests ignore ACPI.
        """
        unknown = set(change) - {"stock", "quota", "prices", "retire", "ignore_shutdown"}
        if unknown:
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
        try:
            self.resources.server_types.set_stock(change.get("stock") or {})
            self.resources.server_types.set_prices(change.get("prices") or {})
            self.resources.server_types.retire(change.get("retire") or {})
        except ApiError as error:
            raise ValueError(error.message) from None
        for plural, limit in (change.get("quota") or {}).items():
            if limit is None:
                self.project.quota.pop(plural, None)
            else:
                self.project.quota[plural] = int(limit)
        if "ignore_shutdown" in change:
            self.project.ignore_shutdown = bool(change["ignore_shutdown"])


@cache
def _operations() -> tuple[tuple[str, str, str], ...]:
    """Method, path template and id of every operation."""
    lines = (line.split() for line in OPERATIONS.read_text().splitlines())
    return tuple((method, template, name) for method, template, name in lines)


class ActionCalls(Calls):
    """Actions of all kinds, and the datacenters that the vendor removed."""

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
        return Reply(200, {"action": self.project.action_view(action)})

    @operation("list_datacenters")
    def list_datacenters(self, call: Call) -> Reply:
        details = {"announcement": "https://docs.hetzner.cloud/changelog"}
        raise ApiError(410, "deprecated_api_endpoint", "datacenters were removed; use locations", details)

    @operation("get_datacenter")
    def get_datacenter(self, call: Call) -> Reply:
        return self.list_datacenters(call)
