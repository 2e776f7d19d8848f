"""Where the demonstration goes on, from what the ledger knows. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

TENANT, RESTORED, OWNER = "acme", "acme-restored", "owner@acme.example"
# The tier before and after the tenant's life, in which it moves to a machine of its own.
FIRST_TIER, LAST_TIER = "casual", "pro"
# A playbook and its extra variables.
Step = tuple[str, dict[str, str]]
Tenants = Mapping[str, Mapping[str, Any]]

DESTROY: Step = ("tenant_destroy", {"tenant": TENANT, "confirm": TENANT})
RESTORE: Step = ("tenant_restore", {"tenant": TENANT, "as": RESTORED, "confirm": RESTORED, "tier": LAST_TIER})


def is_restored(tenants: Tenants) -> bool:
    """Whether the tenant's life was shown to its end: its backup is restored under the other name."""
    operations = tenants.get(RESTORED, {}).get("operations", [])
    return any(one["kind"] == "restore" and one["state"] == "done" for one in operations)


def current_tenant(tenants: Tenants) -> tuple[str, str]:
    """The name and the tier of the tenant that the demonstration shows now."""
    if RESTORED in tenants:
        return RESTORED, tenants[RESTORED]["tier"]
    return TENANT, tenants.get(TENANT, {"tier": FIRST_TIER})["tier"]


def steps(tenants: Tenants) -> list[Step]:
    """The playbooks after which the demonstration's tenant is active, wherever an earlier run ended.

    ``tenants`` are those of ``tenant_info`` by name, with their operations. A deleted tenant's name is never used again, so
    a deletion that has begun is finished, and its backup restored.
    """
    name, tier = current_tenant(tenants)
    if RESTORED in tenants and not is_restored(tenants):
        return [RESTORE]
    tenant = tenants.get(name)
    if tenant and tenant["desired_state"] == "absent":
        return [DESTROY, RESTORE]
    create: Step = ("tenant_create", {"tenant": name, "tier": tier, "owner_email": OWNER})
    if tenant and tenant["desired_state"] != "active":
        return [("tenant_resume", {"tenant": name}), create]
    return [create]
