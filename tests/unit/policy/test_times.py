"""Points in time that people and billing systems give."""

from __future__ import annotations

import contextlib
import datetime

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.times import EARLIEST, LATEST, moment
from hypothesis import given
from hypothesis import strategies as st

NEW_YEARS_EVE = 1798675200
ZONE = datetime.timezone(datetime.timedelta(hours=1))


@pytest.mark.parametrize(
    "value",
    [
        NEW_YEARS_EVE,
        str(NEW_YEARS_EVE),
        "2026-12-31",
        datetime.date(2026, 12, 31),
        "2026-12-31T00:00:00Z",
        "2026-12-31 01:00:00+01:00",
        "2026-12-31T01:00+01:00",
        datetime.datetime(2026, 12, 31, 1, tzinfo=ZONE),
    ],
)
def test_dates_times_and_seconds_mean_the_same_moment(value: object) -> None:
    assert moment(value) == NEW_YEARS_EVE


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (NEW_YEARS_EVE * 1000, r"is in milliseconds; give seconds since the epoch \(1798675200\)"),
        (str(NEW_YEARS_EVE * 1000), "is in milliseconds"),
        (-1, "is not between the years 2000 and 2100"),
        (0, "is not between"),
        ("2026", "is not between"),
        (10**19, "is not between"),
        ("1" * 40, "is not a time"),
        ("20261231T000000Z", "is not a time"),
        ("2026-12-31T00:00:00", "has no time zone"),
        (datetime.datetime(2026, 12, 31), "has no time zone"),
        ("2026-02-30", "is not a time"),
        ("31.12.2026", "is not a time"),
        ("1999-12-31", "is not between"),
        (datetime.date(1, 1, 1), "is not between"),
        (True, "is not a time"),
        (1798675200.5, "is not a time"),
        (float("nan"), "is not a time"),
        (None, "is not a time"),
        ("nan", "is not a time"),
        ("-1", "is not a time"),
        ("1e9", "is not a time"),
    ],
)
def test_anything_else_is_rejected_with_one_sentence(value: object, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        moment(value)


@given(st.text() | st.integers() | st.floats() | st.datetimes() | st.dates())
def test_a_moment_is_in_the_range_or_rejected(value: object) -> None:
    with contextlib.suppress(ValueError):
        assert EARLIEST <= moment(value) <= LATEST
