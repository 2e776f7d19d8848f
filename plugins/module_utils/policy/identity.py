# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whose a resource is: compare the tenants that resources outside the ledger name with those in the ledger. Pure.

A resource names its tenant by name, by number and by identity. Names and numbers can be given twice, when a ledger is
replaced by an older copy of itself; identities cannot.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

LABEL = "tenant-identity"  # of servers, instances and DNS records, and the tag of logical volumes
ADVICE = (
    "the ledger may be an older copy: restore the newest one with the playbook ledger_restore, add what is missing with "
    "ledger_rebuild, or remove that {kind} if nobody needs it"
)
# fleet-tenant-7, fleet-tenant-7-hel1
DEDICATED = re.compile(r"-tenant-(\d{1,9})(-[a-z][a-z0-9-]*)?")


@dataclass(frozen=True)
class Claim:
    """A resource (``kind``, ``name``, and ``node`` if it is on one) and the tenant that it names; 0 or empty where it
    does not say. ``facts`` are what else it tells about the tenant.
    """

    kind: str
    name: str
    tenant: str = ""
    number: int = 0
    identity: str = ""
    node: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        """The resource and its tenant, for messages."""
        said = ((f"number {self.number}", self.number), (f"identity {self.identity}", self.identity))
        marks = ", ".join(text for text, known in said if known)
        owner = f"tenant {self.tenant!r}" if self.tenant else "a tenant"
        at = f" on {self.node}" if self.node else ""
        return f"the {self.kind} {self.name!r}{at} belongs to {owner}" + (f" ({marks})" if marks else "")


class Known(Protocol):
    """A tenant of the ledger."""

    @property
    def id(self) -> int:
        """Its number."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def identity(self) -> str | None:
        """Its identity; None where that is not known and not compared."""


@dataclass(frozen=True)
class Owner:
    """A tenant as those who work for it know it."""

    id: int
    name: str
    identity: str | None = None


def read(claims: Iterable[Mapping[str, Any]]) -> tuple[Claim, ...]:
    """The claims of a module's option."""
    return tuple(Claim(**{key: claim[key] for key in Claim.__dataclass_fields__}) for claim in claims)


def is_same(claim: Claim, tenant: Known) -> bool:
    """Whether the resource is the tenant's. One that carries no identity was made before there were identities."""
    if claim.tenant not in ("", tenant.name) or claim.number not in (0, tenant.id):
        return False
    return tenant.identity is None or claim.identity in ("", tenant.identity)


def touches(claim: Claim, tenant: Known) -> bool:
    """Whether the resource names the tenant by one of its marks, rightly or not."""
    return (
        claim.tenant == tenant.name
        or claim.number == tenant.id
        or (claim.identity != "" and claim.identity == tenant.identity)
    )


def conflicts(claims: Iterable[Claim], tenants: Iterable[Known]) -> dict[str, str]:
    """By tenant, why nothing may be done for it: a resource has its name, number or identity and is another tenant's."""
    by_mark: dict[Any, list[Claim]] = {}
    for claim in claims:
        for mark in {claim.tenant, claim.number, claim.identity} - {"", 0}:
            by_mark.setdefault(mark, []).append(claim)
    found = {}
    for tenant in tenants:
        marked = [claim for mark in (tenant.name, tenant.id, tenant.identity) for claim in by_mark.get(mark, [])]
        wrong = [claim for claim in marked if touches(claim, tenant) and not is_same(claim, tenant)]
        if wrong:
            found[tenant.name] = (
                f"{wrong[0]}, and in this ledger {tenant.name!r} has the number {tenant.id} and the identity "
                f"{tenant.identity}; {ADVICE.format(kind=wrong[0].kind)}"
            )
    return found


def unknown(claims: Iterable[Claim], tenants: Iterable[Known]) -> list[Claim]:
    """The resources that belong to no tenant of the ledger."""
    by_name = {tenant.name: tenant for tenant in tenants}
    by_number = {tenant.id: tenant for tenant in by_name.values()}
    return [
        claim
        for claim in claims
        if not (
            (known := by_name.get(claim.tenant) if claim.tenant else by_number.get(claim.number))
            and is_same(claim, known)
        )
    ]


def name_conflict(claims: Iterable[Claim], name: str) -> str:
    """Why no new tenant can get this name; empty if it is free. The ledger has no tenant of this name."""
    for claim in claims:
        if claim.tenant == name:
            return f"name: {claim}, which this ledger does not know; {ADVICE.format(kind=claim.kind)}"
    return ""


def tenant_claims(
    hosts: Iterable[Mapping[str, Any]], fleet: str, records: Iterable[Mapping[str, Any]] = ()
) -> list[dict[str, Any]]:
    """The tenants that the machines of the inventory and the records of the DNS zone name, as claims for modules."""
    found = []
    for host in hosts:
        labels = host.get("vdc_labels") or {}
        if "tenant" in labels and labels.get("fleet", fleet) == fleet:
            name = host["inventory_hostname"]
            number = DEDICATED.fullmatch(name.removeprefix(fleet))
            kind = "instance" if host.get("vdc_provider") == "exoscale" else "server"
            facts = {
                "tier": str(labels.get("tier", "")),
                "location": ((number[2] or "") if number else "").removeprefix("-"),
                "remote-range": str(labels.get("remote-range", "")),
                "running": host.get("vdc_status", "running") == "running",
            }
            identity = labels.get(LABEL, "")
            found.append(_claim(kind, name, labels["tenant"], int(number[1]) if number else 0, identity, facts))
    for record in records:
        labels = record.get("labels") or {}
        if labels.get("managed-by") == "sovereign.vdc":
            # A record of another fleet, which may have a tenant of the same name.
            other = labels.get("fleet", fleet)
            identity = labels.get(LABEL, "" if other == fleet else f"of fleet {other}")
            found.append(_claim("DNS record", f"{record['name']} {record['type']}", record["name"], 0, identity))
    return found


def claim_conflict(claims: Iterable[Mapping[str, Any]], operation: Mapping[str, Any]) -> str:
    """Why nothing may be done for the tenant of an operation; empty if none of the resources contradicts."""
    tenant = Owner(int(operation["number"]), operation["tenant"], operation.get("identity") or None)
    return conflicts(read(claims), [tenant]).get(tenant.name, "")


def _claim(
    kind: str, name: str, tenant: str, number: int, identity: str, facts: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    claim = {"kind": kind, "name": name, "tenant": str(tenant), "number": number, "identity": str(identity)}
    return {**claim, "node": "", "facts": facts or {}}
