"""Locations of machines, and equivalent machine types."""

from __future__ import annotations

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.locations import LocationError, Locations, read

MACHINES = {
    "cx23": {"provider": "hetzner", "vcpus": 2, "memory_gib": 4, "equivalents": {"exoscale": "standard.medium"}},
    "ccx13": {"provider": "hetzner", "vcpus": 2, "memory_gib": 8},
    "standard.medium": {"provider": "exoscale", "vcpus": 2, "memory_gib": 4},
    "standard.tiny": {"provider": "exoscale", "vcpus": 1, "memory_gib": 1},
}
WHERE = {"nbg1": "hetzner", "hel1": "hetzner", "ch-dk-2": "exoscale"}


def test_a_machine_type_has_an_equivalent_in_each_location():
    known = read(WHERE, MACHINES)
    assert [known.provider(name) for name in ("", "hel1", "ch-dk-2")] == ["hetzner", "hetzner", "exoscale"]
    assert [known.machine("cx23", name) for name in ("", "hel1", "ch-dk-2")] == ["cx23", "cx23", "standard.medium"]
    assert read(WHERE, {}).machine("cx23", "ch-dk-2") == "cx23"


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (
            lambda: read(WHERE, MACHINES).provider("mars-1"),
            "'mars-1' is not a location of the catalog; choose one of nbg1, hel1, ch-dk-2",
        ),
        (lambda: Locations().provider("hel1"), "choose one of none"),
        (
            lambda: read(WHERE, MACHINES).machine("ccx13", "ch-dk-2"),
            "'ch-dk-2' has no machine type equivalent to ccx13",
        ),
        (lambda: read({"x": "moon"}, {}), "locations.x: 'moon' is not a provider; choose one of hetzner, exoscale"),
        (lambda: read({}, equal_to("standard.tiny")), "'standard.tiny' is smaller than cx23"),
        (lambda: read({}, equal_to("ccx13")), "'ccx13' is not a machine of exoscale"),
        (lambda: read({}, equal_to("standard.none")), "'standard.none' is not a machine of exoscale"),
    ],
)
def test_invalid_locations_and_equivalents_are_named(ask, says):
    with pytest.raises(LocationError, match=says):
        ask()


def equal_to(other: str) -> dict:
    """Return the machines with this equivalent of a cx23."""
    return {**MACHINES, "cx23": {**MACHINES["cx23"], "equivalents": {"exoscale": other}}}
