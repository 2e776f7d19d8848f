"""A thousand tenants, a third of them on dedicated servers: a run without differences, and one that repairs."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import store
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.locks import Machine
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.operations import journal
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.operations.request import OperationRequest
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.operations.start import start
from support.controller import TIERS
from support.hetzner import done, hcloud
from support.lab import LabHandle
from support.modules import run_module
from support.playbooks import Outcome, play
from support.size import create_tenants

TENANTS = 1000
MOST_CALLS = 120
# Only against a run that hangs; `make bench` measures the time.
ABSURD_SECONDS = 280
CLOUD = ("-e", "vdc_without_nodes=true")


def seen(lab: LabHandle) -> dict[str, tuple[int, str]]:
    """Return every server's id and status."""
    return {server["name"]: (server["id"], server["status"]) for server in lab.state()["hetzner"]["servers"]}


def ledger_tenants(url: str) -> dict[str, dict[str, Any]]:
    """Return the ledger's tenants without the time of their last use, and without the mark of a run that leaves nodes out."""
    tenants = run_module("tenant_info", ledger_url=url)["tenants"]
    return {tenant["name"]: {**tenant, "last_active": 0, "without_nodes": False} for tenant in tenants}


def begin_and_die(url: str, name: str) -> int:
    """Start an operation for a tenant by a run on this machine that is dead; return the operation's id."""
    host, machine, boot, space = Machine().identity()
    dead = f"{host}:{2**22 + 1}@{machine}.{boot}.{space}.1"
    request = OperationRequest("converge", (name,), "", dead, 3600, "lab", TIERS)
    ledger = store.connect(url)
    with ledger.writing() as connection:
        started = start(connection, int(time.time()), request)
    ledger.close()
    return started["operations"][0]["id"]


def test_calls_grow_with_pages_and_repairs_with_damage(
    lab: LabHandle, tmp_path: Path, tell: Callable[[str], None]
) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    lab.settings(rate_limit=0)

    def run(name: str, *more: str) -> tuple[Outcome, int, float]:
        lab.clear_trace()
        started = time.monotonic()
        ran = play(name, tmp_path, *CLOUD, *more, seconds=ABSURD_SECONDS, VDC_LEDGER_URL=url)
        assert ran.ok, ran.output
        return ran, lab.reads() + lab.writes(), time.monotonic() - started

    run("platform", *CLOUD)
    create_tenants(url, TENANTS)
    servers, tenants = seen(lab), ledger_tenants(url)
    assert Counter(tenant["state"] for tenant in tenants.values()) == {"active": TENANTS}

    ran, calls, seconds = run("reconcile")
    assert (ran.changed, lab.writes()) == (0, 0), ran.output
    assert calls <= MOST_CALLS
    assert (seen(lab), ledger_tenants(url)) == (servers, tenants)

    # The first two have dedicated servers; the third is on a shared node.
    lost, off, left = "t0014", "t0034", "t0003"
    client = hcloud(lab)
    own = {server.labels.get("tenant"): server for server in client.servers.get_all()}
    done(client.servers.delete(own[lost]), client.servers.power_off(own[off]))
    number = begin_and_die(url, left)
    predicted, _calls, _seconds = run("reconcile", "--check")
    assert predicted.changed
    assert lab.writes() == 0
    summary = tmp_path / "summary.json"
    ran, calls, _seconds = run("reconcile", "-e", f"vdc_summary_file={summary}")
    assert calls <= MOST_CALLS
    counts = lab.trace()["counts"]
    assert {key: n for key, n in counts.items() if key.endswith(("create_server", "poweron_server", ".writes"))} == {
        "hetzner.create_server": 1,
        "hetzner.poweron_server": 1,
        "hetzner.writes": 2,
    }
    now = seen(lab)
    assert now.pop(own[lost].name)[1] == "running"
    assert now == {name: known for name, known in servers.items() if name != own[lost].name}
    assert ledger_tenants(url) == tenants
    # A tenant whose server was repaired gets its stack checked; the dead run's operation is completed.
    items = json.loads(summary.read_text())["items"]
    assert sorted(item["name"] for item in items if item["kind"] == "tenant") == [left, lost, off], items
    ledger = store.connect(url)
    with ledger.reading() as connection:
        operation = journal.find(connection, number)
        assert journal.running(connection) == {}
    ledger.close()
    assert operation
    assert operation["state"] == "done"

    ran, again, _seconds = run("reconcile")
    assert (ran.changed, lab.writes()) == (0, 0), ran.output
    _ran, one, one_seconds = run("tenant_converge", "-e", f'{{"tenant_lifecycle_tenants": ["{left}"]}}')
    tell(
        f"{TENANTS} tenants in their desired state: {calls} calls with repairs, {again} without, {seconds:.1f} s; one run a tenant would "
        f"make {one * TENANTS} calls in {one_seconds * TENANTS:.0f} s ({one} calls and {one_seconds:.1f} s measured for one)"
    )
