# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Locations of machines, the provider of each, and equivalent machine types there. Pure functions.

The empty name is the site's own location, at Hetzner; which one that is, is set by the site.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

HETZNER = "hetzner"
EXOSCALE = "exoscale"
PROVIDERS = (HETZNER, EXOSCALE)
HOME = ""


class LocationError(ValueError):
    """A location or an equivalent machine type is not in the catalog; the message names the allowed values."""


@dataclass(frozen=True)
class Locations:
    """``providers`` by location, and ``equivalents``: by machine type and provider, the provider's equivalent type."""

    providers: Mapping[str, str] = field(default_factory=dict)
    equivalents: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def provider(self, location: str) -> str:
        """The provider of a location; raises ``LocationError``."""
        if location == HOME:
            return HETZNER
        if location not in self.providers:
            raise LocationError(
                f"{location!r} is not a location of the catalog; choose one of {', '.join(self.providers) or 'none'}"
            )
        return self.providers[location]

    def machine(self, name: str, location: str) -> str:
        """The machine type in that location that is equivalent to ``name``; raises ``LocationError``."""
        provider = self.provider(location)
        if location == HOME or name not in self.equivalents:
            return name
        if provider not in self.equivalents[name]:
            raise LocationError(
                f"{location!r} has no machine type equivalent to {name}; choose another location, or set "
                f"machines.{name}.equivalents.{provider} in the catalog"
            )
        return self.equivalents[name][provider]


# Without a catalog only the site's own location exists.
UNKNOWN = Locations()


def read(locations: Mapping[str, Any], machines: Mapping[str, Any]) -> Locations:
    """The catalog's locations and equivalent machine types, validated; raises ``LocationError``.

    Without ``machines`` every machine type has the same name in all locations.
    """
    for name, provider in locations.items():
        if provider not in PROVIDERS:
            raise LocationError(
                f"locations.{name}: {provider!r} is not a provider; choose one of {', '.join(PROVIDERS)}"
            )
    found: dict[str, dict[str, str]] = {}
    for name, machine in machines.items():
        found[name] = {machine["provider"]: name} if "provider" in machine else {}
        for provider, other in machine.get("equivalents", {}).items():
            path = f"machines.{name}.equivalents.{provider}"
            if other not in machines or machines[other].get("provider") != provider:
                raise LocationError(f"{path}: {other!r} is not a machine of {provider}; add it to machines")
            if any(machines[other][key] < machine[key] for key in ("vcpus", "memory_gib")):
                raise LocationError(f"{path}: {other!r} is smaller than {name}; choose a larger machine")
            found[name][provider] = other
    return Locations(locations, found)
