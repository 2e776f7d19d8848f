"""A zone's whole state as JSON, for ``/_lab/state``."""

from __future__ import annotations

from typing import Any

from .block_snapshots import snapshot_view
from .block_volumes import volume_view
from .zone import Zone


def dump(zone: Zone) -> dict[str, Any]:
    """Every resource as its get shows it, with the fields that the API does not show."""
    account = zone.account
    return {
        "zone": zone.name,
        "instances": [
            {**i.view(), "protected": i.protected, "doing": i.doing, "volumes": list(i.volumes)}
            for i in zone.instances.values()
        ],
        "instance-pools": [
            {"id": p.id, "name": p.name, "state": p.state, "size": p.size, "members": list(p.members), **p.spec}
            for p in zone.pools.values()
        ],
        "snapshots": [s.view() for s in zone.snapshots.values()],
        "block-storage-volumes": [volume_view(v) for v in zone.volumes.values()],
        "block-storage-snapshots": [snapshot_view(s) for s in zone.block_snapshots.values()],
        "private-networks": [{**n.view(), "members": dict(n.members)} for n in zone.networks.values()],
        "elastic-ips": [{**e.view(), "instances": list(e.instances)} for e in zone.elastic_ips.values()],
        "load-balancers": [
            {"id": b.id, "name": b.name, "ip": b.ip, "state": b.state, "services": len(b.services)}
            for b in zone.balancers.values()
        ],
        "ssh-keys": [k.view() for k in account.ssh_keys.values()],
        "security-groups": [g.view() for g in account.security_groups.values()],
        "anti-affinity-groups": [
            {"id": g.id, "name": g.name, "description": g.description, "members": account.group_members(g.id)}
            for g in account.anti_affinity_groups.values()
        ],
        "templates": [t.view() for t in account.templates.values() if t.visibility == "private"],
        "quotas": account.quotas.all(),
        "stock": dict(zone.stock),
        "lacking": sorted(zone.lacking),
        "operations": zone.operations.dump(),
    }
