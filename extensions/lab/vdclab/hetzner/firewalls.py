"""Firewalls: rules, applied to servers by id or by label selector."""

from __future__ import annotations

import re
from ipaddress import ip_network
from typing import Any

from ..core.errors import ApiError
from ..core.routing import Call, Reply
from .collection import Collection, operation, required
from .labels import invalid, parse_selector
from .project import Project
from .server import Server
from .servers import Servers
from .store import Identity, Resource

MAX_RULES = 50
MAX_PER_SERVER = 5
PORT = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?")


class Firewall(Resource):
    """One firewall. ``selectors`` maps each applied label selector to the servers that it matches."""

    kind = "firewall"

    def __init__(self, identity: Identity, rules: list[dict[str, Any]]) -> None:
        super().__init__(*identity)
        self.rules = rules
        self.servers: dict[int, Server] = {}
        self.selectors: dict[str, dict[int, Server]] = {}

    def view(self) -> dict[str, Any]:
        applied: list[dict[str, Any]] = [_server(ident) for ident in self.servers]
        applied += [
            {
                "type": "label_selector",
                "label_selector": {"selector": selector},
                "applied_to_resources": [_server(ident) for ident in matched],
            }
            for selector, matched in self.selectors.items()
        ]
        return {
            "id": self.id,
            "name": self.name,
            "labels": self.labels,
            "created": self.created,
            "rules": self.rules,
            "applied_to": applied,
        }

    def covers(self, server: Server) -> bool:
        """Whether it is applied to ``server``, directly or by a selector."""
        return server.id in self.servers or any(server.id in matched for matched in self.selectors.values())


class Firewalls(Collection[Firewall]):
    """All firewalls."""

    kind, plural, label = "firewall", "firewalls", "firewall"

    def __init__(self, project: Project, servers: Servers) -> None:
        super().__init__(project)
        self._servers = servers
        servers.on_change.append(self.update_selectors)
        servers.on_delete.append(self._remove_server)

    # -- servers -------------------------------------------------------------------------

    def update_selectors(self, server: Server) -> None:
        """Match all label selectors with a server that is new or whose labels changed."""
        for firewall in self.store:
            for selector, matched in firewall.selectors.items():
                fits = bool(server.primary_ips) and parse_selector(selector).matches(server.labels)
                if fits != (server.id in matched):
                    if fits:
                        matched[server.id] = server
                    else:
                        del matched[server.id]
                    self._update(firewall, server)

    def _remove_server(self, server: Server) -> None:
        for firewall in [f for f in self.store if f.covers(server)]:
            firewall.servers.pop(server.id, None)
            for matched in firewall.selectors.values():
                matched.pop(server.id, None)
            firewall.invalidate()
        server.firewalls = {}

    def apply(self, firewall: Firewall, server: Server) -> None:
        """Apply ``firewall`` to ``server`` directly."""
        firewall.servers[server.id] = server
        self._update(firewall, server)

    @staticmethod
    def _update(firewall: Firewall, server: Server) -> None:
        server.firewalls.pop(firewall.id, None)
        if firewall.covers(server):
            server.firewalls[firewall.id] = firewall
        server.invalidate()
        firewall.invalidate()

    # -- calls ---------------------------------------------------------------------------

    @operation("create_firewall")
    def create(self, call: Call) -> Reply:
        body = call.body or {}
        rules = check_rules(body.get("rules") or [])
        targets = [self._target(spec) for spec in body.get("apply_to") or []]
        firewall = Firewall(self.new_identity(body), rules)
        self._check_targets(firewall, targets)
        self.store.add(firewall)
        actions = [self.project.start_action("set_firewall_rules", [firewall])] if rules else []
        actions += self._apply_all(firewall, targets)
        shown = [self.project.action_view(action) for action in actions]
        return Reply(201, {"firewall": firewall.render(), "actions": shown})

    @operation("delete_firewall")
    def delete(self, call: Call) -> Reply:
        firewall = self.find(call.params["id"])
        if firewall.servers or firewall.selectors:
            raise ApiError(422, "resource_in_use", f"firewall with ID '{firewall.id}' is still in use")
        self.store.remove(firewall)
        return Reply(204)

    @operation("set_firewall_rules")
    def set_rules(self, call: Call) -> Reply:
        firewall = self.find(call.params["id"])
        _require_idle(firewall)
        firewall.rules = check_rules(required(call.body or {}, "rules"))
        firewall.invalidate()
        actions = [self.project.start_action("set_firewall_rules", [firewall], locks=[firewall])]
        actions += [
            self.project.start_action("apply_firewall", [firewall, server]) for server in firewall.servers.values()
        ]
        return Reply(201, {"actions": [self.project.action_view(action) for action in actions]})

    @operation("apply_firewall_to_resources")
    def apply_to(self, call: Call) -> Reply:
        firewall = self.find(call.params["id"])
        _require_idle(firewall)
        targets = [self._target(spec) for spec in required(call.body or {}, "apply_to")]
        self._check_targets(firewall, targets)
        actions = self._apply_all(firewall, targets)
        return Reply(201, {"actions": [self.project.action_view(action) for action in actions]})

    @operation("remove_firewall_from_resources")
    def remove_from(self, call: Call) -> Reply:
        firewall = self.find(call.params["id"])
        _require_idle(firewall)
        targets = [self._target(spec) for spec in required(call.body or {}, "remove_from")]
        for target in targets:
            if isinstance(target, str):
                if target not in firewall.selectors:
                    raise ApiError(404, "firewall_resource_not_found", f"label selector '{target}' is not applied")
            elif target.id not in firewall.servers:
                if firewall.covers(target):
                    message = "firewall is applied through a label selector"
                    raise ApiError(422, "firewall_managed_by_label_selector", message)
                raise ApiError(404, "firewall_resource_not_found", f"server with ID '{target.id}' is not applied")
        actions = []
        for target in targets:
            if isinstance(target, str):
                matched = list(firewall.selectors.pop(target).values())
                firewall.invalidate()
            else:
                matched = [firewall.servers.pop(target.id)]
            for server in matched:
                self._update(firewall, server)
                actions.append(self.project.start_action("remove_firewall", [firewall, server]))
        if not actions:
            actions.append(self.project.start_action("remove_firewall", [firewall]))
        return Reply(201, {"actions": [self.project.action_view(action) for action in actions]})

    def _target(self, spec: dict[str, Any]) -> Server | str:
        """A server, or the text of a label selector."""
        if spec.get("type") == "server":
            ident = required(spec, "server").get("id")
            server = self._servers.store.get(ident)
            if server is None:
                raise ApiError(404, "firewall_resource_not_found", f"server with ID '{ident}' not found")
            return server
        if spec.get("type") == "label_selector":
            return parse_selector(str(required(required(spec, "label_selector"), "selector"))).text
        raise invalid("type", "must be 'server' or 'label_selector'")

    def _check_targets(self, firewall: Firewall, targets: list[Server | str]) -> None:
        if len({t if isinstance(t, str) else t.id for t in targets}) < len(targets):
            raise ApiError(422, "server_already_added", "a resource is named more than once")
        for target in targets:
            if isinstance(target, str):
                if target in firewall.selectors:
                    raise ApiError(422, "firewall_already_applied", f"label selector '{target}' is already applied")
                continue
            if target.id in firewall.servers:
                raise ApiError(422, "firewall_already_applied", f"server with ID '{target.id}' is already applied")
            check_server(target)

    def _apply_all(self, firewall: Firewall, targets: list[Server | str]) -> list[Any]:
        actions = []
        for target in targets:
            if isinstance(target, str):
                servers = self._servers.store.select(parse_selector(target))
                firewall.selectors[target] = {server.id: server for server in servers if server.primary_ips}
                reached = list(firewall.selectors[target].values())
                for server in reached:
                    self._update(firewall, server)
                firewall.invalidate()
            else:
                self.apply(firewall, target)
                reached = [target]
            actions += [self.project.start_action("apply_firewall", [firewall, server]) for server in reached]
            if not reached:
                actions.append(self.project.start_action("apply_firewall", [firewall]))
        return actions


def check_server(server: Server) -> None:
    """Raise ``ApiError`` 422 if no further firewall can be applied to ``server``."""
    if not server.primary_ips:
        raise ApiError(422, "private_net_only_server", f"server with ID '{server.id}' has no public interface")
    if len(server.firewalls) >= MAX_PER_SERVER:
        raise ApiError(422, "invalid_input", f"a server has at most {MAX_PER_SERVER} firewalls")


def check_rules(rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rules of a request as the API shows them; raises ``ApiError`` 422 for the first invalid one."""
    if len(rules) > MAX_RULES:
        raise invalid("rules", f"must have at most {MAX_RULES} entries")
    return [_rule(rule, f"rules.{index}") for index, rule in enumerate(rules)]


def _rule(rule: dict[str, Any], where: str) -> dict[str, Any]:
    direction, protocol, port = required(rule, "direction"), required(rule, "protocol"), rule.get("port")
    if protocol in ("tcp", "udp"):
        found = PORT.fullmatch("1-65535" if port == "any" else str(port))
        if not found:
            raise invalid(f"{where}.port", f"'{port}' is not a port or port range")
        first, last = int(found[1]), int(found[2] or found[1])
        if not 1 <= first <= last <= 65535:
            raise invalid(f"{where}.port", f"'{port}' must be between 1 and 65535")
    elif port is not None:
        raise invalid(f"{where}.port", f"protocol {protocol} has no ports")
    used, other = ("source_ips", "destination_ips") if direction == "in" else ("destination_ips", "source_ips")
    if not rule.get(used):
        raise invalid(f"{where}.{used}", "is required")
    for block in rule[used]:
        try:
            ip_network(block)
        except ValueError:
            raise invalid(f"{where}.{used}", f"'{block}' is not a network in CIDR notation") from None
    return {
        "description": rule.get("description"),
        "direction": direction,
        used: list(rule[used]),
        other: list(rule.get(other) or []),
        "protocol": protocol,
        "port": port,
    }


def _server(ident: int) -> dict[str, Any]:
    return {"type": "server", "server": {"id": ident}}


def _require_idle(firewall: Firewall) -> None:
    if firewall.locks:
        raise ApiError(409, "conflict", "another change of the firewall is running")
