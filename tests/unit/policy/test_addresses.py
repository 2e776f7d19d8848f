"""The tunnel's address plan."""

from __future__ import annotations

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.addresses import (
    KINDS,
    PlanError,
    kind_and_number,
    node_address,
    plan,
    tenant_addresses,
)
from hypothesis import given
from hypothesis import strategies as st

NETWORK = "10.99.0.0/16"


def test_addresses_derive_from_numbers():
    assert node_address(NETWORK, "storage", 1) == "10.99.0.1"
    assert node_address(NETWORK, "compute", 3) == "10.99.16.3"
    assert tenant_addresses(NETWORK, 300) == {"client": "10.99.65.44", "server": "10.99.129.44"}
    assert node_address(NETWORK, "tenant", 7) == "10.99.32.7"
    assert kind_and_number("acme-compute-12", "compute") == ("compute", 12)
    assert kind_and_number("acme-tenant-7", "compute") == ("tenant", 7)
    assert kind_and_number("acme-tenant-7", "storage") == ("storage", 7)
    assert kind_and_number("acme-tenant-7-ch-dk-2", "compute", "2") == ("remote 2", 7)
    assert kind_and_number("a-tenant-3-compute-2", "compute") == ("compute", 2)


@given(st.sets(st.integers(1, 4094), max_size=20), st.sets(st.integers(1, 16382), max_size=20))
def test_no_address_is_used_twice(nodes, tenants):
    given_out = [node_address(NETWORK, role, n) for role in KINDS for n in nodes]
    given_out += [address for t in tenants for address in tenant_addresses(NETWORK, t).values()]
    assert len(given_out) == len(set(given_out))


@pytest.mark.parametrize(
    ("network", "says"),
    [
        ("ten", "is not a network"),
        ("10.99.0.0/24", "of /20 or larger"),
        ("8.8.0.0/16", "must be a private"),
        ("fd00::/64", "must be a private"),
        ("10.99.1.0/16", "use 10.99.0.0/16"),
        ("10.0.0.0/8", "overlaps 10.1.0.0/16"),
        ("10.1.64.0/18", "overlaps 10.1.0.0/16"),
    ],
)
def test_an_invalid_network_is_rejected(network, says):
    with pytest.raises(PlanError, match=says):
        plan(network, ["10.1.0.0/16"])


@pytest.mark.parametrize(
    "ask",
    [
        lambda: node_address(NETWORK, "storage", 0),
        lambda: node_address(NETWORK, "storage", 4095),
        lambda: node_address(NETWORK, "desk", 1),
        lambda: tenant_addresses(NETWORK, 16383),
        lambda: kind_and_number("acme", "compute"),
    ],
)
def test_a_number_outside_the_range_is_rejected(ask):
    with pytest.raises(PlanError):
        ask()
