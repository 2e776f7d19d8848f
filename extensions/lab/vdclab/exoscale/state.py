"""A zone's whole state as JSON, for ``/_lab/state``."""

from __future__ import annotations

from typing import Any

from .zone import Zone


def dump(zone: Zone) -> dict[str, Any]:
    """Every resource as its get would show it, and what the API does not show."""
    account = zone.account
    return {
        "zone": zone.name,
        "instances": [{**i.view(), "protected": i.protected, "doing": i.doing} for i in zone.instances.values()],
        "private-networks": [n.view() for n in zone.networks.values()],
        "ssh-keys": [k.view() for k in account.ssh_keys.values()],
        "security-groups": [g.view() for g in account.security_groups.values()],
        "templates": [t.view() for t in account.templates.values() if t.visibility == "private"],
        "quotas": account.quotas.all(),
        "stock": dict(zone.stock),
        "operations": zone.operations.dump(),
    }
