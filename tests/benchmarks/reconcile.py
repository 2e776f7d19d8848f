"""Measure one run of reconcile over tenants that are all in their desired state: see docs/benchmarks.md.

BENCH_TENANTS sets their number (1000).
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

from lab_process import lab

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "extensions/lab")]

from support.lab import LabHandle
from support.playbooks import STOCK, play
from support.size import create_tenants

HEAD = ("who", "tenants", "seconds", "calls", "note")
# Calls are answered after the time that a call within Europe takes; the fleet is built without waiting.
CALL_SECONDS = 0.03


def main(directory: Path) -> None:
    """Run the benchmark; write the table to ``directory`` and print it."""
    tenants = int(os.environ.get("BENCH_TENANTS", "1000"))
    load = os.getloadavg()[0]
    print(f"==> Reconcile, {tenants} tenants in their desired state", flush=True)
    with lab(directory / "bench-lab") as running, tempfile.TemporaryDirectory() as place:
        os.environ.update(running.env)
        clouds, url = LabHandle(running.env), f"sqlite:///{place}/ledger.db"

        def measured(name: str, *more: str) -> tuple[float, int]:
            clouds.clear_trace()
            started = time.perf_counter()
            done = play(name, Path(place), *more, VDC_LEDGER_URL=url, **STOCK)
            if not done.ok:
                sys.exit(f"bench: {name} failed\n{done.output[-3000:]}")
            return time.perf_counter() - started, clouds.reads() + clouds.writes()

        clouds.settings(call_seconds=0, action_seconds=0, operation_seconds=0, rate_limit=0)
        measured("platform", "-e", "vdc_without_nodes=true")
        create_tenants(url, tenants)
        clouds.settings(call_seconds=CALL_SECONDS)
        seconds, calls = measured("reconcile", "-e", "vdc_without_nodes=true")
        one, each = measured(
            "tenant_converge", "-e", "vdc_without_nodes=true", "-e", '{"tenant_lifecycle_tenants": ["t0000"]}'
        )
    note = f"extrapolated from one tenant: {one:.1f} s, {each} calls"
    rows = [
        HEAD,
        ("---",) * len(HEAD),
        ("reconcile", str(tenants), f"{seconds:.1f}", str(calls), "nothing changed"),
        ("a run for each tenant", str(tenants), f"{one * tenants:.0f}", str(each * tenants), note),
    ]
    table = "\n".join(f"| {' | '.join(cells)} |" for cells in rows)
    when = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())
    report = f"{when}, {os.cpu_count()} CPUs, load {load:.1f} at the start.\n\n{table}\n"
    (directory / "bench-reconcile.md").write_text(report)
    print(f"\n{report}")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
