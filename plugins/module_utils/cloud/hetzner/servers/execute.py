# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Carry out the plans of a set of servers: read once, plan all, converge concurrently."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.converge import converge
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.actions import Waiter, started
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.client import Hetzner
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.lookup import Catalog
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.servers.plan import next_step
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.servers.predict import predict
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.servers.requests import ACTIONS, create_body
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.servers.resolve import Resolver, Target
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.servers.result import View, as_result
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.servers.shutdown import Off, wait
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.servers.spec import Spec, read_specs
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.servers.state import (
    FLEET,
    RESUME,
    Reader,
    Server,
    find_server,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.module import Report
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.ownership import is_ours
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.step import Step
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import (
    AmbiguousResultError,
    CloudError,
    ValidationError,
)

# Codes for a change that was done before: the answer of the first attempt was lost.
DONE_ALREADY = ("server_already_attached", "firewall_already_applied", "already_in_placement_group")
OUT_OF_STOCK = "resource_unavailable"
REJECT = "reject"  # the action of a step that ends its server with the error in its args


@dataclass(frozen=True)
class Plan:
    """One server's plan: its current and its predicted state (``None``: no server), and the steps between."""

    target: Target
    server: Server | None
    predicted: Server | None
    steps: list[Step]

    def find(self, servers: list[Server]) -> Server | None:
        """The same server in a later reading."""
        return find_server(self.target.name, self.server.id if self.server else None, servers)


def run(module: Any, client: Hetzner) -> Report:
    """Converge the servers of a task; see the module for the options. Raises ``ValidationError``, ``CloudError``."""
    params = module.params
    wanted = read_specs(params)
    ids = [spec.id for spec in wanted if spec.id]
    reader = Reader(client, [spec.name for spec in wanted if spec.name], ids, params["fleet"])
    first = reader.read()
    if params["exact"]:
        wanted += _unlisted(wanted, first, params)
    catalog = Catalog(client)
    resolver = Resolver(client, catalog, datetime.now(UTC))
    plans = _plans(wanted, first, resolver)
    steps = [{"server": plan.target.name, "step": str(step)} for plan in plans for step in plan.steps]
    if module.check_mode or not steps:
        report = Report(changed=any(step["step"] != "settle" for step in steps), kind="servers")
        ends = {plan.target.name: plan.predicted for plan in plans}
    else:
        report, last = _converge(client, reader, plans, first, params)
        steps = report.values["steps"]
        ends = {plan.target.name: plan.find(last) for plan in plans}
    report.warnings = resolver.warnings
    view = View(catalog)
    report.before = {"servers": {p.target.name: view.show(p.target, p.server) for p in plans if p.server}}
    shown = ((plan, ends[plan.target.name]) for plan in plans)
    report.after = {"servers": {p.target.name: view.show(p.target, s, new=not p.server) for p, s in shown if s}}
    report.values = {"servers": [as_result(server) for server in ends.values() if server], "steps": steps}
    return report


def _plans(wanted: list[Spec], current: list[Server], resolver: Resolver) -> list[Plan]:
    """The whole plan of every server, so that what must be rejected is rejected before the first change."""
    plans = []
    for spec in wanted:
        server = find_server(spec.name, spec.id, current)
        if spec.state == "present" and server and server.status == "off" and RESUME not in server.labels:
            # It stays stopped. Stop it explicitly, because the provider starts a server after a rescale.
            spec = replace(spec, state="stopped")
        target = resolver.target(spec, server)
        namesake = find_server(target.name, None, current)
        if server and namesake and namesake.id != server.id:
            raise ValidationError(
                f"name: {target.name!r} is the name of server {namesake.id} already, so {server.id} cannot have it"
            )
        predicted, steps = predict(target, server)
        plans.append(Plan(target, server, predicted, steps))
    return plans


def _unlisted(listed: list[Spec], current: list[Server], params: dict[str, Any]) -> list[Spec]:
    """Specs that delete the members of the fleet that the task does not list."""
    kept = {server.id for spec in listed if (server := find_server(spec.name, spec.id, current))}
    members = [s for s in current if is_ours(s.labels) and s.labels.get(FLEET) == params["fleet"] and s.id not in kept]
    return [
        Spec(
            name=server.name,
            id=server.id,
            state="absent",
            delete_protection=params["delete_protection"],
            shutdown_timeout=params["shutdown_timeout"],
            force_poweroff=params["force_poweroff"],
        )
        for server in sorted(members, key=lambda server: server.name)
    ]


def _converge(
    client: Hetzner, reader: Reader, plans: list[Plan], first: list[Server], params: dict[str, Any]
) -> tuple[Report, list[Server]]:
    executor = Executor(client)
    waiter = Waiter(client, params["wait_timeout"])
    by_name = {plan.target.name: plan for plan in plans}
    asked_to_stop: set[str] = set()
    current: dict[str, Server | None] = {}

    def next_steps(servers: list[Server]) -> list[Step]:
        current.update((name, plan.find(servers)) for name, plan in by_name.items())
        found = (_next_step(plan.target, current[name], name in asked_to_stop) for name, plan in by_name.items())
        return [step for step in found if step]

    def execute(step: Step) -> list[Any]:
        if step.action == REJECT:
            raise step.args["error"]
        name, server = step.resource, current[step.resource]
        reader.touch(name, server.id if server else None)
        id_, handles = executor.execute(step, by_name[name].target, server)
        reader.touch(name, id_)
        if step.action == "shut down":
            asked_to_stop.add(name)
        return handles

    def wait_for(handles: list[Any]) -> dict[Any, CloudError]:
        return wait(client, waiter, handles)

    end = converge(reader.read, next_steps, execute, wait_for if params["wait"] else None, first, params["concurrency"])
    done = [{"server": step.resource, "step": str(step)} for step in end.done]
    return Report(end.changed, {"steps": done}, failed=end.errors, kind="servers"), end.state


def _next_step(target: Target, server: Server | None, asked_to_stop: bool) -> Step | None:
    """As ``next_step``; a server that cannot be converged any more gets a step that fails with the cause."""
    try:
        return next_step(target, server, asked_to_stop)
    except ValidationError as error:
        return Step(target.name, REJECT, args={"error": CloudError(str(error), code="refused")}, changes=False)
    except CloudError as error:
        return Step(target.name, REJECT, args={"error": error}, changes=False)


class Executor:
    """Starts steps. Remembers which server type is out of stock where, so that this is not tried again for every server."""

    def __init__(self, client: Hetzner, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._sleep = sleep
        self._out_of_stock: dict[tuple[str, str], CloudError] = {}

    def execute(self, step: Step, target: Target, server: Server | None) -> tuple[int | None, list[Any]]:
        """Start ``step``; returns the server's id, and the handles to wait for: action ids and ``Off``."""
        if server is None:
            return self._create(target)
        try:
            return server.id, self._change(step, target, server)
        except CloudError as error:
            if error.code in DONE_ALREADY:
                return server.id, []
            raise

    def _create(self, target: Target) -> tuple[int, list[Any]]:
        kind = str((target.kind or {})["name"])
        for location in target.locations:
            last = location == target.locations[-1]
            if (kind, location) in self._out_of_stock and not last:
                continue
            try:
                answer = self._client.post("/servers", create_body(target, location))
            except CloudError as error:
                if error.code == "uniqueness_error":
                    # The attempt before created it and its answer was lost, or someone else did just now.
                    raise AmbiguousResultError(error.message, error.code, error.status, error.details) from error
                if error.code != OUT_OF_STOCK:
                    raise
                self._out_of_stock[kind, location] = error
                if last:
                    raise self._stock_error(kind, target, error) from error
            else:
                return answer["server"]["id"], started(answer)
        raise AssertionError(f"{target.name} has no location")

    def _stock_error(self, kind: str, target: Target, error: CloudError) -> CloudError:
        where = ", ".join(target.locations)
        return CloudError(
            f"{kind} is out of stock in {where} ({error.message}); name other fallback_locations or another server_type",
            error.code,
            error.status,
            error.details,
            error.correlation_id,
        )

    def _change(self, step: Step, target: Target, server: Server) -> list[Any]:
        path = f"/servers/{server.id}"
        args = step.args
        if step.action == "settle":
            return self._running_actions(path)
        if step.action == "delete":
            return started(self._client.delete(path))
        if step.action == "update":
            self._client.put(path, {"name": target.name, "labels": args["labels"]})
            return []
        if step.action == "shut down":
            ids = started(self._client.post(f"{path}/actions/shutdown", {}))
            return [*ids, Off(int(server.id or 0), target.spec.shutdown_timeout)]
        if step.action in ("attach volume", "detach volume"):
            action = step.action.split()[0]
            body = {"server": server.id, "automount": bool(target.spec.automount)} if action == "attach" else {}
            return started(self._client.post(f"/volumes/{args['volume']}/actions/{action}", body))
        if step.action in ("apply firewall", "remove firewall"):
            resources = [{"type": "server", "server": {"id": server.id}}]
            key = "apply_to" if step.action == "apply firewall" else "remove_from"
            return started(
                self._client.post(f"/firewalls/{args['firewall']}/actions/{key}_resources", {key: resources})
            )
        action, body = ACTIONS[step.action](step, target)
        return started(self._client.post(f"{path}/actions/{action}", body))

    def _running_actions(self, path: str) -> list[Any]:
        """Return the server's running actions, including those of other clients."""
        found = self._client.list(f"{path}/actions", status="running")
        if not found:
            self._sleep(1.0)
        return [action["id"] for action in found]
