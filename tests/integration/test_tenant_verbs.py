"""A tenant's verbs on a platform without machines: what cannot be is refused in one sentence, and nothing changes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import schema, store
from support.beginnings import Beginnings
from support.controller import CATALOG
from support.lab import LabHandle
from support.modules import run_module
from support.playbooks import Outcome, made, play
from support.size import have_tenants
from support.tenants import put_tenant

# The first fourteen of twenty are casual, the next five pro.
TENANTS = 20
CASUAL, PRO, LEFT = "t0003", "t0014", "absent"
CLOUD = ("--skip-tags", "nodes")
UNKNOWN = "there is no tenant 'nobody' in the ledger"

REFUSED: list[tuple[str, dict[str, Any], str]] = [
    (
        "tenant_create",
        {"tenant": "new", "tier": "gold"},
        "tier: 'gold' is not in the catalog; choose one of casual",
    ),
    (
        "tenant_create",
        {"tenant": CASUAL, "tier": "pro"},
        "tier: tenant 't0003' exists with 'casual', not 'pro'; choose another",
    ),
    (
        "tenant_create",
        {"tenant": CASUAL, "tier": "casual", "owner_email": "b@example.org"},
        "owner_email: tenant 't0003' exists",
    ),
    (
        "tenant_create",
        {"tenant": LEFT, "tier": "casual"},
        "'absent' is the name of a tenant whose deletion was requested",
    ),
    ("tenant_create", {"tenant": "compute-7", "tier": "casual"}, "'compute-7' is reserved for nodes"),
    (
        "tenant_create",
        {"tenant": "new", "tier": "casual", "owner_email": "no"},
        "owner_email: 'no' is not an email address",
    ),
    (
        "tenant_change_tier",
        {"tenant": PRO, "tier": "casual"},
        "has a volume of 50 GiB; shrink it first",
    ),
    ("tenant_change_tier", {"tenant": PRO, "tier": "gold"}, "tier: 'gold' is not in the catalog"),
    ("tenant_change_tier", {"tenant": "nobody", "tier": "pro"}, UNKNOWN),
    ("tenant_volume_resize", {"tenant": CASUAL, "gib": 30}, "30 is more than tier 'casual' allows"),
    ("tenant_volume_resize", {"tenant": CASUAL}, "give the size in GiB with -e gib=<size>"),
    ("tenant_volume_resize", {"tenant": "nobody", "gib": 30}, UNKNOWN),
    (
        "tenant_suspend",
        {"tenant": CASUAL, "mode": "sleep"},
        "mode: 'sleep' is not a mode; choose poweroff, which keeps the tenant's slot",
    ),
    ("tenant_suspend", {"tenant": "nobody"}, UNKNOWN),
    ("tenant_resume", {"tenant": "nobody"}, UNKNOWN),
    (
        "tenant_migrate",
        {"tenant": CASUAL, "node": "lab-compute-9"},
        "node: 'lab-compute-9' is not a compute node; choose one of",
    ),
    ("tenant_migrate", {"tenant": PRO, "node": "lab-compute-1"}, "has a dedicated machine (tier pro) and cannot move"),
    (
        "tenant_migrate",
        {"tenant": CASUAL, "storage_node": "lab-storage-9"},
        "storage_node: 'lab-storage-9' is not a storage node of this fleet; choose one of lab-storage-1",
    ),
    (
        "tenant_migrate",
        {"tenant": CASUAL, "storage_node": "lab-storage-1", "vdc_s3_endpoint": ""},
        "vdc_s3_endpoint: backups, and moves to another storage node, need object storage",
    ),
    ("tenant_destroy", {"tenant": CASUAL}, "if that is meant, say -e tenant=t0003 -e confirm=t0003"),
    ("tenant_destroy", {"tenant": CASUAL, "confirm": "all"}, "if that is meant, say -e tenant=t0003 -e confirm=t0003"),
    ("tenant_destroy", {"tenant": "nobody", "confirm": "nobody"}, UNKNOWN),
]


@pytest.fixture
def site(lab: LabHandle, tmp_path: Path, beginnings: Beginnings) -> Callable[..., Outcome]:
    """Run a verb on a platform with tenants; ``site.url`` is its ledger."""

    def run(name: str, *more: str, **variables: object) -> Outcome:
        given = [part for key, value in variables.items() for part in ("-e", f"{key}={value}")]
        return play(name, tmp_path, *more, *given, seconds=100, VDC_LEDGER_URL=run.url)

    run.url = f"sqlite:///{tmp_path}/ledger.db"

    def build() -> None:
        built = run("platform", "--tags", "cloud", storage_nodes_pool_disk_gib=2000)
        assert built.ok, built.said
        have_tenants(run.url, TENANTS)

    beginnings.begin("platform with tenants", lab, tmp_path, build)
    return run


def written(url: str) -> dict[str, list[Any]]:
    """All that the ledger holds."""
    ledger = store.connect(url)
    with ledger.reading() as connection:
        found = {table.name: connection.execute(table.select()).all() for table in schema.METADATA.sorted_tables}
    ledger.close()
    return found


def of(url: str, name: str) -> dict[str, Any]:
    """One tenant as the ledger has it."""
    return run_module("tenant_info", ledger_url=url, name=name)["tenants"][0]


def test_what_cannot_be_is_refused_in_one_sentence(lab: LabHandle, site) -> None:
    put_tenant(site.url, LEFT, state="deleted", desired_state="absent")
    lab.clear_trace()
    ledger, clouds = written(site.url), made(lab.state())
    for verb, given, sentence in REFUSED:
        refused = site(verb, *CLOUD, **given)
        case = f"{verb} {given}: {refused.said}"
        assert not refused.ok, case
        assert sentence in refused.complaint, case
        assert refused.said.count("fatal: ") == 1, case
        assert r"\n" not in refused.complaint, case
        assert (refused.changed, lab.writes()) == (0, 0), case
        assert written(site.url) == ledger, case
    assert made(lab.state()) == clouds


def test_a_volume_grows_in_the_ledger_too(lab: LabHandle, site) -> None:
    foreseen = site("tenant_volume_resize", *CLOUD, "--check", tenant=CASUAL, gib=20)
    assert (foreseen.ok, foreseen.changed, of(site.url, CASUAL)["volume_gib"]) == (True, 1, 10), foreseen.said
    grown = site("tenant_volume_resize", *CLOUD, tenant=CASUAL, gib=20)
    assert grown.ok, grown.said
    assert (of(site.url, CASUAL)["volume_gib"], of(site.url, CASUAL)["state"]) == (20, "active")
    assert written(site.url)["volumes"][3].reserved_gib == 20
    reconciled = site("reconcile", *CLOUD)
    assert (reconciled.ok, reconciled.changed) == (True, 0), reconciled.said


def test_a_volume_that_another_run_works_on_does_not_shrink(lab: LabHandle, site) -> None:
    asked = {"fleet": "lab", **CATALOG, "tenants": [CASUAL], "ledger_url": site.url}
    begun = run_module("tenant_operation", state="started", kind="backup", holder="somebody", **asked)
    refused = site("tenant_volume_resize", *CLOUD, tenant=CASUAL, gib=5, confirm=CASUAL)
    assert f"tenant: {CASUAL} is locked by somebody; try again when that run has ended" in refused.complaint, (
        refused.said
    )
    done = [work["id"] for work in begun["operations"]]
    run_module("tenant_operation", state="done", operation_ids=done, holder="somebody", ledger_url=site.url)
    free = site("tenant_volume_resize", *CLOUD, tenant=CASUAL, gib=5, confirm=CASUAL)
    assert free.ok, free.said


def test_data_moves_to_another_storage_node(lab: LabHandle, site) -> None:
    there = {"tenant": CASUAL, "storage_node": "lab-storage-2"}
    grown = site("platform", "--tags", "cloud", storage_nodes_count=2, storage_nodes_pool_disk_gib=2000)
    assert grown.ok, grown.said
    lab.clear_trace()
    ledger = written(site.url)
    foreseen = site("tenant_migrate", *CLOUD, "--check", **there)
    assert (foreseen.ok, foreseen.changed > 0, lab.writes()) == (True, True, 0), foreseen.said
    assert written(site.url) == ledger
    # No node answers here; the wish is in the ledger, and what is on its way is not backed up.
    stuck = site("tenant_migrate", "-e", "ansible_ssh_executable=/bin/false", **there)
    assert "tenant_lifecycle/tasks/migrate_data.yml" in stuck.said, stuck.said
    assert (of(site.url, CASUAL)["state"], of(site.url, CASUAL)["source_storage_node"]) == ("error", "lab-storage-1")
    refused = site("tenant_backup", *CLOUD, tenant=CASUAL)
    assert "an unfinished data move from lab-storage-1 to lab-storage-2" in refused.complaint, refused.said
    taken_up = site("reconcile", *CLOUD)
    assert (taken_up.ok, "GiB on lab-storage-2" in taken_up.said) == (True, True), taken_up.said
    assert (of(site.url, CASUAL)["state"], of(site.url, CASUAL)["source_storage_node"]) == ("active", "")
    again = site("tenant_migrate", *CLOUD, **there)
    assert (again.ok, again.changed, lab.writes()) == (True, 0, 0), again.said


def test_nothing_is_asked_of_a_machine_of_its_own_that_is_off(lab: LabHandle, site) -> None:
    off = site("tenant_suspend", *CLOUD, tenant=PRO)
    assert off.ok, off.said
    # No node answers here, so that the run ends at the first that is asked.
    unreachable = ("-e", "ansible_ssh_executable=/bin/false")
    released = site("tenant_suspend", *unreachable, tenant=PRO, mode="release")
    assert "tenant_lifecycle/tasks/close_data.yml" in released.said, released.said
    assert "tenant_lifecycle/tasks/undeploy.yml" not in released.said, released.said
    running = site("tenant_suspend", *unreachable, tenant=CASUAL)
    assert "tenant_lifecycle/tasks/undeploy.yml" in running.said, running.said
    taken_up = site("reconcile", *CLOUD)
    assert taken_up.ok, taken_up.said
    assert (of(site.url, PRO)["state"], of(site.url, PRO)["node"]) == ("suspended", "")
    assert PRO not in {server["labels"].get("tenant") for server in lab.state()["hetzner"]["servers"]}
