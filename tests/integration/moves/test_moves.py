"""A tenant's data moves by the playbook's own steps between nodes in memory: wherever a run dies, one more run brings every
acknowledged record to the new storage node, and at no moment can two volumes be written to."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import ansible_collections.sovereign.vdc as collection
import pytest
import yaml
from support.playbooks import ANSIBLE, QUICK

OLD, NEW, COMPUTE = "old", "new", "compute"

# -- Names of the collection that the test depends on.
PLAYBOOK = "playbooks/tenant_converge.yml"
# The play that converges the tenants, by its hosts, and facts that the plays before it set.
PLAY_HOSTS = "vdc_tenants:localhost"
FACTS = {"tenant_lifecycle_machines_changed_at": 0, "tenant_lifecycle_changed_machines": []}
FAKE_MODULES = ("tenant_volume", "tenant_backup", "tenant_restore", "fake_step")
# The step of a tenant that each entry point of a role stands for; empty: none.
FAKE_ROLES = {
    "tunnel": {"tenant": "{{ 'close_route' if tunnel_tenant_state | default('') == 'absent' else 'open_route' }}"},
    "tenant_stack": {"remove": "stop", "main": "start", "verify": "", "directories": ""},
    "tenant_mount": {"main": "", "absent": "", "verify": ""},
    "packages": {"main": ""},
}
# Variables that these roles set.
ROLE_VARIABLES = {"tenant_stack_directories": [], "packages_result": {"changed": False}}

# -- An undisturbed run: back up, stop, close the route, back up, restore, close, open (2), start, decommission (2).
STEPS = 11
CLOSE = 6
START = 9
FULL = range(1, STEPS + 1)
DIES_SAMPLE = (2, CLOSE - 1, CLOSE, CLOSE + 1, START, STEPS)
FAILS_SAMPLE = (1, CLOSE, CLOSE + 1)

BEFORE = {
    "volumes": {OLD: {"open": True, "closed": False, "records": 7}},
    "routes": [OLD],
    "running": True,
    "records": 7,
    "backups": [],
    "steps": 0,
    "dies_at": 0,
    "fails_at": 0,
}


class Fleet:
    """Three nodes in memory, and the play that converges tenants on them: each tenant's state is a file."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        (directory / "tenants").mkdir()
        (directory / "private").mkdir()
        [real] = collection.__path__
        copy = directory / "collections/ansible_collections/sovereign/vdc"
        shutil.copytree(real, copy)
        (copy / "plugins/action").mkdir(exist_ok=True)
        for name in FAKE_MODULES:
            shutil.copy(Path(__file__).with_name("fake.py"), copy / f"plugins/action/{name}.py")
        for role, steps in FAKE_ROLES.items():
            shutil.rmtree(copy / "roles" / role)
            (copy / "roles" / role / "tasks").mkdir(parents=True)
            for entry_point, step in steps.items():
                options = {"step": step, "tenant": "{{ operation.tenant }}"}
                tasks = [{"name": "Run a step", "sovereign.vdc.fake_step": options}] if step else []
                (copy / "roles" / role / "tasks" / f"{entry_point}.yml").write_text(yaml.safe_dump(tasks))
        # In the playbook's directory, so that its relative paths are valid.
        self._playbook = copy / PLAYBOOK
        [play] = [play for play in yaml.safe_load(self._playbook.read_text()) if play.get("hosts") == PLAY_HOSTS]
        self._playbook.write_text(yaml.safe_dump([{**play, "hosts": "tenants"}]))
        self._collections = f"{directory / 'collections'}:{Path(real).parents[2]}"

    def run(self, tenants: dict[str, dict[str, Any]]) -> str:
        """Run the play for tenants with these states; return its output."""
        for name, state in tenants.items():
            (self.directory / "tenants" / name).write_text(json.dumps(state))
        inventory = self.directory / "hosts.yml"
        inventory.write_text(yaml.safe_dump(self._inventory(tenants)))
        env = {
            **os.environ,
            **QUICK,
            "ANSIBLE_COLLECTIONS_PATH": self._collections,
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_FORKS": "8",
            "FAKE_TENANTS": str(self.directory / "tenants"),
        }
        command = [str(ANSIBLE), "-i", str(inventory), str(self._playbook)]
        done = subprocess.run(
            command, env=env, cwd=self.directory, capture_output=True, text=True, check=False, timeout=500
        )
        return done.stdout + done.stderr

    def state(self, name: str) -> dict[str, Any]:
        """Return a tenant's state after a run."""
        return json.loads((self.directory / "tenants" / name).read_text())

    def _inventory(self, tenants: Collection[str]) -> dict[str, Any]:
        site = {
            "ansible_connection": "local",
            "ansible_python_interpreter": sys.executable,
            "vdc_private_dir": str(self.directory / "private"),
            **ROLE_VARIABLES,
            **{f"vdc_s3_{part}": "s3" for part in ("endpoint", "bucket", "access_key", "secret_key")},
        }
        groups = {
            "tenants": {"hosts": {f"{name}.tenant": {"operation": operation(name)} for name in tenants}},
            "role_compute": {"hosts": {COMPUTE: {}}},
            "role_storage": {"hosts": {OLD: {}, NEW: {}}},
        }
        return {"all": {"vars": site, "hosts": {"localhost": FACTS}, "children": groups}}


def operation(name: str) -> dict[str, Any]:
    """Return the ledger's operation that moves a tenant's data."""
    return {
        "id": 1,
        "tenant": name,
        "number": 1,
        "identity": "9f86d081884c7d65",
        "location": "",
        "first_port": 20010,
        "desired_state": "active",
        "state": "migrating",
        "new": False,
        "node": COMPUTE,
        "source_node": "",
        "lost": "",
        "storage_node": NEW,
        "source_storage_node": OLD,
        "dedicated": False,
        "tier": "casual",
        "stack": "web",
        "slot": {"cpus": 1, "memory_mib": 512},
        "volume_gib": 1,
        "first_uid": 101000,
    }


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    return Fleet(tmp_path)


def test_one_more_run_completes_a_move_that_died_or_failed(fleet: Fleet, tell: Callable[[str], None]) -> None:
    assert_one_more_run_completes(fleet, DIES_SAMPLE, FAILS_SAMPLE)
    share = 100 * (len(DIES_SAMPLE) + len(FAILS_SAMPLE)) // (2 * len(FULL))
    tell(f"data moves: died or failed at {share} % of all steps (all of them: -m full_matrix)")


@pytest.mark.full_matrix
def test_one_more_run_completes_a_move_that_died_or_failed_at_any_step(fleet: Fleet) -> None:
    assert_one_more_run_completes(fleet, FULL, FULL)


def assert_one_more_run_completes(fleet: Fleet, dies: Collection[int], fails: Collection[int]) -> None:
    """Move a tenant for each step at which a run dies or fails, check what is left, and run once more."""
    tenants = {"undisturbed": BEFORE}
    tenants |= {f"dies-{number}": {**BEFORE, "dies_at": number} for number in dies}
    tenants |= {f"fails-{number}": {**BEFORE, "fails_at": number} for number in fails}
    output = fleet.run(tenants)
    assert fleet.state("undisturbed")["steps"] == STEPS, output
    for name in tenants:
        state, at = fleet.state(name), int(name.partition("-")[2] or 0)
        assert name == "undisturbed" or state["steps"] >= at > 0, output
        if name.startswith("fails"):  # the stack continues at the old storage node as long as possible
            assert state["running"] == (at <= CLOSE or at > START), name
        valid = OLD if 0 < at <= CLOSE else NEW
        assert state["volumes"][valid]["records"] == state["records"], name
    output = fleet.run({name: {**fleet.state(name), "dies_at": 0, "fails_at": 0} for name in tenants})
    for name in tenants:
        state = fleet.state(name)
        expected = {NEW: {"open": True, "closed": False, "records": state["records"]}}
        assert (state["volumes"], state["routes"], state["running"]) == (expected, [NEW], True), f"{name}: {output}"
