"""Fault rules apply to the calls that they describe."""

from __future__ import annotations

import pytest
from vdclab.core.faults import Faults


def test_a_rule_applies_from_the_nth_matching_call_and_a_number_of_times():
    faults = Faults()
    faults.replace([{"operation": "create_*", "nth": 2, "times": 2, "status": 503}])
    struck = [faults.match("hetzner", "create_server", "POST") is not None for _ in range(5)]
    assert struck == [False, True, True, False, False]
    assert faults.match("hetzner", "list_servers", "GET") is None
    assert faults.dump()[0]["struck"] == 2


def test_a_share_of_calls_fails_the_same_way_with_the_same_seed():
    def struck(seed: int) -> list[bool]:
        faults = Faults()
        faults.replace([{"share": 0.1, "drop": True}], seed)
        return [faults.match("hetzner", "x", "GET") is not None for _ in range(1000)]

    assert struck(7) == struck(7)
    assert struck(7) != struck(8)
    assert 60 < sum(struck(7)) < 140


@pytest.mark.parametrize("rule", [{"when": "during"}, {"share": 2}])
def test_an_invalid_rule_is_rejected(rule):
    with pytest.raises(ValueError, match="must"):
        Faults().replace([rule])
