"""Action plugin that replaces work on nodes: the volumes of one tenant on two storage nodes, in a JSON file.

Each step is counted. Before step number ``dies_at`` the node becomes unreachable for the run, and step number ``fails_at``
fails.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase

COMPUTE = "compute"


class Tenant:
    """One tenant's volumes, routes, backups and stack, as one ``node`` changes them; ``state`` is saved."""

    def __init__(self, state: dict[str, Any], node: str) -> None:
        self.state, self.node, self.volumes = state, node, state["volumes"]

    def writable(self) -> list[str]:
        """Return the storage nodes whose volume the tenant can write to."""
        return [name for name, volume in self.volumes.items() if volume["open"] and name in self.state["routes"]]

    def write(self) -> None:
        """Let the stack write a record, and acknowledge it."""
        (node,) = self.writable()
        self.volumes[node]["records"] += 1
        self.state["records"] += 1

    def take(self, _options: dict[str, Any]) -> None:
        self.state["backups"].append(self.volumes[self.node]["records"])

    def restore(self, options: dict[str, Any]) -> None:
        assert not self.volumes.get(self.node, {}).get("open"), "restored over an open volume"
        records = self.state["backups"][int(options["backup"])]
        self.volumes[self.node] = {"open": False, "closed": False, "records": records}

    def closed(self, _options: dict[str, Any]) -> None:
        self.volumes[self.node].update(open=False, closed=True)

    def present(self, _options: dict[str, Any]) -> None:
        assert not self.volumes[self.node]["closed"], "opened a closed volume"
        self.volumes[self.node]["open"] = True

    def absent(self, _options: dict[str, Any]) -> None:
        self.volumes.pop(self.node, None)

    def open_route(self, _options: dict[str, Any]) -> None:
        self.state["routes"] = sorted({*self.state["routes"], self.node})

    def close_route(self, _options: dict[str, Any]) -> None:
        self.state["routes"] = [name for name in self.state["routes"] if name != self.node]

    def start(self, _options: dict[str, Any]) -> None:
        self.state["running"] = True
        self.write()

    def stop(self, _options: dict[str, Any]) -> None:
        if self.state["running"]:
            self.write()
        self.state["running"] = False


class ActionModule(ActionBase):
    """Runs in Ansible's own process, because the start of a Python for each task would take most of the test's time."""

    def run(self, tmp: Any = None, task_vars: Any = None) -> dict[str, Any]:
        """Run the step that the task's options name, unless the node dies or the step fails."""
        super().run(tmp, task_vars)
        options = self._task.args
        name = (
            options.get("step")
            or ("restore" if options.get("backup") else options.get("operation") or options.get("state"))
            or "present"
        )
        file = Path(os.environ["FAKE_TENANTS"], options["tenant"])
        tenant = Tenant(json.loads(file.read_text()), self._task.delegate_to or COMPUTE)
        if not self._task.check_mode and name != "list":
            tenant.state["steps"] += 1
            if tenant.state["steps"] == tenant.state["dies_at"]:
                file.write_text(json.dumps(tenant.state))
                return {"unreachable": True, "msg": "the node died"}
            if tenant.state["steps"] == tenant.state["fails_at"]:
                file.write_text(json.dumps(tenant.state))
                return {"failed": True, "msg": "failed on purpose"}
            getattr(tenant, name)(options)
            assert len(tenant.writable()) <= 1, "two volumes can be written to"
            file.write_text(json.dumps(tenant.state))
        volume = tenant.volumes.get(tenant.node)
        found = {"size_gib": 1.0, "closed": volume["closed"]} if volume else {"size_gib": None}
        backup = {"name": options.get("backup") or str(len(tenant.state["backups"]) - 1), "created": "now"}
        changed = name != "closed" or bool(volume and not volume["closed"])
        return {
            "changed": changed,
            "volume": found,
            "backup": backup,
            "backups": [],
            "age": "0",
            "entries": 1,
            "bytes": 1,
        }
