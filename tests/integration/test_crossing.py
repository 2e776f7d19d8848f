"""Runs that cross: what one of them does is not undone by another that began before."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from support.crash import Fleet, kill_tree
from support.hetzner import done, hcloud
from support.lab import LabHandle


def until(what: Callable[[], Any], seconds: float = 100) -> None:
    """Wait for it."""
    ends = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < ends, "it never came to pass"
        time.sleep(0.01)


def test_who_is_suspended_while_others_are_repaired_stays_suspended(lab: LabHandle, tmp_path: Path) -> None:
    fleet = Fleet(lab, tmp_path)
    for name in ("off", "left", "lost"):
        fleet.tenant(name, tier="pro")
    cloud = hcloud(lab)
    done(cloud.servers.delete(cloud.servers.get_by_name("lab-tenant-3")))
    before = len(fleet.rows()["operations"])
    repair = fleet.start("reconcile")
    try:
        until(lambda: len(fleet.rows()["operations"]) > before)
        repair.send_signal(signal.SIGSTOP)
        fleet.tenant("off", change=True, wish="poweroff")
        fleet.tenant("left", change=True, wish="release")
        repair.send_signal(signal.SIGCONT)
        assert repair.wait(100) == 0, fleet.said()
    finally:
        kill_tree(repair)
    states = {row["name"]: row["state"] for row in fleet.rows()["tenants"]}
    assert states == {"off": "suspended", "left": "suspended", "lost": "active"}
    servers = {server["labels"].get("tenant"): server["status"] for server in lab.state()["hetzner"]["servers"]}
    assert (servers["off"], servers.get("left"), servers["lost"]) == ("off", None, "running")
    assert fleet.faults() == []
