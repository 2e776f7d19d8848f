# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The work of hetzner_servers: a whole set of servers, read once, planned, converged at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.converge import Step, converge
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner import servers_apply
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.actions import Waiter
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.client import Hetzner
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.lookup import Catalog
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.server import FLEET, RESUME, Server, as_result
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.servers_plan import Move, next_move
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.servers_predict import play
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.servers_read import Reader, match
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.servers_target import Resolver, Target
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.servers_view import View
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.servers_wish import Wish, wishes
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.module import Report
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.ownership import is_ours
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import CloudError, ValidationError


@dataclass(frozen=True)
class Plan:
    """One server's way: what it was, what it will be, and the moves between."""

    target: Target
    server: Server | None
    end: Server | None
    moves: list[Move]

    def find(self, servers: list[Server]) -> Server | None:
        """The same server in a later reading."""
        return match(self.target.name, self.server.id if self.server else None, servers)


def work(module: Any, client: Hetzner) -> Report:
    """Bring the servers of a task to their wish."""
    params = module.params
    wanted = wishes(params)
    ids = [wish.id for wish in wanted if wish.id]
    reader = Reader(client, [wish.name for wish in wanted if wish.name], ids, params["fleet"])
    first = reader.read()
    if params["exact"]:
        wanted += _unlisted(wanted, first, params)
    catalog = Catalog(client)
    resolver = Resolver(client, catalog, datetime.now(UTC))
    plans = _plans(wanted, first, resolver)
    steps = [{"server": plan.target.name, "step": str(move)} for plan in plans for move in plan.moves]
    if module.check_mode or not steps:
        report = Report(changed=any(step["step"] != "settle" for step in steps), kind="servers")
        ends = {plan.target.name: plan.end for plan in plans}
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


def _plans(wanted: list[Wish], seen: list[Server], resolver: Resolver) -> list[Plan]:
    """Every server's whole way, so that what must be refused is, before anything is changed."""
    plans = []
    for wish in wanted:
        server = match(wish.name, wish.id, seen)
        if wish.state == "present" and server and server.status == "off" and RESUME not in server.labels:
            # Left as it is: a rescale ends with the provider starting it.
            wish = replace(wish, state="stopped")
        target = resolver.target(wish, server)
        namesake = match(target.name, None, seen)
        if server and namesake and namesake.id != server.id:
            raise ValidationError(
                f"name: {target.name!r} is the name of server {namesake.id} already, so {server.id} cannot have it"
            )
        end, moves = play(target, server)
        plans.append(Plan(target, server, end, moves))
    return plans


def _unlisted(listed: list[Wish], seen: list[Server], params: dict[str, Any]) -> list[Wish]:
    """Members of the fleet that the task does not list: to be removed."""
    kept = {server.id for wish in listed if (server := match(wish.name, wish.id, seen))}
    members = [s for s in seen if is_ours(s.labels) and s.labels.get(FLEET) == params["fleet"] and s.id not in kept]
    return [
        Wish(
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
    hands = servers_apply.Hands(client)
    waiter = Waiter(client, params["wait_timeout"])
    asked: set[str] = set()

    def step(plan: Plan, server: Server | None) -> Step | None:
        name = plan.target.name
        try:
            move = next_move(plan.target, server, name in asked)
        except (ValidationError, CloudError) as error:
            return Step(name, "refuse", partial(_refuse, error), changes=False)
        if move is None:
            return None

        def run(move: Move = move) -> list[Any]:
            reader.touch(name, server.id if server else None)
            id_, handles = hands.make(move, plan.target, server)
            reader.touch(name, id_)
            if move.verb == "shut down":
                asked.add(name)
            return handles

        return Step(name, str(move), run, changes=move.verb != "settle")

    def next_steps(seen: list[Server]) -> list[Step]:
        found = (step(plan, plan.find(seen)) for plan in plans)
        return [one for one in found if one]

    def wait(handles: list[Any]) -> dict[Any, CloudError]:
        return servers_apply.wait(client, waiter, handles)

    end = converge(reader.read, next_steps, wait if params["wait"] else None, first, params["concurrency"])
    done = [{"server": one.resource, "step": one.verb} for one in end.done]
    return Report(end.changed, {"steps": done}, failed=end.errors, kind="servers"), end.seen


def _refuse(error: ValidationError | CloudError) -> list[Any]:
    if isinstance(error, CloudError):
        raise error
    raise CloudError(str(error), code="refused")
