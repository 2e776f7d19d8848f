"""How long resources existed, and the usage report that follows from it.

Exoscale documents the report's fields but not their values; products and variables here are
plausible, not recorded from the real API. Prices are not in the API.
"""

from __future__ import annotations

from calendar import monthrange
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ..core.clock import iso
from .errors import invalid

HOUR = 3600.0


@dataclass(frozen=True)
class Meter:
    """One line of the usage report: what is counted, and in which ``unit``."""

    product: str
    variable: str
    description: str
    unit: str


RUNNING = "hours"
SIZE = "GiB.hours"


@dataclass
class _Period:
    meter: Meter
    quantity: float
    begin: float
    end: float | None = None


class Meters:
    """Periods in clock seconds during which resources existed, by resource id and meter."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, str], _Period] = {}
        self._closed: list[_Period] = []

    def begin(self, resource: str, meter: Meter, now: float, quantity: float = 1.0) -> None:
        """Count ``quantity`` of ``meter`` for ``resource`` from now on; replaces the previous quantity."""
        key = (resource, meter.product + meter.variable)
        self._close(key, now)
        self._open[key] = _Period(meter, quantity, now)

    def end(self, resource: str, meter: Meter, now: float) -> None:
        """Stop counting ``meter`` for ``resource``; does nothing if it was not counted."""
        self._close((resource, meter.product + meter.variable), now)

    def report(self, period: str | None, now: float) -> list[dict[str, Any]]:
        """The usage of month ``period`` (``YYYY-MM``, default: now's) up to now, one line a
        variable; raises ``ApiError`` for another format."""
        begin, end = _month(period or datetime.fromtimestamp(now, UTC).strftime("%Y-%m"))
        sums: dict[Meter, float] = defaultdict(float)
        for entry in [*self._closed, *self._open.values()]:
            seconds = min(end, entry.end if entry.end is not None else now) - max(begin, entry.begin)
            if seconds > 0:
                sums[entry.meter] += entry.quantity * seconds / HOUR
        return [
            {
                "from": iso(begin),
                "to": iso(end),
                "product": meter.product,
                "variable": meter.variable,
                "description": meter.description,
                "quantity": f"{quantity:.6f}",
                "unit": meter.unit,
            }
            for meter, quantity in sorted(sums.items(), key=lambda s: (s[0].product, s[0].variable))
        ]

    def _close(self, key: tuple[str, str], now: float) -> None:
        entry = self._open.pop(key, None)
        if entry is not None:
            entry.end = now
            self._closed.append(entry)


def _month(period: str) -> tuple[float, float]:
    try:
        first = datetime.strptime(period, "%Y-%m").replace(tzinfo=UTC)
    except ValueError:
        raise invalid(f"period: {period!r} must be a month such as 2026-11") from None
    days = monthrange(first.year, first.month)[1]
    return first.timestamp(), first.timestamp() + days * 86400
