"""Firewalls: rules, applied to servers by id or by label selector."""

from __future__ import annotations

import re
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

from ..core.errors import ApiError
from ..core.routing import Call, Reply
from .labels import invalid, parse_selector
from .project import Family, need, operation
from .store import Resource

if TYPE_CHECKING:
    from .servers import Server

MOST_RULES = 50
MOST_PER_SERVER = 5
PORT = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?")


class Firewall(Resource):
    """A firewall. ``selectors`` maps each applied selector to the servers that it matches."""

    kind = "firewall"

    def __init__(self, identity: tuple[int, str, dict[str, str], str], rules: list[dict[str, Any]]) -> None:
        super().__init__(*identity)
        self.rules = rules
        self.servers: dict[int, Server] = {}
        self.selectors: dict[str, dict[int, Server]] = {}

    def draw(self) -> dict[str, Any]:
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
        return server.id in self.servers or any(server.id in matched for matched in self.selectors.values())


class Firewalls(Family[Firewall]):
    kind, plural, label = "firewall", "firewalls", "firewall"

    # -- what servers ask ----------------------------------------------------------------

    def follow(self, server: Server) -> None:
        """Apply and remove selectors after a server came or its labels changed."""
        for firewall in self.store:
            for selector, matched in firewall.selectors.items():
                fits = bool(server.primary_ips) and parse_selector(selector).matches(server.labels)
                if fits != (server.id in matched):
                    if fits:
                        matched[server.id] = server
                    else:
                        del matched[server.id]
                    self._refresh(firewall, server)

    def forget(self, server: Server) -> None:
        """Drop a deleted server."""
        for firewall in server.firewalls:
            firewall.servers.pop(server.id, None)
            for matched in firewall.selectors.values():
                matched.pop(server.id, None)
            firewall.touch()
        server.firewalls = []

    def apply(self, firewall: Firewall, server: Server) -> None:
        firewall.servers[server.id] = server
        self._refresh(firewall, server)

    @staticmethod
    def _refresh(firewall: Firewall, server: Server) -> None:
        others = [other for other in server.firewalls if other is not firewall]
        server.firewalls = [*others, firewall] if firewall.covers(server) else others
        server.touch()
        firewall.touch()

    # -- calls ---------------------------------------------------------------------------

    @operation("create_firewall")
    def create(self, call: Call) -> Reply:
        body = call.body or {}
        rules = check_rules(body.get("rules") or [])
        targets = [self._target(wish) for wish in body.get("apply_to") or []]
        firewall = Firewall(self.identity(body), rules)
        self._check_targets(firewall, targets)
        self.store.add(firewall)
        actions = [self.project.begin("set_firewall_rules", [firewall])] if rules else []
        actions += self._apply_all(firewall, targets)
        shown = [self.project.shown(action) for action in actions]
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
        _settled(firewall)
        firewall.rules = check_rules(need(call.body or {}, "rules"))
        firewall.touch()
        actions = [self.project.begin("set_firewall_rules", [firewall], holds=[firewall])]
        actions += [self.project.begin("apply_firewall", [firewall, server]) for server in firewall.servers.values()]
        return Reply(201, {"actions": [self.project.shown(action) for action in actions]})

    @operation("apply_firewall_to_resources")
    def apply_to(self, call: Call) -> Reply:
        firewall = self.find(call.params["id"])
        _settled(firewall)
        targets = [self._target(wish) for wish in need(call.body or {}, "apply_to")]
        self._check_targets(firewall, targets)
        actions = self._apply_all(firewall, targets)
        return Reply(201, {"actions": [self.project.shown(action) for action in actions]})

    @operation("remove_firewall_from_resources")
    def remove_from(self, call: Call) -> Reply:
        firewall = self.find(call.params["id"])
        _settled(firewall)
        targets = [self._target(wish) for wish in need(call.body or {}, "remove_from")]
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
                firewall.touch()
            else:
                matched = [firewall.servers.pop(target.id)]
            for server in matched:
                self._refresh(firewall, server)
                actions.append(self.project.begin("remove_firewall", [firewall, server]))
        if not actions:
            actions.append(self.project.begin("remove_firewall", [firewall]))
        return Reply(201, {"actions": [self.project.shown(action) for action in actions]})

    def _target(self, wish: dict[str, Any]) -> Server | str:
        """A server, or the text of a label selector."""
        if wish.get("type") == "server":
            ident = need(wish, "server").get("id")
            server = self.project.servers.store.get(ident)
            if server is None:
                raise ApiError(404, "firewall_resource_not_found", f"server with ID '{ident}' not found")
            return server
        if wish.get("type") == "label_selector":
            return parse_selector(str(need(need(wish, "label_selector"), "selector"))).text
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
                servers = self.project.servers.store.select(parse_selector(target))
                firewall.selectors[target] = {server.id: server for server in servers if server.primary_ips}
                reached = list(firewall.selectors[target].values())
                for server in reached:
                    self._refresh(firewall, server)
                firewall.touch()
            else:
                self.apply(firewall, target)
                reached = [target]
            actions += [self.project.begin("apply_firewall", [firewall, server]) for server in reached]
            if not reached:
                actions.append(self.project.begin("apply_firewall", [firewall]))
        return actions


def check_server(server: Server) -> None:
    """Raise ``ApiError`` 422 if no further firewall can be applied to ``server``."""
    if not server.primary_ips:
        raise ApiError(422, "private_net_only_server", f"server with ID '{server.id}' has no public interface")
    if len(server.firewalls) >= MOST_PER_SERVER:
        raise ApiError(422, "invalid_input", f"a server takes at most {MOST_PER_SERVER} firewalls")


def check_rules(rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rules as the API shows them; raises ``ApiError`` 422 at the first fault."""
    if len(rules) > MOST_RULES:
        raise invalid("rules", f"must have at most {MOST_RULES} entries")
    return [_rule(rule, f"rules.{index}") for index, rule in enumerate(rules)]


def _rule(rule: dict[str, Any], where: str) -> dict[str, Any]:
    direction, protocol, port = need(rule, "direction"), need(rule, "protocol"), rule.get("port")
    if protocol in ("tcp", "udp"):
        found = PORT.fullmatch("1-65535" if port == "any" else str(port))
        if not found:
            raise invalid(f"{where}.port", f"'{port}' is not a port or port range")
        first, last = int(found[1]), int(found[2] or found[1])
        if not 1 <= first <= last <= 65535:
            raise invalid(f"{where}.port", f"'{port}' must lie between 1 and 65535")
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


def _settled(firewall: Firewall) -> None:
    if firewall.busy:
        raise ApiError(409, "conflict", "another change of the firewall is running")
