# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an inventory tells about its own reading, so that a missing host is not taken for a deleted server.

The group ``all`` gets the variable ``vdc_inventory_sources``: for each file of options, by its path, what was to be read, and
whether and when it was. The filter ``sovereign.vdc.inventory_problem`` judges it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.ownership import KEY

VARIABLE = "vdc_inventory_sources"
FLEET = "fleet"


def describe(provider: str, options: Mapping[str, Any], scope: Iterable[str]) -> dict[str, Any]:
    """What is to be read: the fleet (empty: all), the zones (empty: all), and the names of options that leave servers out."""
    labels = options["labels"] or {}
    narrowing = [name for name in ("label_selector", *scope) if name not in ("api_endpoint", "zones") and options[name]]
    if set(labels) - {KEY, FLEET}:
        narrowing.append("labels")
    return {
        "provider": provider,
        "fleet": str(options[FLEET] or labels.get(FLEET) or ""),
        "zones": [str(zone) for zone in options.get("zones") or []],
        "filters": narrowing,
        "complete": False,
        "read_at": 0,
        "error": "",
    }
