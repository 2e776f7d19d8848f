"""Metrics: series with the right names and times; the values are invented, and zero when off."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ..core.clock import iso
from ..core.routing import Call, Reply
from .labels import invalid

# Type -> series -> its value while the resource runs.
Series = dict[str, dict[str, str]]

SERVER_SERIES: Series = {
    "cpu": {"cpu": "12.5"},
    "disk": {
        "disk.0.iops.read": "2",
        "disk.0.iops.write": "5",
        "disk.0.bandwidth.read": "8192",
        "disk.0.bandwidth.write": "20480",
    },
    "network": {
        "network.0.pps.in": "10",
        "network.0.pps.out": "8",
        "network.0.bandwidth.in": "4096",
        "network.0.bandwidth.out": "3072",
    },
}
LOAD_BALANCER_SERIES: Series = {
    "open_connections": {"open_connections": "3"},
    "connections_per_second": {"connections_per_second": "1"},
    "requests_per_second": {"requests_per_second": "4"},
    "bandwidth": {"bandwidth.in": "4096", "bandwidth.out": "8192"},
}
DEFAULT_SAMPLES, MAX_SAMPLES = 200, 500


def answer(call: Call, known: Series, running: bool) -> Reply:
    """The series of the query's ``type`` from ``start`` to ``end``; raises ``ApiError`` 422."""
    kinds = [kind for text in call.query.get("type", []) for kind in text.split(",")]
    if not kinds or any(kind not in known for kind in kinds):
        raise invalid("type", f"must be of {', '.join(known)}")
    start, end = _timestamp(call, "start"), _timestamp(call, "end")
    if end <= start:
        raise invalid("end", "must be after start")
    try:
        step = float(call.one("step") or (end - start) / DEFAULT_SAMPLES)
    except ValueError:
        raise invalid("step", "must be a number of seconds") from None
    step = max(1.0, step, (end - start) / MAX_SAMPLES)
    times = [start + step * index for index in range(int((end - start) / step))]
    series: dict[str, Any] = {}
    for kind in kinds:
        for name, value in known[kind].items():
            series[name] = {"values": [[time, value if running else "0"] for time in times]}
    body = {"start": iso(start), "end": iso(end), "step": step, "time_series": series}
    return Reply(200, {"metrics": body})


def _timestamp(call: Call, name: str) -> float:
    """The query's ``name``, a time in ISO 8601, in seconds since the epoch; raises ``ApiError`` 422."""
    try:
        time = datetime.fromisoformat(call.one(name) or "")
    except ValueError:
        raise invalid(name, "must be a time in ISO 8601") from None
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
