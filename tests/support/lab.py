"""A lab for tests: in this process, on its own thread, emptied before each test."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import requests
from vdclab.service import LabService
from vdclab.snapshot import Snapshot

# Fault rules for errors after which a call may be retried.
TRANSIENT_ERRORS: tuple[dict[str, Any], ...] = (
    {"status": 429, "code": "rate_limit_exceeded"},
    {"status": 500, "code": "server_error"},
    {"status": 503, "code": "unavailable"},
    {"status": 409, "code": "conflict"},
    {"status": 423, "code": "locked"},
    {"drop": True, "when": "after"},
)


class LabThread:
    """Runs a ``LabService`` (machines: none) until ``close``."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.service = LabService()
        self._run(self.service.start())

    def close(self) -> None:
        """Stop the lab and its thread."""
        self._run(self.service.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)

    def call(self, do: Callable[..., Any], *given: Any) -> Any:
        """Run ``do(*given)`` on the lab's own thread, where nothing else changes its state at the same time."""

        async def doing() -> Any:
            return do(*given)

        return self._run(doing())

    def _run(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(timeout=30)


class LabHandle:
    """The lab as a test uses it: over HTTP, as any other user does, except that a lab in this process (``thread``) is saved
    and restored directly."""

    def __init__(self, env: dict[str, str], thread: LabThread | None = None) -> None:
        self.env = env
        self._thread = thread
        self._url = env["VDC_LAB"]

    def reset(self) -> None:
        """Reset the lab: empty clouds, no faults, no latency, the vendors' rate limit."""
        self._call("POST", "/reset")
        self._call(
            "PUT", "/settings", {"call_seconds": 0, "action_seconds": 0, "operation_seconds": 0, "rate_limit": 3600}
        )

    def save(self) -> Snapshot:
        """Return a snapshot of the clouds, the clock and the mails, without S3."""
        assert self._thread is not None
        return self._thread.call(Snapshot, self._thread.service)

    def restore(self, saved: Snapshot) -> None:
        """Restore the clouds from a snapshot; S3, fault rules and trace are empty."""
        assert self._thread is not None
        assert self.violations() == []
        self._thread.call(saved.restore)
        self._thread.service.s3.reset()
        self.faults([])
        self.clear_trace()

    def faults(self, rules: list[dict[str, Any]], seed: int = 1) -> None:
        """Replace the fault rules (fields: ``vdclab.core.faults.Fault``)."""
        self._call("PUT", "/faults", {"rules": rules, "seed": seed})

    def settings(self, **change: Any) -> None:
        """Change latencies (seconds) and the rate limit."""
        self._call("PUT", "/settings", change)

    def configure(self, cloud: str, change: dict[str, Any]) -> None:
        """Change stock, quotas and other settings of ``hetzner``, an Exoscale zone, or ``exoscale`` (all zones)."""
        self._call("PUT", "/clouds", {cloud: change})

    def clock(self, seconds: float) -> None:
        """Move the lab's clock forward."""
        self._call("POST", "/clock", {"advance": seconds})

    def trace(self) -> dict[str, Any]:
        """Return counters and calls since the last ``clear_trace`` or reset."""
        return self._call("GET", "/trace")

    def clear_trace(self) -> None:
        """Reset the counters and the list of calls."""
        self._call("DELETE", "/trace")

    def writes(self) -> int:
        """Count the calls that were not reads, over all clouds."""
        return sum(n for key, n in self.trace()["counts"].items() if key.endswith(".writes"))

    def fault_hits(self) -> int:
        """Count the calls that a fault rule applied to since the rules were set."""
        return sum(rule["struck"] for rule in self._call("GET", "/faults"))

    def reads(self) -> int:
        """Count the calls that only read, over all clouds."""
        return sum(n for key, n in self.trace()["counts"].items() if key.endswith(".reads"))

    def state(self) -> dict[str, Any]:
        """Return the state of all clouds."""
        return self._call("GET", "/state")

    def mails(self) -> list[dict[str, Any]]:
        """Return the mails that the server accepted, in order of arrival."""
        return self._call("GET", "/mails")

    def violations(self) -> list[dict[str, Any]]:
        """Return the answers that broke the vendor's contract."""
        return self._call("GET", "/violations")

    def routes(self) -> dict[str, list[dict[str, Any]]]:
        """Return every operation of each cloud, and whether it is built."""
        return self._call("GET", "/routes")

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        response = requests.request(method, self._url + path, json=body, timeout=30)
        assert response.ok, response.text
        return response.json()
