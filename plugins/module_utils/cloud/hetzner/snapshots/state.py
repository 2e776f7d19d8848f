# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read the snapshots of a server: what the API shows, reduced to what is compared and changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.client import Hetzner
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.snapshots.spec import NAME, SERVER, Spec
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.ownership import KEY, VALUE, find_owned


@dataclass(frozen=True)
class Snapshot:
    """A snapshot as the API shows it. ``created`` (ISO) is for sorting; one that does not exist yet sorts last."""

    id: int | None
    name: str
    status: str
    description: str
    labels: Mapping[str, str]
    delete_protection: bool = False
    created: str = "~"
    raw: Mapping[str, Any] = field(default_factory=dict, compare=False)


def read(client: Hetzner, server: str) -> list[Snapshot]:
    """All snapshots of ``server`` (a name) that this collection owns."""
    selector = f"{KEY}={VALUE},{SERVER}={server}"
    return [from_api(raw) for raw in client.list("/images", type="snapshot", label_selector=selector)]


def from_api(raw: Mapping[str, Any]) -> Snapshot:
    """A snapshot of ``GET /images``."""
    return Snapshot(
        id=raw["id"],
        name=raw["labels"].get(NAME, ""),
        status=raw["status"],
        description=raw["description"],
        labels=raw["labels"],
        delete_protection=raw["protection"]["delete"],
        created=raw["created"],
        raw=raw,
    )


def find(spec: Spec, current: list[Snapshot]) -> Snapshot | None:
    """The snapshot that ``spec`` names; raises ``ValidationError`` if several have its name."""
    named = [snapshot for snapshot in current if snapshot.name == spec.name]
    return find_owned("name", "snapshot", spec.name, named, "delete all but one of them", getattr)
