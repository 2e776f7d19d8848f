"""The rest of a tenant's lifecycle: the pool and the tenant grow, the tenant is suspended, resumed, backed up, deleted, and
restored under another name."""

from __future__ import annotations

import re

from . import site
from .customer import Customer
from .main_job import DOCUMENT, STORAGE_NODE
from .output import require, step
from .playbook import Run, run_playbook
from .resume import DESTROY, FIRST_TIER, LAST_TIER, RESTORE, RESTORED, TENANT

# Size of the pool disk: for the bigger tier, and for a restored copy of it.
ADDED_GIB = 100


def grow_pool(tenant: str) -> Run:
    """Add a disk to the storage node's pool while the tenant writes."""
    bucket = site.bucket(tenant)
    with bucket.writer() as writer:
        run = run_playbook("storage_disk_add", node=STORAGE_NODE, disk=2, gib=ADDED_GIB)
        acknowledged = writer.communicate()[0].split()
    stored = set(bucket.list_keys())
    missing = [number for number in acknowledged if f"records/{number}" not in stored]
    step(f"{len(acknowledged)} records were acknowledged while the pool grew; {len(missing)} of them are missing")
    require(bool(acknowledged) and not missing, "records are missing")
    return run


def live(tier: str) -> dict[str, Run]:
    """Run the operations of a tenant's life and return their runs, by playbook. ``tier`` is the tenant's tier now: after an
    earlier run that was killed it may have changed already."""
    runs = {"tenant_change_tier": _change_tier()} if tier == FIRST_TIER else {}
    steps = [
        ("tenant_suspend", {"tenant": TENANT, "mode": "poweroff"}),
        ("tenant_resume", {"tenant": TENANT}),
        ("tenant_backup", {"tenant": TENANT}),
        DESTROY,
        RESTORE,
    ]
    runs |= {name: run_playbook(name, **variables) for name, variables in steps}
    filed = [key for key in site.bucket(RESTORED).list_keys() if DOCUMENT in key]
    step(f"{RESTORED} has the document that {TENANT} had: {', '.join(filed) or 'no'}")
    require(bool(filed), "the document was not restored")
    return runs


def _change_tier() -> Run:
    """Move the tenant to a dedicated machine while its customer writes."""
    with Customer(lambda: site.stack_address(TENANT), site.credentials(TENANT)) as customer:
        run = run_playbook("tenant_change_tier", tenant=TENANT, tier=LAST_TIER)
    downtime = [found[1] for line in run.messages if (found := re.search(r"downtime:? (\d+) s", line))]
    step(
        f"{len(customer.acknowledged)} records were acknowledged around the move; {len(customer.missing)} of them are "
        f"missing; downtime of the stack: {' '.join(downtime) or 'unknown'} s; longest wait of the customer: "
        f"{customer.longest:.0f} s"
    )
    require(not customer.missing, "records are missing")
    require(bool(downtime), "the playbook printed no downtime")
    return run
