"""The lab's clock and its dates."""

from __future__ import annotations

import pytest
from vdclab.core.clock import Clock, iso


def test_the_clock_moves_forward_only():
    clock = Clock()
    before = clock.now()
    clock.advance(3600)
    assert clock.now() - before >= 3600
    with pytest.raises(ValueError, match="forward only"):
        clock.advance(-1)


def test_dates_are_iso_8601_in_utc_with_whole_seconds():
    assert iso(0) == "1970-01-01T00:00:00Z"
