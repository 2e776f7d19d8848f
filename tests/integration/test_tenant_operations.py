"""The playbooks of tenants on a platform without machines; invalid input is rejected and changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import schema, store
from support.controller import CATALOG
from support.lab import LabHandle
from support.modules import run_module
from support.playbooks import Outcome, extra_vars, play, resource_counts
from support.saved_states import SavedStates
from support.size import create_tenants
from support.tenants import put_tenant

# The first fourteen of twenty are casual, the next five pro.
TENANTS = 20
CASUAL, PRO, LEFT = "t0003", "t0014", "absent"
CLOUD = ("-e", "vdc_without_nodes=true")
UNKNOWN = "there is no tenant 'nobody' in the ledger"

REJECTED: list[tuple[str, dict[str, Any], str]] = [
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
    ("tenant_volume_resize", {"tenant": CASUAL}, "gib: it is not set; give -e gib=<GiB> from 1 to 65536"),
    ("tenant_volume_resize", {"tenant": "nobody", "gib": 30}, UNKNOWN),
    (
        "tenant_suspend",
        {"tenant": CASUAL, "mode": "sleep"},
        "mode: 'sleep' is not a mode; choose one of poweroff, release",
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
    ("tenant_destroy", {"tenant": CASUAL}, "if that is meant, say -e confirm=t0003"),
    ("tenant_destroy", {"tenant": CASUAL, "confirm": "all"}, "if that is meant, say -e confirm=t0003"),
    ("tenant_destroy", {"tenant": "nobody", "confirm": "nobody"}, UNKNOWN),
]


@pytest.fixture
def site(lab: LabHandle, tmp_path: Path, saved_states: SavedStates) -> Callable[..., Outcome]:
    """Run a playbook on a platform with tenants; ``site.url`` is its ledger."""

    def run(name: str, *more: str, **variables: object) -> Outcome:
        given = extra_vars(variables)
        return play(name, tmp_path, *more, *given, seconds=100, VDC_LEDGER_URL=run.url)

    run.url = f"sqlite:///{tmp_path}/ledger.db"

    def build() -> None:
        built = run("platform", *CLOUD, storage_nodes_pool_disk_gib=2000)
        assert built.ok, built.output
        create_tenants(run.url, TENANTS)

    saved_states.provide("platform with tenants", lab, tmp_path, build)
    return run


def ledger_rows(url: str) -> dict[str, list[Any]]:
    """Return all rows of the ledger by table."""
    ledger = store.connect(url)
    with ledger.reading() as connection:
        found = {table.name: connection.execute(table.select()).all() for table in schema.METADATA.sorted_tables}
    ledger.close()
    return found


def tenant(url: str, name: str) -> dict[str, Any]:
    """Return one tenant of the ledger."""
    return run_module("tenant_info", ledger_url=url, name=name)["tenants"][0]


def test_invalid_input_is_rejected_with_one_sentence_and_changes_nothing(lab: LabHandle, site) -> None:
    put_tenant(site.url, LEFT, state="deleted", desired_state="absent")
    lab.clear_trace()
    ledger, clouds = ledger_rows(site.url), resource_counts(lab.state())
    for playbook, given, sentence in REJECTED:
        rejected = site(playbook, *CLOUD, **given)
        case = f"{playbook} {given}: {rejected.output}"
        assert not rejected.ok, case
        assert sentence in rejected.error, case
        assert rejected.output.count("fatal: ") == 1, case
        assert r"\n" not in rejected.error, case
        assert (rejected.changed, lab.writes()) == (0, 0), case
        assert ledger_rows(site.url) == ledger, case
    assert resource_counts(lab.state()) == clouds


def test_a_volume_resize_is_recorded_in_the_ledger(lab: LabHandle, site) -> None:
    predicted = site("tenant_volume_resize", *CLOUD, "--check", tenant=CASUAL, gib=20)
    assert (predicted.ok, predicted.changed, tenant(site.url, CASUAL)["volume_gib"]) == (True, 1, 10), predicted.output
    grown = site("tenant_volume_resize", *CLOUD, tenant=CASUAL, gib=20)
    assert grown.ok, grown.output
    assert (tenant(site.url, CASUAL)["volume_gib"], tenant(site.url, CASUAL)["state"]) == (20, "active")
    assert ledger_rows(site.url)["volumes"][3].reserved_gib == 20
    reconciled = site("reconcile", *CLOUD)
    assert (reconciled.ok, reconciled.changed) == (True, 0), reconciled.output


def test_a_locked_tenants_volume_does_not_shrink(lab: LabHandle, site) -> None:
    options = {"fleet": "lab", **CATALOG, "tenants": [CASUAL], "ledger_url": site.url}
    started = run_module("tenant_operation", state="started", kind="backup", holder="somebody", **options)
    rejected = site("tenant_volume_resize", *CLOUD, tenant=CASUAL, gib=5, confirm=CASUAL)
    assert f"tenant: {CASUAL} is locked by somebody; try again when that run has ended" in rejected.error, (
        rejected.output
    )
    done = [operation["id"] for operation in started["operations"]]
    run_module("tenant_operation", state="done", operation_ids=done, holder="somebody", ledger_url=site.url)
    free = site("tenant_volume_resize", *CLOUD, tenant=CASUAL, gib=5, confirm=CASUAL)
    assert free.ok, free.output


def test_a_locked_tenant_is_no_success_for_its_own_playbook_only(lab: LabHandle, site) -> None:
    options = {"fleet": "lab", **CATALOG, "tenants": [CASUAL], "ledger_url": site.url}
    run_module("tenant_operation", state="started", kind="backup", holder="somebody", **options)
    busy = site("tenant_suspend", *CLOUD, tenant=CASUAL)
    assert not busy.ok, busy.output
    assert f"tenant: {CASUAL} is locked by somebody, so that this run did nothing for it" in busy.error, busy.output
    assert tenant(site.url, CASUAL)["state"] == "active"
    for playbook, given in (("tenant_suspend", {"tenant": CASUAL, "allow_queue": True}), ("reconcile", {})):
        left = site(playbook, *CLOUD, **given)
        assert (left.ok, f"{CASUAL} is locked by somebody." in left.output) == (True, True), left.output


def test_an_interrupted_data_move_is_completed_by_reconcile(lab: LabHandle, site) -> None:
    target = {"tenant": CASUAL, "storage_node": "lab-storage-2"}
    grown = site("platform", *CLOUD, storage_nodes_count=2, storage_nodes_pool_disk_gib=2000)
    assert grown.ok, grown.output
    lab.clear_trace()
    ledger = ledger_rows(site.url)
    predicted = site("tenant_migrate", *CLOUD, "--check", **target)
    assert (predicted.ok, predicted.changed > 0, lab.writes()) == (True, True, 0), predicted.output
    assert ledger_rows(site.url) == ledger
    # No node answers; the desired state is in the ledger, and data that is moving is not backed up.
    stuck = site("tenant_migrate", "-e", "ansible_ssh_executable=/bin/false", **target)
    assert "tenant_lifecycle/tasks/migrate_data.yml" in stuck.output, stuck.output
    assert (tenant(site.url, CASUAL)["state"], tenant(site.url, CASUAL)["source_storage_node"]) == (
        "error",
        "lab-storage-1",
    )
    rejected = site("tenant_backup", *CLOUD, tenant=CASUAL)
    assert "an unfinished data move from lab-storage-1 to lab-storage-2" in rejected.error, rejected.output
    taken_up = site("reconcile", *CLOUD)
    assert (taken_up.ok, "GiB on lab-storage-2" in taken_up.output) == (True, True), taken_up.output
    assert (tenant(site.url, CASUAL)["state"], tenant(site.url, CASUAL)["source_storage_node"]) == ("active", "")
    again = site("tenant_migrate", *CLOUD, **target)
    assert (again.ok, again.changed, lab.writes()) == (True, 0, 0), again.output


def test_no_task_runs_on_a_dedicated_machine_that_is_off(lab: LabHandle, site) -> None:
    off = site("tenant_suspend", *CLOUD, tenant=PRO)
    assert off.ok, off.output
    # No node answers, so that the run ends at its first task on a node.
    unreachable = ("-e", "ansible_ssh_executable=/bin/false")
    released = site("tenant_suspend", *unreachable, tenant=PRO, mode="release")
    assert "tenant_lifecycle/tasks/close_data.yml" in released.output, released.output
    assert "tenant_lifecycle/tasks/undeploy.yml" not in released.output, released.output
    running = site("tenant_suspend", *unreachable, tenant=CASUAL)
    assert "tenant_lifecycle/tasks/undeploy.yml" in running.output, running.output
    taken_up = site("reconcile", *CLOUD)
    assert taken_up.ok, taken_up.output
    assert (tenant(site.url, PRO)["state"], tenant(site.url, PRO)["node"]) == ("suspended", "")
    assert PRO not in {server["labels"].get("tenant") for server in lab.state()["hetzner"]["servers"]}
