# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The one judge of points in time that people and billing systems give."""

from __future__ import annotations

import datetime
import re

# From 2000-01-01 to 2100-01-01: outside it, a number is not in seconds, or not meant as a time.
EARLIEST, LATEST = 946_684_800, 4_102_444_800
DIGITS = re.compile(r"[0-9]{1,19}")
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
HELP = "use a date (2026-12-31), a time with its zone (2026-12-31T18:00:00+01:00) or seconds since the epoch"


def moment(value: object) -> int:
    """Return the seconds since the epoch that ``value`` means.

    ``value`` is a date, which means its beginning in UTC, an ISO 8601 time with its zone, or seconds since the epoch,
    as text or as YAML reads them. Raises ``ValueError`` with a sentence for anything else.
    """
    if isinstance(value, datetime.datetime):
        return _in_range(value, _aware(value, value))
    if isinstance(value, datetime.date):
        return _in_range(value, _midnight(value))
    if isinstance(value, int) and not isinstance(value, bool):
        return _in_range(value, value)
    if isinstance(value, str):
        return _in_range(value, _read(value.strip()))
    raise ValueError(f"{value!r} is not a time; {HELP}")


def _read(text: str) -> int:
    if DIGITS.fullmatch(text):
        return int(text)
    try:
        # ISO 8601 also allows forms without hyphens, which are numbers to everybody else.
        time = datetime.datetime.fromisoformat(text) if text[4:5] == "-" else None
    except ValueError:
        time = None
    if time is None:
        raise ValueError(f"{_shown(text)} is not a time; {HELP}")
    return _midnight(time) if DATE.fullmatch(text) else _aware(time, text)


def _aware(time: datetime.datetime, shown: object) -> int:
    if time.tzinfo is None:
        raise ValueError(f"{_shown(shown)} has no time zone; {HELP}")
    return int(time.timestamp())


def _midnight(date: datetime.date) -> int:
    return int(datetime.datetime(date.year, date.month, date.day, tzinfo=datetime.UTC).timestamp())


def _in_range(value: object, seconds: int) -> int:
    if EARLIEST <= seconds <= LATEST:
        return seconds
    if EARLIEST <= seconds // 1000 <= LATEST:
        raise ValueError(f"{_shown(value)} is in milliseconds; give seconds since the epoch ({seconds // 1000})")
    raise ValueError(f"{_shown(value)} is not between the years 2000 and 2100; {HELP}")


def _shown(value: object) -> str:
    return repr(value[:80]) if isinstance(value, str) else str(value)[:80]
