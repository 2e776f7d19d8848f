"""(b): an inventory of thousands of servers, parsed by our plugin and by the peer's, and read by a bare client."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests
from lab_process import ACTION_SECONDS, CALL_SECONDS, RATE_LIMIT, Lab
from report import Report, Row

HERE = Path(__file__).parent
OURS, CACHED = "sovereign.vdc.hetzner", "sovereign.vdc.hetzner, cached"
PEER = "hetzner.hcloud.hcloud"
BARE = "bare client, 16 connections"
RUNS = (
    3  # of our plugin; the median counts. The peer's runs once, because it takes long and its relative error is small.
)


def compare(lab: Lab, report: Report, directory: Path, servers: int) -> None:
    """Measure each in a new process, with the same project."""
    _fill(lab, servers)
    ours = directory / "bench.hetzner.yml"
    ours.write_text("plugin: sovereign.vdc.hetzner\n")
    cached = directory / "bench-cached.hetzner.yml"
    cache = f"cache: true\ncache_plugin: ansible.builtin.jsonfile\ncache_connection: {directory / 'bench-cache'}\n"
    cached.write_text("plugin: sovereign.vdc.hetzner\n" + cache)
    peer = directory / "bench.hcloud.yml"
    peer.write_text("plugin: hetzner.hcloud.hcloud\n")
    _measure(lab, "parse_inventory.py", cached)  # fills the cache
    rows = {
        BARE: _row(lab, BARE, "read only", servers, "read_pages.py", None, RUNS),
        OURS: _row(lab, OURS, "parse", servers, "parse_inventory.py", ours, RUNS),
        CACHED: _row(lab, CACHED, "parse", servers, "parse_inventory.py", cached, RUNS),
        PEER: _row(lab, PEER, "parse", servers, "parse_inventory.py", peer, 1),
    }
    for row in rows.values():
        report.add(row)
    mine = rows[OURS].seconds
    report.verdicts.append(
        f"(b) {servers} hosts: {rows[PEER].seconds / mine:.1f} times as fast as the peer, "
        f"{rows[PEER].seconds / rows[CACHED].seconds:.0f} times from the cache with {rows[CACHED].calls} calls, "
        f"{mine / rows[BARE].seconds:.1f} times a client that only reads."
    )


def _row(lab: Lab, who: str, phase: str, servers: int, script: str, file: Path | None, runs: int) -> Row:
    measured = sorted(_measure(lab, script, file) for _ in range(runs))
    seconds, hosts, calls = measured[len(measured) // 2]
    if hosts != servers:
        sys.exit(f"bench: {who} found {hosts} hosts, not {servers}; a figure would mean nothing")
    note = f"median of {runs}" if runs > 1 else ""
    return Row("b", who, phase, servers, seconds, calls, note)


def _measure(lab: Lab, script: str, file: Path | None) -> tuple[float, int, int]:
    """Return seconds, hosts and API calls of one run."""
    before = lab.calls()
    done = subprocess.run(
        [sys.executable, str(HERE / script), *([str(file)] if file else [])],
        env={**os.environ, **lab.env, "ANSIBLE_INVENTORY_ENABLED": f"{OURS},{PEER}"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"bench: {script} failed\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    measured = json.loads(done.stdout.splitlines()[-1])
    return measured["seconds"], measured["hosts"], lab.calls() - before


def _fill(lab: Lab, servers: int) -> None:
    """Create the servers by plain calls, without latency and limit, because this is not measured."""
    lab.reset()
    lab.settle_for(0.0, 0.0, 0)
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {lab.env['HCLOUD_TOKEN']}"

    def make(number: int) -> None:
        labels = {"managed-by": "sovereign.vdc", "fleet": f"fleet-{number % 10}", "role": "web"}
        body = {"name": f"server-{number:05}", "server_type": "cx23", "image": "debian-13", "labels": labels}
        answer = session.post(f"{lab.env['HCLOUD_ENDPOINT']}/servers", json={**body, "location": "fsn1"}, timeout=60)
        answer.raise_for_status()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(make, range(servers)))
    lab.settle_for(CALL_SECONDS, ACTION_SECONDS, RATE_LIMIT)
