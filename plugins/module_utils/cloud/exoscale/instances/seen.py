# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the cloud shows of the wished instances."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.concurrently import each
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.client import Exoscale
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.instances.wish import FLEET, Wish
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.ownership import is_ours, refuse_foreign
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError

Item = dict[str, Any]
ABSENT = ("destroyed", "expunging")
MOVING = ("starting", "stopping", "migrating", "destroying")
# The API tells nowhere whether an instance is protected, so a label keeps what we set.
PROTECTED_LABEL = "delete-protection"
# Borne while an instance is stopped for a change, so that another run starts it if this one dies.
RESUME_LABEL = "resume"
KEPT_LABELS = (PROTECTED_LABEL, RESUME_LABEL)


@dataclass
class Seen:
    """Instances by the wish's key (None: there is none), and private addresses by network and
    instance id."""

    instances: dict[str, Item | None]
    leases: dict[tuple[str, str], str] = field(default_factory=dict)


def read(
    cloud: Exoscale, wishes: Iterable[Wish], with_leases: bool, width: int, listed: list[Item] | None = None
) -> Seen:
    """One list (unless it is there already), then the wished ones in detail, all at once (the list leaves out disk, user
    data and elastic IPs). Raises ``ValidationError`` for names that are ambiguous or foreign."""
    wishes = list(wishes)
    if listed is None:
        listed = cloud.list("list-instances", "instances")
    found = {wish.key: pick(wish, listed) for wish in wishes}
    keys = [key for key, item in found.items() if item]
    seen = Seen(dict.fromkeys(found))
    for outcome in each(lambda key: cloud.maybe("get-instance", id=found[key]["id"]), keys, width):
        if outcome.error:
            raise outcome.error
        if outcome.result and outcome.result.get("state") not in ABSENT:
            seen.instances[outcome.item] = outcome.result
    if with_leases:
        seen.leases = _leases(cloud)
    return seen


def pick(wish: Wish, listed: list[Item]) -> Item | None:
    """The instance that ``wish`` means. A name may be borne by several: one of ours is taken,
    two of ours are ambiguous, a foreign one alone is refused."""
    living = [item for item in listed if item.get("state") not in ABSENT]
    if wish.id:
        item = next((item for item in living if item["id"] == wish.id), None)
        if item:
            refuse_foreign("instance", item.get("name") or wish.id, item.get("labels"))
        elif wish.state != "absent":
            raise ValidationError(
                f"instances: there is no instance with the id {wish.id!r} in this zone; leave id out to make one"
            )
        return item
    named = [item for item in living if item.get("name") == wish.name]
    ours = [item for item in named if is_ours(item.get("labels"))]
    if len(ours) > 1:
        ids = ", ".join(sorted(item["id"] for item in ours))
        raise ValidationError(
            f"instances: {wish.name!r} is ambiguous: {len(ours)} of ours bear that name ({ids}); give the id of one"
        )
    if named and not ours:
        refuse_foreign("instance", str(wish.name), named[0].get("labels"))
    return ours[0] if ours else None


def unlisted(fleet: str, wishes: Iterable[Wish], listed: list[Item]) -> list[Item]:
    """Members of ``fleet`` that no wish is about."""
    meant = {(item or {}).get("id") for item in (pick(wish, listed) for wish in wishes)}
    return [
        item
        for item in listed
        if item["id"] not in meant
        and item.get("state") not in ABSENT
        and is_ours(item.get("labels"))
        and (item.get("labels") or {}).get(FLEET) == fleet
        and not item.get("manager")
    ]


def is_moving(seen: Seen) -> bool:
    """Whether any instance is on its way to another state."""
    return any(item and item.get("state") in MOVING for item in seen.instances.values())


def _leases(cloud: Exoscale) -> dict[tuple[str, str], str]:
    return {
        (network["id"], lease["instance-id"]): lease["ip"]
        for network in cloud.list("list-private-networks", "private-networks")
        for lease in network.get("leases") or []
        if "instance-id" in lease and "ip" in lease
    }
