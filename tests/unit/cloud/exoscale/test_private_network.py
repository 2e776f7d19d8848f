"""Validation of DHCP ranges."""

from __future__ import annotations

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale import private_network
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"start_ip": "10.0.0.x"}, "start_ip: '10.0.0.x' is not an IPv4 address"),
        ({"netmask": "255.0.255.0"}, "netmask: '255.0.255.0' is not a netmask"),
        ({"end_ip": "10.0.1.9"}, "end_ip: 10.0.1.9 is not in the network of start_ip 10.0.0.10 (10.0.0.0/24)"),
        ({"end_ip": "10.0.0.5"}, "end_ip: 10.0.0.5 lies before start_ip 10.0.0.10"),
    ],
)
def test_impossible_dhcp_ranges_are_rejected(given: dict[str, str], message: str) -> None:
    with pytest.raises(ValidationError) as rejected:
        private_network.check_range(
            {"start_ip": "10.0.0.10", "end_ip": "10.0.0.99", "netmask": "255.255.255.0", **given}
        )
    assert message in str(rejected.value)
