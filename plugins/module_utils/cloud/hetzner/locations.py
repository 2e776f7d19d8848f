# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""List Hetzner Cloud's locations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.client import Hetzner
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.module import Report

FIELDS = ("name", "city", "country", "network_zone", "description", "latitude", "longitude")


def run(module: Any, client: Hetzner) -> Report:
    """Read all locations; return those that the options select."""
    return Report(values={"locations": select(client.list("/locations"), module.params["name"])})


def select(locations: Iterable[Mapping[str, Any]], name: str | None) -> list[dict[str, Any]]:
    """The locations called ``name``, or all, in the order of their names."""
    selected = [
        {field: location[field] for field in FIELDS} for location in locations if name in (None, location["name"])
    ]
    return sorted(selected, key=lambda location: location["name"])
