# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a lost ledger recorded about tenants, as far as resources tell. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.policy import desired_states, states
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.identity import Claim
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.tiers import Tier

MACHINES = ("server", "instance")
STACK, VOLUME = "stack", "logical volume"
# What only the sign-up knew.
SIGN_UP_ONLY = ("owner_email", "service_id", "paid_until", "created")


@dataclass(frozen=True)
class Found:
    """A tenant as its resources tell it; ``unknown`` are the facts that none of them told.

    ``node`` is empty without a placement, ``storage_node`` without a volume. ``identity`` is empty for a tenant whose
    resources were all made before there were identities.
    """

    name: str
    number: int
    identity: str
    tier: str
    stack: str
    location: str
    state: str
    desired_state: str
    node: str
    dedicated: bool
    remote_range: int
    storage_node: str
    volume_gib: int
    first_port: int
    unknown: tuple[str, ...] = ()


@dataclass
class Reconstruction:
    """The tenants that can be added, by name, and a sentence for each that cannot."""

    tenants: list[Found] = field(default_factory=list)
    unresolved: list[str] = field(default_factory=list)


def reconstruct(
    claims: Iterable[Claim],
    tiers: Mapping[str, Tier],
    storage_nodes: Collection[str],
    nodes_read: Collection[str],
    assume: Mapping[str, Mapping[str, Any]],
) -> Reconstruction:
    """The tenants that ``claims`` name.

    ``nodes_read`` are the nodes whose volumes and stacks are among the claims, ``assume`` facts that the operator gives by
    tenant.
    """
    result, by_name = Reconstruction(), {}
    for claim in claims:
        by_name.setdefault(claim.tenant, []).append(claim)
    numbers: dict[int, set[str]] = {}
    for name, own in by_name.items():
        for claim in own:
            if claim.number:
                numbers.setdefault(claim.number, set()).add(name)
    for name, own in sorted(by_name.items()):
        problem = _problem(name, own, numbers)
        if not problem:
            facts = _facts(own, assume.get(name, {}))
            if facts.get("tier") not in tiers:
                problem = (
                    f"{name}: its tier is {facts.get('tier') or 'unknown'}, which is not in the catalog; set vdc_rebuild_facts to "
                    f"{{{name}: {{tier: ...}}}} in the inventory"
                )
            else:
                result.tenants.append(_found(name, own, facts, tiers[facts["tier"]], storage_nodes, nodes_read))
        if problem:
            result.unresolved.append(problem)
    return result


def _problem(name: str, own: list[Claim], numbers: Mapping[int, set[str]]) -> str:
    """Why the tenant cannot be added; empty if it can."""
    identities = {claim.identity for claim in own} - {""}
    found = {claim.number for claim in own} - {0}
    if len(identities) > 1:
        several = "; ".join(str(claim) for claim in own if claim.identity)
        return f"{name}: its resources have different identities ({several}); remove those that are not the tenant's"
    if not found:
        return (
            f"{name}: nothing tells its number, there is only {own[0]}; its volume may be on a node that was not read"
        )
    if len(found) > 1:
        return f"{name}: its resources have the numbers {', '.join(map(str, sorted(found)))}; remove those that are not the tenant's"
    (number,) = found
    others = numbers[number] - {name}
    if others:
        return f"{name}: its number {number} is also that of {', '.join(sorted(others))}; remove the resources of one of them"
    machines = [claim.name for claim in own if claim.kind in MACHINES]
    stacks = [claim.node for claim in own if claim.kind == STACK]
    volumes = [claim.node for claim in own if claim.kind == VOLUME and not claim.facts.get("closed")]
    for what, several in (("machines", machines), ("stacks", [] if machines else stacks), ("volumes", volumes)):
        if len(several) > 1:
            return f"{name}: it has several {what} ({', '.join(sorted(several))}), because it was moving; remove the one that is not in use"
    return ""


def _facts(own: list[Claim], assumed: Mapping[str, Any]) -> dict[str, Any]:
    """All facts in one; what the operator says comes first, then the machine, then stack and volume."""
    facts: dict[str, Any] = {}
    for claim in sorted(own, key=lambda one: (one.kind in MACHINES, one.kind == STACK)):
        facts |= {key: value for key, value in claim.facts.items() if value not in ("", None)}
    return {**facts, **assumed}


def _found(
    name: str,
    own: list[Claim],
    facts: Mapping[str, Any],
    tier: Tier,
    storage_nodes: Collection[str],
    nodes_read: Collection[str],
) -> Found:
    machine = next((claim for claim in own if claim.kind in MACHINES), None)
    stack = next((claim for claim in own if claim.kind == STACK), None)
    volume = next((claim for claim in own if claim.kind == VOLUME and not claim.facts.get("closed")), None)
    unknown = list(SIGN_UP_ONLY)
    storage_node, size = (volume.node, int(volume.facts["size-gib"])) if volume else ("", tier.storage_sizes_gib[0])
    if not volume and not set(nodes_read) & set(storage_nodes) and len(storage_nodes) == 1:
        (storage_node,) = storage_nodes
        unknown.append(f"volume (assumed: {size} GiB on {storage_node}, which was not read)")
    elif not volume:
        unknown.append("volume (none was found)")
    running = bool(machine.facts.get("running", True)) if machine else stack is not None
    node = machine.name if machine else stack.node if stack else ""
    desired = desired_states.ACTIVE if running else desired_states.POWEROFF if node else desired_states.RELEASE
    if "first-port" not in facts:
        unknown.append("ports")
    return Found(
        name=name,
        number=max(claim.number for claim in own),
        identity=next((claim.identity for claim in own if claim.identity), ""),
        tier=tier.name,
        stack=str(facts.get("stack") or tier.stack),
        location=str(facts.get("location", "")),
        state=states.ACTIVE if running else states.SUSPENDED,
        desired_state=desired,
        node=node,
        dedicated=machine is not None,
        remote_range=int(facts.get("remote-range") or 0),
        storage_node=storage_node,
        volume_gib=size,
        first_port=int(facts.get("first-port") or 0),
        unknown=tuple(unknown),
    )
