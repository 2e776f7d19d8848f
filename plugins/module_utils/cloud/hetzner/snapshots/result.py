# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Show snapshots: the return value, and the diff without ids and dates."""

from __future__ import annotations

from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.snapshots.spec import SERIES, SERVER
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.snapshots.state import Snapshot


def as_result(snapshot: Snapshot | None) -> dict[str, Any] | None:
    """A snapshot as the module returns it."""
    if snapshot is None:
        return None
    return {
        "id": snapshot.id,
        "name": snapshot.name,
        "server": snapshot.labels.get(SERVER),
        "series": snapshot.labels.get(SERIES),
        "status": snapshot.status,
        "description": snapshot.description,
        "labels": dict(snapshot.labels),
        "delete_protection": snapshot.delete_protection,
        "created": snapshot.raw.get("created"),
        "image_size_gb": snapshot.raw.get("image_size"),
        "disk_size_gb": snapshot.raw.get("disk_size"),
        "architecture": snapshot.raw.get("architecture"),
    }


def view(snapshots: list[Snapshot]) -> dict[str, Any]:
    """Snapshots as the diff shows them, by name."""
    return {
        "snapshots": {
            one.name: {
                "description": one.description,
                "labels": dict(sorted(one.labels.items())),
                "delete_protection": one.delete_protection,
            }
            for one in sorted(snapshots, key=lambda one: one.name)
        }
    }
