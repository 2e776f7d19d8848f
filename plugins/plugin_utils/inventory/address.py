# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Choose the address by which Ansible connects to a host."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

Facts = Mapping[str, Any]
KINDS = ("public_ipv4", "public_ipv6", "private", "tunnel", "name")


def choose(
    facts: Facts, kinds: Iterable[str], network: str | None, tunnel: Callable[[Facts], str | None]
) -> str | None:
    """The first address, in the order of ``kinds``, that the host has, or None.

    ``network`` is the name or id of the private network to use; without it a host must be in
    exactly one, because it is not known which of several is reachable.
    """
    known: dict[str, Callable[[], str | None]] = {
        "public_ipv4": lambda: facts["ipv4"],
        "public_ipv6": lambda: facts["ipv6"],
        "private": lambda: _private(facts["private_networks"], network),
        "tunnel": lambda: tunnel(facts),
        "name": lambda: facts["name"],
    }
    return next((address for kind in kinds if (address := known[kind]())), None)


def _private(networks: list[dict[str, Any]], network: str | None) -> str | None:
    if network is not None:
        networks = [n for n in networks if network in (n["name"], str(n["id"]))]
    return networks[0]["ip"] if len(networks) == 1 else None
