"""The networks from which operators reach the nodes."""

from __future__ import annotations

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.admin_networks import admin_networks


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["192.0.2.0/24"], ["192.0.2.0/24"]),
        (["2001:db8::/32", "198.51.100.7", "192.0.2.0/24"], ["192.0.2.0/24", "198.51.100.7/32", "2001:db8::/32"]),
        ("192.0.2.0/24, 198.51.100.7", ["192.0.2.0/24", "198.51.100.7/32"]),
        (["192.0.2.0/24", "192.0.2.0/24"], ["192.0.2.0/24"]),
        ("any", ["0.0.0.0/0", "::/0"]),
        (["any"], ["0.0.0.0/0", "::/0"]),
    ],
)
def test_networks_are_written_as_clouds_take_them(given: object, expected: list[str]) -> None:
    assert admin_networks(given) == expected


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ([], "vdc_admin_networks: is missing"),
        ("", "vdc_admin_networks: is missing"),
        ([""], "vdc_admin_networks: is missing"),
        (None, "vdc_admin_networks: None is not a list"),
        (["0.0.0.0/0"], "'0.0.0.0/0' is the whole internet; set the option to any if you mean that"),
        (["192.0.2.0/24", "::/0"], "'::/0' is the whole internet"),
        (["192.0.2.7/24"], "write 192.0.2.0/24 for the network, or 192.0.2.7 for the address"),
        (["office"], "'office' is no network"),
        (["any", "192.0.2.0/24"], "'any' is no network"),
    ],
)
def test_what_opens_more_or_less_than_meant_is_refused(given: object, sentence: str) -> None:
    with pytest.raises(ValidationError) as refused:
        admin_networks(given)
    assert sentence in str(refused.value)
