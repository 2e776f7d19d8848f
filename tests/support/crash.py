"""Runs of playbooks that are killed, and the state that they leave, against a lab without machines."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import schema, store
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.identity import LABEL

from support import playbooks
from support.hetzner_project import KEY, Project
from support.kill import Process, kill_tree
from support.lab import LabHandle
from support.ledger import Modules
from support.modules import run_module
from support.playbooks import extra_vars, resource_counts

FLEET = "lab"
NODES = ("lab-compute-1", "lab-compute-2")
# New tenants are placed on the one with more free space.
STORAGE = {"lab-storage-1": 300, "lab-storage-2": 100}
# Clouds only, because mails are calls to the lab, too.
CLOUDS = "[!s]*"
WRITES = {"cloud": CLOUDS, "method": "[PD]*"}
# Columns that differ from run to run.
VARYING = ("id", "created", "last_active", "queued_since", "activated", "since", "generation", "converged_generation")


class Fleet:
    """A platform of two shared nodes and two storage nodes with its ledger, and a foreign server and volume."""

    def __init__(self, lab: LabHandle, directory: Path) -> None:
        self.lab, self.directory = lab, directory
        # Settings of Ansible for all runs (see ``support.playbooks.start``).
        self.settings: dict[str, str] = {}
        directory.mkdir(exist_ok=True)
        (directory / "ledger.db").unlink(missing_ok=True)
        self.ledger = Modules(f"sqlite:///{directory}/ledger.db")
        lab.reset()
        project = Project(lab.env)
        project.network(FLEET), project.firewall(FLEET), project.ssh_key(FLEET)
        project.server("foreign")
        project.volume("foreign")
        self._servers([{"name": name, "state": "started", "labels": {"role": "compute"}} for name in NODES])
        template = {"template": "Linux Debian 13 (Trixie) 64-bit", "instance_type": "standard.small", "disk_size": 10}
        instances = [{"name": name} for name in STORAGE]
        instance = {"instances": instances, "labels": {"role": "storage"}, "state": "started", **template}
        disks = [{"name": f"{name}-disk-1", "instance": name, "size": size} for name, size in STORAGE.items()]
        self._assert_ok("exoscale_instances", fleet=FLEET, **instance)
        self._assert_ok("exoscale_block_volumes", fleet=FLEET, labels={"role": "pool-disk"}, volumes=disks)
        self._assert_ok("exoscale_security_group", name=FLEET, rules=[])
        self._assert_ok("exoscale_ssh_key", name=FLEET, public_key=KEY)

    def tenant(self, name: str, **fields: Any) -> None:
        """Record a desired state and converge it, without a playbook."""
        recorded = self.ledger.tenant(name, **fields)
        assert not recorded["failed"], recorded
        site = {
            "fleet": FLEET,
            "nodes": [{"name": node, "cpus": 2, "memory_gib": 4} for node in NODES],
            "storage_nodes": [{"name": name, "size_gib": size} for name, size in STORAGE.items()],
        }
        started = self.ledger.start(name, **site)
        assert not started["failed"], started
        if started["servers"]:
            self._servers(started["servers"])
        assert not self.ledger.finish(started)["failed"]

    def save(self) -> None:
        """Save clouds and ledger."""
        self._saved = self.lab.save(), (self.directory / "ledger.db").read_bytes()

    def restore(self) -> None:
        """Restore the saved clouds and ledger, without faults and trace."""
        clouds, ledger = self._saved
        self.lab.restore(clouds)
        for left in self.directory.glob("ledger.db*"):
            left.unlink()
        (self.directory / "ledger.db").write_bytes(ledger)

    def start(self, playbook: str, **variables: object) -> Process:
        """Start a run as an operator does, without the tasks on nodes; its output is written to a file."""
        self.output_file = self.directory / f"output of {playbook}"
        self.output_file.write_text("")
        given = extra_vars(variables)
        words = (playbook, self.directory, "-e", "vdc_without_nodes=true", *given)
        env = {**self.lab.env, "SMTP_HOST": "", **self.settings}
        return playbooks.start(*words, stdout=self.output_file, stderr=self.output_file, **env)

    def run(self, playbook: str, **variables: object) -> bool:
        """Run a playbook; return whether it succeeded."""
        process = self.start(playbook, **variables)
        try:
            return process.wait(100) == 0
        finally:
            kill_tree(process)

    def output(self) -> str:
        """Return the output of the run that was started last."""
        return self.output_file.read_text()

    def kill_when_held(self, playbook: str, **variables: object) -> bool:
        """Start a run and kill it when the lab holds one of its calls; return whether it was killed."""
        try:
            return self._kill_when(lambda: self.lab.fault_hits() > 0, playbook, **variables)
        finally:
            self.lab.faults([])

    def kill_when_started(self, playbook: str, **variables: object) -> bool:
        """Start a run and kill it when the ledger has its operation; return whether it was killed."""
        before = len(self.rows()["operations"])
        return self._kill_when(lambda: len(self.rows()["operations"]) > before, playbook, **variables)

    def _kill_when(self, ready: Callable[[], bool], playbook: str, **variables: object) -> bool:
        process = self.start(playbook, **variables)
        ends = time.monotonic() + 100
        try:
            while process.poll() is None and time.monotonic() < ends:
                if ready():
                    return True
                time.sleep(0.02)
            return False
        finally:
            kill_tree(process)

    def rows(self) -> dict[str, list[dict[str, Any]]]:
        """Return the ledger's tables of tenants, without the columns that differ from run to run."""
        tables = {
            "tenants": schema.TENANTS,
            "placements": schema.PLACEMENTS,
            "volumes": schema.VOLUMES,
            "operations": schema.OPERATIONS,
            "locks": schema.LOCKS,
        }
        ledger = store.connect(self.ledger.url)
        found = {}
        with ledger.reading() as connection:
            for name, table in tables.items():
                rows: Any = connection.execute(table.select()).mappings().all()
                found[name] = [{key: value for key, value in row.items() if key not in VARYING} for row in rows]
        ledger.close()
        return found

    def identities(self) -> dict[str, str]:
        """Return the tenants' identities in the ledger by name."""
        return {row["name"]: row["identity"] for row in self.rows()["tenants"]}

    def snapshot(self) -> dict[str, Any]:
        """Return the state of ledger and clouds that must not depend on how often a run died.

        A random identity of the ledger is replaced by the name of its tenant, in the ledger and on servers.
        """
        rows = self.rows()
        state = self.lab.state()
        owners = {identity: f"identity of {name}" for name, identity in self.identities().items()}
        servers = {}
        for server in state["hetzner"]["servers"]:
            labels = {
                key: owners.get(value, value) if key == LABEL else value for key, value in server["labels"].items()
            }
            servers[server["name"]] = (server["status"], server["server_type"]["name"], labels)
        return {
            "tenants": [{**row, "identity": owners[row["identity"]]} for row in rows["tenants"]],
            **{table: rows[table] for table in ("placements", "volumes")},
            "made": {kind: dict(names) for kind, names in resource_counts(state).items()},
            "servers": servers,
        }

    def foreign(self) -> list[Any]:
        """Return the foreign resources with all their fields."""
        hetzner = self.lab.state()["hetzner"]
        return [
            resource for kind in ("servers", "volumes") for resource in hetzner[kind] if resource["name"] == "foreign"
        ]

    def inconsistencies(self) -> list[str]:
        """Return what must never exist: a name twice, a tenant's server without a placement, an unfinished operation, a
        lock."""
        rows, state = self.rows(), self.lab.state()
        names = Counter(server["name"] for server in state["hetzner"]["servers"])
        placed = {row["node"] for row in rows["placements"]}
        tenants = [s["name"] for s in state["hetzner"]["servers"] if "tenant" in s["labels"]]
        open_ends = [f"{row['kind']} is {row['state']}" for row in rows["operations"] if row["state"] != "done"]
        return [
            *(f"{name} exists twice" for name, number in names.items() if number > 1),
            *(f"{name} has no placement" for name in tenants if name not in placed),
            *open_ends,
            *(f"{row['name']} is locked" for row in rows["locks"]),
        ]

    def calls(self) -> list[dict[str, Any]]:
        """Return the calls to the clouds since the trace was cleared."""
        return [call for call in self.lab.trace()["calls"] if call["cloud"] not in ("smtp", "s3")]

    def _servers(self, servers: list[dict[str, Any]]) -> None:
        around = {"ssh_keys": [FLEET], "networks": [FLEET], "firewalls": [FLEET], "allow_restart": True}
        kind = {"server_type": "cx23", "location": "nbg1", "image": "debian-13"}
        self._assert_ok("hetzner_servers", servers=servers, fleet=FLEET, **kind, **around)

    @staticmethod
    def _assert_ok(module: str, **given: Any) -> None:
        done = run_module(module, **given)
        assert not done["failed"], done
