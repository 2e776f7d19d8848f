# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which tenants the logical volumes and the stacks on this node belong to.

Runs on nodes, with Python 3.10 or newer.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.policy.identity import Claim
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.lvm import GIB, Group
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.volume.spec import CLOSED, FACT
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.volume.state import claim_of

MARK = "tenant.json"  # written by the role tenant_stack
PROJECT = "compose.yaml"


def of_volumes(group: Group) -> Iterator[Claim]:
    """Whose the volumes of a storage pool are; copies and snapshots of a volume, which have a dot in their names, are left
    out unless they are all that there is of the tenant."""
    volumes = sorted(group.volumes.values(), key=lambda volume: ("." in volume.name, volume.name))
    seen = set()
    for volume in volumes:
        claim = claim_of(volume)
        if claim is None or claim.tenant in seen:
            continue
        seen.add(claim.tenant)
        facts: dict[str, Any] = dict(
            tag.removeprefix(FACT).partition("=")[::2] for tag in sorted(volume.tags) if tag.startswith(FACT)
        )
        facts |= {"size-gib": -(-volume.size // GIB), "closed": CLOSED in volume.tags}
        yield Claim(claim.kind, claim.name, claim.tenant, claim.number, claim.identity, facts=facts)


def of_stacks(root: str) -> Iterator[Claim]:
    """Whose the compose projects below ``root`` are. A project that was written before there were marks tells the name
    alone."""
    for directory in sorted(Path(root).iterdir()) if Path(root).is_dir() else ():
        mark = _mark(directory / MARK)
        if mark or (directory / PROJECT).is_file():
            facts = {key: mark[key] for key in ("first-port", "stack") if key in mark}
            number = mark.get("number", 0)
            yield Claim(
                "stack",
                str(directory),
                str(mark.get("tenant", directory.name)),
                number if isinstance(number, int) else 0,
                str(mark.get("identity", "")),
                facts=facts,
            )


def _mark(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
