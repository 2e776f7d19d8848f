# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where machines can be, whose they are there, and what they are called there. Pure.

The empty name is the site's own location, at Hetzner: whatever the site says that it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

HETZNER = "hetzner"
EXOSCALE = "exoscale"
PROVIDERS = (HETZNER, EXOSCALE)
HOME = ""


class BadLocation(ValueError):
    """Nothing can be there; the message says what can."""


@dataclass(frozen=True)
class Locations:
    """Providers by location, and what a machine is called at other providers, by its name and theirs."""

    providers: Mapping[str, str] = field(default_factory=dict)
    equivalents: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def provider(self, location: str) -> str:
        """Whose location that is; raises ``BadLocation``."""
        if location == HOME:
            return HETZNER
        if location not in self.providers:
            raise BadLocation(f"{location!r} is no location; choose one of {', '.join(self.providers) or 'none'}")
        return self.providers[location]

    def machine(self, name: str, location: str) -> str:
        """What takes the place of machine ``name`` there; raises ``BadLocation`` where the catalog knows nothing."""
        provider = self.provider(location)
        if location == HOME or name not in self.equivalents:
            return name
        if provider not in self.equivalents[name]:
            raise BadLocation(
                f"{name} has no equivalent at {provider} (machines.{name}.equivalents), so {location!r} lacks it"
            )
        return self.equivalents[name][provider]


# Where nothing is known of locations: all is at home.
UNKNOWN = Locations()


def read(locations: Mapping[str, Any], machines: Mapping[str, Any]) -> Locations:
    """Locations with their providers, and the machines' equivalents; raises ``BadLocation`` where they make no sense.
    Without ``machines`` every machine is called the same everywhere."""
    for name, provider in locations.items():
        if provider not in PROVIDERS:
            raise BadLocation(f"locations.{name}: {provider!r} is no provider; choose one of {', '.join(PROVIDERS)}")
    found: dict[str, dict[str, str]] = {}
    for name, machine in machines.items():
        found[name] = {machine["provider"]: name} if "provider" in machine else {}
        for provider, other in machine.get("equivalents", {}).items():
            place = f"machines.{name}.equivalents.{provider}"
            if other not in machines or machines[other].get("provider") != provider:
                raise BadLocation(f"{place}: {other} is not among the machines of {provider}")
            if any(machines[other][key] < machine[key] for key in ("vcpus", "memory_gib")):
                raise BadLocation(f"{place}: {other} is smaller than {name}")
            found[name][provider] = other
    return Locations(locations, found)
