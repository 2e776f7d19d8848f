"""Absence of information is not absence of the thing: runs that may not see the whole fleet are refused before anything is written."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.crash import FLEET, Fleet
from support.hetzner_project import Project
from support.lab import LabHandle
from support.ledger import Modules
from support.playbooks import INVENTORY, Outcome, extra_vars, play

# Every playbook that concludes something from a missing host, or writes, with its extra variables.
OPERATIONS: list[tuple[str, dict[str, object]]] = [
    ("tenant_suspend", {"tenant": "acme"}),
    ("tenant_destroy", {"tenant": "acme", "confirm": "acme", "final_backup": "false"}),
    ("tenant_heal", {"node": "lab-compute-1"}),
    ("reconcile", {}),
    ("subscriptions", {}),
    ("tenant_backup", {"tenant": "acme"}),
    ("tenant_migrate", {"tenant": "acme", "node": "lab-compute-2"}),
    ("tenant_volume_resize", {"tenant": "acme", "gib": 20}),
    ("storage_disk_retire", {"node": "lab-storage-1", "disk": 1, "confirm": "lab-storage-1-disk-1"}),
    ("platform_destroy", {"confirm": "lab"}),
    ("tunnel_rotate", {}),
]
FAULTS = {
    "hetzner": (
        {"operation": "list_servers", "status": 403, "code": "forbidden", "message": "not yours"},
        "platform.hetzner.yml",
    ),
    "exoscale": ({"operation": "list-instances", "status": 403, "message": "not yours"}, "platform.exoscale.yml"),
}


class Site(Fleet):
    """A fleet with one tenant, on lab-compute-1 or lab-compute-2."""

    def refused(self, playbook: str, *more: str, inventory: Path = INVENTORY, **variables: object) -> Outcome:
        """Run a playbook, which must fail with one sentence and have changed nothing; mails are calls to the lab, too."""
        before = self.rows()
        self.lab.clear_trace()
        done = self.play(playbook, *more, inventory=inventory, **variables)
        assert not done.ok, done.output
        assert (done.changed, self.lab.writes(), self.rows(), len(self.lab.mails())) == (0, 0, before, 0), done.output
        assert done.output.count("fatal: ") == 1, done.output
        return done

    def play(self, playbook: str, *more: str, inventory: Path = INVENTORY, **variables: object) -> Outcome:
        """Run a playbook to its end."""
        return play(playbook, self.directory, *more, *extra_vars(variables), inventory=inventory, **self.lab.env)


@pytest.fixture
def site(lab: LabHandle, tmp_path: Path) -> Site:
    site = Site(lab, tmp_path)
    site.tenant("acme", tier="casual", owner_email="owner@acme.example")
    return site


@pytest.mark.parametrize("provider", FAULTS)
def test_one_refused_call_of_the_inventory_changes_nothing(site: Site, provider: str) -> None:
    fault, source = FAULTS[provider]
    for playbook, variables in OPERATIONS if provider == "hetzner" else OPERATIONS[:2]:
        site.lab.faults([{**fault, "times": 1}])
        done = site.refused(playbook, **variables)
        assert f"{source} could not be read" in done.error, done.output
        assert "not yours" in done.error
        assert done.error.endswith("run the playbook again when the provider answers; nothing was changed")


@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        (("--limit", "lab-compute-1"), "--limit: 'lab-compute-1' leaves out hosts"),
        (("--limit", "localhost"), "--limit: 'localhost' leaves out hosts"),
        (("--tags", "cloud"), "--tags: 'cloud' leaves out tasks"),
        (("--skip-tags", "nodes"), "--skip-tags: 'nodes' leaves out tasks"),
        (("--skip-tags", "always"), "--skip-tags: 'always' leaves out tasks"),
    ],
)
def test_options_that_leave_something_out_are_refused(site: Site, option: tuple[str, str], sentence: str) -> None:
    assert sentence in site.refused("tenant_suspend", *option, tenant="acme").error


def test_a_node_that_exists_without_our_labels_is_not_lost(site: Site, lab: LabHandle) -> None:
    [node] = {row["node"] for row in site.rows()["placements"]}
    project = Project(lab.env)
    [server] = [one for one in lab.state()["hetzner"]["servers"] if one["name"] == node]
    project.call("PUT", f"/servers/{server['id']}", {"labels": {"managed-by": "sovereign.vdc", "role": "compute"}})
    done = site.refused("tenant_suspend", tenant="acme")
    assert f"inventory: it lacks {node}, which the ledger uses and which exists in its cloud" in done.error, done.output
    # Once the cloud has answered that it is deleted, there is nothing left to stop.
    project.call("DELETE", f"/servers/{server['id']}")
    done = site.play("tenant_suspend", "-e", "vdc_without_nodes=true", tenant="acme")
    assert done.ok, done.output


def test_an_inventory_of_all_fleets_or_of_another_ledger_is_refused(site: Site, tmp_path: Path) -> None:
    wide = copied_inventory(tmp_path, lambda text: text.replace("fleet: lab\n", ""))
    assert (
        "reads all fleets, and vdc_fleet is 'lab'"
        in site.refused("tenant_suspend", inventory=wide, tenant="acme").error
    )
    other = copied_inventory(tmp_path, lambda text: text.replace("fleet: lab\n", "fleet: lab2\n"))
    done = site.refused("tenant_suspend", inventory=other, tenant="acme", vdc_fleet="lab2")
    assert "the ledger has tenants on lab-compute-" in done.error
    assert "each fleet needs a ledger of its own" in done.error


def test_an_old_export_of_the_inventory_is_refused(site: Site, tmp_path: Path) -> None:
    """As AWX runs jobs: a script prints what was exported earlier."""
    program = str(Path(sys.executable).with_name("ansible-inventory"))
    env = {**os.environ, "VDC_PRIVATE_DIR": str(tmp_path)}
    command = [program, "-i", str(INVENTORY), "--list", "--export"]
    exported = json.loads(subprocess.run(command, env=env, capture_output=True, check=True, text=True).stdout)
    static = tmp_path / "exported" / "hosts.py"
    static.parent.mkdir()

    def write(age: int) -> None:
        for source in exported["all"]["vars"]["vdc_inventory_sources"].values():
            source["read_at"] -= age
        static.write_text(f"#!{sys.executable}\nprint({json.dumps(json.dumps(exported))})\n")
        static.chmod(0o755)

    write(0)
    fresh = site.play("inventory_validate", inventory=static)
    assert fresh.ok, fresh.output
    write(3600)
    done = site.refused("tenant_suspend", inventory=static, tenant="acme")
    assert "was read 60 minutes ago, and vdc_inventory_max_age_seconds is 900" in done.error
    del exported["all"]["vars"]["vdc_inventory_sources"]
    static.write_text(f"#!{sys.executable}\nprint({json.dumps(json.dumps(exported))})\n")
    assert (
        "nothing shows that Hetzner Cloud was read"
        in site.refused("tenant_suspend", inventory=static, tenant="acme").error
    )


def test_what_was_not_proven_on_nodes_is_marked_until_it_is(site: Site) -> None:
    ledger = site.ledger
    assert site.play("tenant_suspend", "-e", "vdc_without_nodes=true", tenant="acme").ok
    resumed = site.play("tenant_resume", "-e", "vdc_without_nodes=true", tenant="acme")
    assert "not proven: this run left out the tasks on nodes" in resumed.output
    backed_up = site.play("tenant_backup", "-e", "vdc_without_nodes=true", tenant="acme")
    assert backed_up.ok, backed_up.output
    [tenant] = ledger.run("tenant_info", name="acme", operations=1)["tenants"]
    assert (tenant["state"], tenant["without_nodes"]) == ("active", True)
    assert [(one["kind"], one["without_nodes"]) for one in tenant["operations"]] == [("backup", True)]
    # A run with nodes finds the backup due, and the tenant not proven.
    assert [one["tenant"] for one in started(ledger, kind="backup", min_interval_hours={"casual": 20})] == ["acme"]
    assert [one["tenant"] for one in started(ledger, kind="reconcile")] == ["acme"]
    assert ledger.info()["acme"]["without_nodes"] is False
    assert started(ledger, kind="reconcile") == []


def started(ledger: Modules, **given: Any) -> list[dict[str, Any]]:
    """Start operations of a run with nodes, and finish them."""
    nodes = [{"name": name, "cpus": 2, "memory_gib": 4} for name in ("lab-compute-1", "lab-compute-2")]
    begun = ledger.start(fleet=FLEET, nodes=nodes, **given)
    assert not ledger.finish(begun)["failed"]
    return begun["operations"]


def copied_inventory(directory: Path, edit: Any) -> Path:
    """A copy of the lab's inventory whose sources ``edit`` has changed."""
    copy = directory / "copied inventory"
    for path in INVENTORY.rglob("*.yml"):
        target = copy / path.relative_to(INVENTORY)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(edit(path.read_text()) if path.name.startswith("platform.") else path.read_text())
    return copy
