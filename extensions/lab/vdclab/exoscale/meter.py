"""What existed how long: the ground of the usage report.

Exoscale documents the report's fields and not its words; products and variables here are
plausible, not recorded. Prices are not in the API.
"""

from __future__ import annotations

from calendar import monthrange
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ..core.clock import iso
from .errors import refused

HOUR = 3600.0


@dataclass(frozen=True)
class Meter:
    """What is counted: ``quantity`` of ``unit`` an hour."""

    product: str
    variable: str
    description: str
    unit: str


RUNNING = "hours"
SIZE = "GiB.hours"


@dataclass
class _Span:
    meter: Meter
    quantity: float
    begin: float
    end: float | None = None


class Meters:
    """Spans of existence in clock seconds, by a key of the resource's own."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, str], _Span] = {}
        self._closed: list[_Span] = []

    def begin(self, resource: str, meter: Meter, now: float, quantity: float = 1.0) -> None:
        """Count ``quantity`` of ``meter`` for ``resource`` from now on, in place of what it had."""
        key = (resource, meter.product + meter.variable)
        self._close(key, now)
        self._open[key] = _Span(meter, quantity, now)

    def end(self, resource: str, meter: Meter, now: float) -> None:
        """Stop counting; nothing happens if it was not counted."""
        self._close((resource, meter.product + meter.variable), now)

    def report(self, period: str | None, now: float) -> list[dict[str, Any]]:
        """The usage of month ``period`` (``YYYY-MM``, default: now's) up to now, one line a
        variable; raises ``ApiError`` for another format."""
        begin, end = _month(period or datetime.fromtimestamp(now, UTC).strftime("%Y-%m"))
        sums: dict[Meter, float] = defaultdict(float)
        for span in [*self._closed, *self._open.values()]:
            seconds = min(end, span.end if span.end is not None else now) - max(begin, span.begin)
            if seconds > 0:
                sums[span.meter] += span.quantity * seconds / HOUR
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
        span = self._open.pop(key, None)
        if span is not None:
            span.end = now
            self._closed.append(span)


def _month(period: str) -> tuple[float, float]:
    try:
        first = datetime.strptime(period, "%Y-%m").replace(tzinfo=UTC)
    except ValueError:
        raise refused(f"period: {period!r} must be a month such as 2026-11") from None
    days = monthrange(first.year, first.month)[1]
    return first.timestamp(), first.timestamp() + days * 86400
