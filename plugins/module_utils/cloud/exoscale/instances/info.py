# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""List the instances of a zone."""

from __future__ import annotations

from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.client import Exoscale
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.instances.state import ABSENT, Item
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.module import Report


def run_info(module: Any, cloud: Exoscale) -> Report:
    """List the instances of the zone, filtered by name and labels."""
    names, labels = module.params["names"], {key: str(value) for key, value in module.params["labels"].items()}
    found = [
        _shown(item)
        for item in cloud.list("list-instances", "instances")
        if item.get("state") not in ABSENT
        and (not names or item.get("name") in names)
        and labels.items() <= (item.get("labels") or {}).items()
    ]
    return Report(values={"instances": sorted(found, key=lambda item: (item["name"], item["id"]))})


def _shown(item: Item) -> dict[str, Any]:
    return {
        "name": item.get("name") or item["id"],
        "id": item["id"],
        "status": item.get("state"),
        "labels": item.get("labels") or {},
        "ipv4": item.get("public-ip"),
    }
