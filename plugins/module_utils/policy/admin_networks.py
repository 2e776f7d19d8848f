# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The networks from which operators reach the nodes over SSH."""

from __future__ import annotations

import ipaddress
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError

ANY = ["0.0.0.0/0", "::/0"]
OPTION = "vdc_admin_networks"


def admin_networks(given: Any) -> list[str]:
    """The networks in CIDR notation, sorted and without duplicates; both whole address ranges for ``any``.

    ``given`` is a list of networks and addresses, or a text with commas. Raises ``ValidationError``.
    """
    words = given.split(",") if isinstance(given, str) else given
    if not isinstance(words, list | tuple):
        raise ValidationError(f"{OPTION}: {given!r} is not a list; list networks, as in [192.0.2.0/24, 2001:db8::/32]")
    words = [str(word).strip() for word in words if str(word).strip()]
    if words == ["any"]:
        return list(ANY)
    if not words:
        raise ValidationError(
            f"{OPTION}: is missing, so SSH would be open to nobody; list the networks from which your controllers and operators "
            f"connect, as in [192.0.2.0/24], or set it to any to open SSH to the whole internet"
        )
    networks = {_network(word) for word in words}
    return [str(network) for network in sorted(networks, key=lambda one: (one.version, one))]


def _network(word: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        network = ipaddress.ip_network(word, strict=False)
    except ValueError:
        raise ValidationError(
            f"{OPTION}: {word!r} is no network; write it as 192.0.2.0/24 or 2001:db8::/32, or set the option to any"
        ) from None
    if network.prefixlen == 0:
        raise ValidationError(f"{OPTION}: {word!r} is the whole internet; set the option to any if you mean that")
    if "/" in word and ipaddress.ip_interface(word).ip != network.network_address:
        raise ValidationError(
            f"{OPTION}: {word!r} is an address in a network; write {network} for the network, or "
            f"{ipaddress.ip_interface(word).ip} for the address"
        )
    return network
