"""The trace counts calls."""

from __future__ import annotations

from vdclab.core.trace import Trace


def test_the_trace_counts_reads_and_writes():
    trace = Trace(keep=2)
    for method in ("GET", "POST", "DELETE"):
        trace.add("hetzner", method, "/servers", "op", 200, "")
    assert trace.counts["hetzner.reads"] == 1
    assert trace.counts["hetzner.writes"] == 2
    assert len(trace.dump()["calls"]) == 2
