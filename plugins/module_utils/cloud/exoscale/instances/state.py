# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read instances in detail, and the addresses that private networks leased to them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.concurrently import each
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.client import Exoscale
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.instances.spec import FLEET, Spec
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.ownership import find_owned, is_ours
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError

Item = dict[str, Any]
ABSENT = ("destroyed", "expunging")
TRANSITIONAL = ("starting", "stopping", "migrating", "destroying")
STATE_AFTER = {"starting": "running", "migrating": "running", "stopping": "stopped"}
# The API does not show whether an instance is protected, so a label records it.
PROTECTED_LABEL = "delete-protection"
# Set while an instance is stopped for a change, so that another run starts it if this one dies.
RESUME_LABEL = "resume"
OWN_LABELS = (PROTECTED_LABEL, RESUME_LABEL)


@dataclass
class State:
    """Instances by the spec's key (None: there is none), and private addresses by network and
    instance id."""

    instances: dict[str, Item | None]
    leases: dict[tuple[str, str], str] = field(default_factory=dict)


def read(
    cloud: Exoscale, specs: Iterable[Spec], with_leases: bool, width: int, listed: list[Item] | None = None
) -> State:
    """Read the list (unless ``listed`` is given), then the instance of each spec in detail, concurrently (the list lacks
    disk, user data and Elastic IPs). Raises ``ValidationError`` for names that are ambiguous or foreign."""
    specs = list(specs)
    if listed is None:
        listed = cloud.list("list-instances", "instances")
    found = {spec.key: find(spec, listed) for spec in specs}
    keys = [key for key, item in found.items() if item]
    current = State(dict.fromkeys(found))
    for outcome in each(lambda key: cloud.find("get-instance", id=found[key]["id"]), keys, width):
        if outcome.error:
            raise outcome.error
        if outcome.result and outcome.result.get("state") not in ABSENT:
            current.instances[outcome.item] = outcome.result
    if with_leases:
        current.leases = _leases(cloud)
    return current


def find(spec: Spec, listed: list[Item]) -> Item | None:
    """The instance that ``spec`` means, by id or by name; raises ``ValidationError`` unless exactly one is ours."""
    existing = [item for item in listed if item.get("state") not in ABSENT]
    if spec.id:
        item = next((item for item in existing if item["id"] == spec.id), None)
        if item is None and spec.state != "absent":
            raise ValidationError(
                f"instances: there is no instance with the id {spec.id!r} in this zone; leave id out to create one"
            )
        return (
            find_owned("instances", "instance", item.get("name") or spec.id, [item], fleet=spec.fleet) if item else None
        )
    named = [item for item in existing if item.get("name") == spec.name]
    return find_owned("instances", "instance", str(spec.name), named, fleet=spec.fleet)


def unlisted(fleet: str, specs: Iterable[Spec], listed: list[Item]) -> list[Item]:
    """Members of ``fleet`` that no spec is about."""
    specified = {(item or {}).get("id") for item in (find(spec, listed) for spec in specs)}
    return [
        item
        for item in listed
        if item["id"] not in specified
        and item.get("state") not in ABSENT
        and is_ours(item.get("labels"))
        and (item.get("labels") or {}).get(FLEET) == fleet
        and not item.get("manager")
    ]


def in_transition(current: State) -> bool:
    """Whether any instance is changing its state."""
    return any(item and item.get("state") in TRANSITIONAL for item in current.instances.values())


def at_rest(current: State) -> State:
    """``current`` after what is in transition now."""
    instances = {
        key: item and {**item, "state": STATE_AFTER.get(item["state"], item["state"])}
        for key, item in current.instances.items()
    }
    return State(instances, current.leases)


def _leases(cloud: Exoscale) -> dict[tuple[str, str], str]:
    return {
        (network["id"], lease["instance-id"]): lease["ip"]
        for network in cloud.list("list-private-networks", "private-networks")
        for lease in network.get("leases") or []
        if "instance-id" in lease and "ip" in lease
    }
