# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Carry out the plan of a snapshot."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.converge import converge
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.actions import Waiter, started
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.client import Hetzner
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.labels import check_value
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.snapshots.plan import next_steps, predict
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.snapshots.result import as_result, view
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.snapshots.spec import Spec, read_spec
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.snapshots.state import find, read
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.module import Report
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.ownership import refuse_foreign
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.step import Step
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError


def run(module: Any, client: Hetzner) -> Report:
    """Converge the snapshot of a task; see the module for the options. Raises ``ValidationError``, ``CloudError``."""
    spec, server = _resolve_server(client, read_spec(module.params))
    first = read(client, spec.server)
    last, steps = predict(spec, first)
    if any(step.action == "create" for step in steps):
        if server is None:
            raise ValidationError(f"server: there is no server {spec.server!r} to make a snapshot of")
        refuse_foreign("server", server["name"], server["labels"])
    report = Report(changed=any(step.changes for step in steps), kind="snapshots")
    deleted = [step.resource for step in steps if step.action == "delete"]
    if steps and not module.check_mode:
        end = converge(
            lambda: read(client, spec.server),
            lambda current: next_steps(spec, current),
            lambda step: execute(client, step, server),
            Waiter(client, module.params["wait_timeout"]) if module.params["wait"] else None,
            first,
        )
        last, report.changed, report.failed = end.state, end.changed, end.errors
        deleted = list(dict.fromkeys(step.resource for step in end.done if step.action == "delete"))
    report.before, report.after = view(first), view(last)
    report.values = {
        "snapshot": as_result(find(spec, last)),
        "removed": [name for name in deleted if name != spec.name or spec.state == "absent"],
    }
    return report


def execute(client: Hetzner, step: Step, server: dict[str, Any] | None) -> list[Any]:
    """Start ``step``; returns the ids of the actions to wait for."""
    snapshot, body = step.args["snapshot"], step.args["body"]
    if snapshot is None:
        return started(
            client.post(f"/servers/{(server or {})['id']}/actions/create_image", {"type": "snapshot", **body})
        )
    path = f"/images/{snapshot.id}"
    if step.action == "settle":
        found = client.list(f"{path}/actions", status="running")
        if not found:
            time.sleep(1.0)
        return [action["id"] for action in found]
    if step.action == "update":
        client.put(path, body)
        return []
    if step.action == "delete":
        return started(client.delete(path))
    return started(client.post(f"{path}/actions/change_protection", {"delete": step.action == "protect"}))


def _resolve_server(client: Hetzner, spec: Spec) -> tuple[Spec, dict[str, Any] | None]:
    """The spec with the server's name in place of its id, and the server if it exists."""
    found = client.list("/servers", name=spec.server)
    if spec.server.isdigit():
        by_id = client.find(f"/servers/{spec.server}")
        found += [by_id["server"]] if by_id else []
    if len(found) > 1:
        raise ValidationError(
            f"server: {spec.server!r} is ambiguous, it is the name of one server and the id of another"
        )
    name = check_value("server", found[0]["name"] if found else spec.server)
    return replace(spec, server=name), found[0] if found else None
