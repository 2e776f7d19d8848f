"""Compare the collection with its peers, against the lab: see docs/benchmarks.md.

BENCH_PEER=n servers in the peer's loop (default 10), BENCH_FULL=1 for all of them;
BENCH_ONLY=abc for some parts; BENCH_SERVERS and BENCH_HOSTS for smaller sets.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import fleets
from lab_process import lab
from report import Report

import inventories


def main(directory: Path) -> None:
    """Run the selected parts; write the report to ``directory`` and print it."""
    servers = int(os.environ.get("BENCH_SERVERS", "100"))
    peers = servers if os.environ.get("BENCH_FULL") else min(servers, int(os.environ.get("BENCH_PEER", "10")))
    parts = os.environ.get("BENCH_ONLY", "abc")
    report = Report()
    directory.mkdir(parents=True, exist_ok=True)
    with lab(directory / "bench-lab") as running:
        if "a" in parts:
            print(f"==> {servers} servers: created, found as they are, deleted", flush=True)
            fleets.compare(running, report, directory, servers, peers)
        if "b" in parts:
            hosts = int(os.environ.get("BENCH_HOSTS", "10000"))
            print(f"==> An inventory of {hosts} servers", flush=True)
            inventories.compare(running, report, directory, hosts)
        if "c" in parts:
            print(f"==> {5 * servers} servers within an hour's calls", flush=True)
            fleets.within_an_hours_budget(running, report, directory, 5 * servers)
    report.write(directory)
    print(f"\n{report.markdown()}")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
