"""Concurrent runs: a run does not revert what another did after it had started."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from ansible_collections.sovereign.vdc.plugins.module_utils.processes import Processes
from support.crash import WRITES, Fleet
from support.hetzner import done, hcloud
from support.kill import kill_tree, tree
from support.lab import LabHandle
from support.playbooks import STOCK
from support.waiting import wait_until


def test_a_tenant_suspended_during_a_reconcile_run_stays_suspended(lab: LabHandle, tmp_path: Path) -> None:
    fleet = Fleet(lab, tmp_path)
    for name in ("paused", "left", "lost"):
        fleet.tenant(name, tier="pro")
    cloud = hcloud(lab)
    done(cloud.servers.delete(cloud.servers.get_by_name("lab-tenant-3")))
    before = len(fleet.rows()["operations"])
    repair = fleet.start("reconcile")
    try:
        wait_until(100, lambda: len(fleet.rows()["operations"]) > before, "the repair starts", interval=0.01)
        repair.send_signal(signal.SIGSTOP)
        fleet.tenant("paused", change=True, desired_state="poweroff")
        fleet.tenant("left", change=True, desired_state="release")
        repair.send_signal(signal.SIGCONT)
        assert repair.wait(100) == 0, fleet.output()
    finally:
        kill_tree(repair)
    states = {row["name"]: row["state"] for row in fleet.rows()["tenants"]}
    assert states == {"paused": "suspended", "left": "suspended", "lost": "active"}
    servers = {server["labels"].get("tenant"): server["status"] for server in lab.state()["hetzner"]["servers"]}
    assert (servers["paused"], servers.get("left"), servers["lost"]) == ("off", None, "running")
    assert fleet.inconsistencies() == []


def test_processes_left_by_a_killed_run_make_no_more_changes(lab: LabHandle, tmp_path: Path) -> None:
    """The run's process group is killed, but not its worker, which has its own session and a module that is still running."""
    fleet = Fleet(lab, tmp_path)
    fleet.settings = STOCK
    fleet.tenant("acme", tier="pro")
    lab.clear_trace()
    lab.faults([{**WRITES, "times": 1, "delay": 10}])
    killed = fleet.start("tenant_change_tier", tenant="acme", tier="enterprise")
    wait_until(100, lab.fault_hits, "the lab holds a call", interval=0.01)
    started = tree(killed)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait(30)
    left = [(pid, found[1]) for pid in started if (found := Processes().process(pid)) and found[2]]
    assert left, "the run left no process"
    assert fleet.run("tenant_suspend", tenant="acme", mode="release"), fleet.output()
    wait_until(100, lambda: not any(Processes().lives(*one) for one in left), "the processes end", interval=0.01)
    writes = [call["operation"] for call in fleet.calls() if call["method"] != "GET"]
    assert writes[1:] == ["delete_server"], writes
    rows = fleet.rows()
    assert [row["state"] for row in rows["tenants"]] == ["suspended"]
    assert rows["placements"] == rows["locks"] == []
    assert "lab-tenant-1" not in fleet.snapshot()["servers"]
