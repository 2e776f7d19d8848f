"""Usage reports: periods and exact sums."""

from __future__ import annotations

from decimal import Decimal

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale import usage
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import CloudError, ValidationError
from hypothesis import given
from hypothesis import strategies as some


@pytest.mark.parametrize("period", ["2026-13", "2026-1", "october", "2026-10-01"])
def test_malformed_periods_are_rejected(period: str) -> None:
    with pytest.raises(ValidationError, match="is not a month"):
        usage.check_period(period)


def test_usage_without_a_number_is_an_error() -> None:
    with pytest.raises(CloudError, match="no number"):
        usage.totals([{"product": "instance", "quantity": "n/a"}])


@given(some.lists(some.decimals(-(10**12), 10**12, places=12), max_size=30))
def test_sums_are_exact(quantities: list[Decimal]) -> None:
    lines = [{"product": "p", "variable": "v", "unit": "h", "quantity": str(q)} for q in quantities]
    expected = sum(int(q.scaleb(12)) for q in quantities)
    total = Decimal(usage.totals(lines)[0]["quantity"]) if lines else Decimal(0)
    assert int(total.scaleb(12)) == expected
