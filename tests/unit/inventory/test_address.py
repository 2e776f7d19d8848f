"""Selection of a host's address."""

from __future__ import annotations

import pytest
from ansible_collections.sovereign.vdc.plugins.plugin_utils.inventory.address import choose

ONE = [{"id": 7, "name": "platform", "ip": "10.0.0.2"}]
TWO = [*ONE, {"id": 8, "name": "other", "ip": "10.1.0.2"}]
FACTS = {"name": "web", "ipv4": "198.51.100.4", "ipv6": None, "private_networks": ONE}


@pytest.mark.parametrize(
    ("ways", "networks", "network", "expected"),
    [
        (["public_ipv4"], ONE, None, "198.51.100.4"),
        (["public_ipv6"], ONE, None, None),
        (["public_ipv6", "name"], ONE, None, "web"),
        (["private"], ONE, None, "10.0.0.2"),
        (["private"], ONE, "platform", "10.0.0.2"),
        (["private"], TWO, None, None),
        (["private"], TWO, "other", "10.1.0.2"),
        (["private"], TWO, "8", "10.1.0.2"),
        (["private", "public_ipv4"], [], None, "198.51.100.4"),
        (["tunnel", "public_ipv4"], ONE, None, "100.64.0.9"),
        (["name"], ONE, None, "web"),
    ],
)
def test_the_first_available_address_is_used(ways, networks, network, expected) -> None:
    facts = {**FACTS, "private_networks": networks}
    assert choose(facts, ways, network, lambda _: "100.64.0.9") == expected
