"""The summary that ends each playbook: in the log, as the custom statistic vdc_summary and in a file."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.convergence import NOT_PROVEN
from support.lab import LabHandle
from support.playbooks import ROOT, Outcome, extra_vars, play
from support.saved_states import SavedStates

CLOUD = ("-e", "vdc_without_nodes=true")


class Site:
    """A platform with the tenant acme, and the summary of the last run."""

    def __init__(self, directory: Path) -> None:
        self.directory, self.url = directory, f"sqlite:///{directory}/ledger.db"
        self.file = directory / "summary.json"

    def build(self) -> None:
        """Create the platform and the tenant."""
        for name, more, given in (
            ("platform", CLOUD, {"storage_nodes_pool_disk_gib": 200}),
            ("tenant_create", CLOUD, {"tenant": "acme", "tier": "casual"}),
        ):
            assert (done := self.run(name, *more, **given)).ok, done.output
        self.file.unlink()

    def run(self, name: str, *more: str, **variables: object) -> Outcome:
        given = extra_vars({"vdc_summary_file": self.file, **variables})
        shown = {"ANSIBLE_SHOW_CUSTOM_STATS": "true", "VDC_LEDGER_URL": self.url}
        return play(name, self.directory, *more, *given, seconds=300, **shown)

    def summary(self, name: str, *more: str, ok: bool = True, **variables: object) -> dict[str, Any]:
        """Run a playbook; return its summary, which must be the same in the log, in the statistics and in the file."""
        self.file.unlink(missing_ok=True)
        done = self.run(name, *(more or CLOUD), **variables)
        assert done.ok == ok, done.output
        summary = json.loads(self.file.read_text())
        assert self.file.stat().st_mode & 0o777 == 0o600
        reports = re.findall(r"^TASK \[\S+ : Report the summary\] (.*?)^TASK ", done.output, re.MULTILINE | re.DOTALL)
        lines = re.findall(r'^    "msg": (".*")$', "".join(reports), re.MULTILINE)
        assert [json.loads(line) for line in lines] == summary["lines"], done.output
        assert '"vdc_summary"' in done.output.partition("CUSTOM STATS")[2], done.output
        return summary


@pytest.fixture
def site(lab: LabHandle, tmp_path: Path, saved_states: SavedStates) -> Site:
    made = Site(tmp_path)
    saved_states.provide("platform with acme and summaries", lab, tmp_path, made.build)
    return made


def test_every_playbook_ends_with_a_summary() -> None:
    # The checks that others begin with are no runs of their own.
    checks = {ROOT / f"playbooks/{name}.yml" for name in ("inventory_validate", "site_check")}
    for path in sorted({*(ROOT / "playbooks").glob("*.yml")} - checks):
        *_plays, last = yaml.safe_load(path.read_text())
        if "import_playbook" in last:
            # Not if the import may be skipped, or leaves the summary to this playbook.
            assert last["import_playbook"] == "tenant_converge.yml", path.name
            assert "when" not in last, path.name
            assert "playbook_ends_run" not in last["vars"], path.name
        else:
            assert "report_summary" in str(last), path.name
            assert last["tags"] == ["always"], path.name


def test_tenants_are_summarized(site: Site) -> None:
    acme = "acme (casual) is active on lab-compute-1, 10 GiB on lab-storage-1"
    credentials = f"; credentials: {site.directory}/tenants/acme; {NOT_PROVEN}"
    again = site.summary("tenant_create", tenant="acme", tier="casual")
    assert again["lines"] == [f"Summary: nothing to do: {acme}{credentials}"]
    suspended = site.summary("tenant_suspend", tenant="acme")
    assert [(one["name"], one["status"], one["desired_state"]) for one in suspended["items"]] == [
        ("acme", "changed", "poweroff")
    ]
    assert site.summary("reconcile")["lines"] == ["Summary: nothing to do: every tenant is in its desired state"]
    draining = ("-e", '{"vdc_draining_nodes": ["lab-compute-1"]}')
    full = site.summary("tenant_create", *CLOUD, *draining, tenant="beta", tier="casual", allow_queue="true")
    assert (full["status"], full["waiting"]) == ("waiting", 1), full
    assert "; next: add a compute node" in full["lines"][0]
    deleted = site.summary("tenant_destroy", tenant="acme", confirm="acme")
    assert [(one["operation"], one["status"]) for one in deleted["items"]] == [
        ("backup", "changed"),
        ("destroy", "changed"),
    ]
    assert site.summary("subscriptions")["lines"] == [
        "Summary: nothing to do: no subscription needs a mail, a backup or a release now"
    ]


def test_a_failed_tenant_is_summarized_before_the_run_ends(site: Site) -> None:
    failed = site.summary(
        "tenant_create", "-v", ok=False, tenant="beta", tier="casual", ansible_ssh_executable="/bin/false"
    )
    [beta] = failed["items"]
    assert (beta["status"], beta["message"]) == (
        "failed",
        "beta failed: compute node lab-compute-1 did not answer over SSH; repair or replace it, then run the playbook again",
    )


def test_a_provider_that_fails_is_summarized_before_the_run_ends(lab: LabHandle, site: Site) -> None:
    lab.faults([{"operation": "create_server", "status": 403, "code": "forbidden"}])
    failed = site.summary("platform", *CLOUD, ok=False, compute_nodes_count=2)
    assert failed["items"][-1]["message"].startswith(
        "the run ended early: Create and converge the servers of the fleet: "
    )
    assert {one["kind"] for one in failed["items"]} >= {"network", "instance", "pool disk", "ledger"}


def test_nodes_that_do_not_answer_are_summarized(site: Site) -> None:
    unreachable = {"ansible_ssh_executable": "/bin/false", "vdc_node_wait_seconds": 1}
    failed = site.summary("platform", "-v", ok=False, **unreachable)
    lost = [one["name"] for one in failed["items"] if one["status"] == "failed"]
    assert sorted(lost) == ["lab-compute-1", "lab-storage-1"]
    unchanged = site.summary("platform", *CLOUD)
    assert unchanged["lines"][0].startswith("Summary: nothing to do: all ")


def changes(summary: dict[str, Any]) -> list[tuple[Any, ...]]:
    """What a summary says of each tenant or resource, without times and what comes next."""
    keys = ("name", "kind", "place", "status", "tier", "desired_state", "node", "storage_node", "volume_gib")
    return [tuple(one.get(key) for key in keys) for one in summary["items"]]


def test_check_mode_predicts_what_a_fresh_site_and_a_new_tenant_get(lab: LabHandle, tmp_path: Path) -> None:
    site = Site(tmp_path)
    lab.clear_trace()
    predicted = site.summary("platform", *CLOUD, "--check", "--diff")
    assert (predicted["check"], predicted["ok"], lab.writes()) == (True, 0, 0)
    assert {path.name for path in tmp_path.iterdir()} == {"summary.json"}
    real = site.summary("platform", *CLOUD)
    assert changes(predicted) == changes(real)

    lab.clear_trace()
    for tier in ("casual", "pro"):
        owner = {"owner_email": "owner@new.example"}
        given = {"tenant": f"new-{tier}", "tier": tier, **owner, "storage_nodes_pool_disk_gib": 200}
        if tier == "pro":
            assert site.run("platform", *CLOUD, "-e", "storage_nodes_count=2", **given).ok
            lab.clear_trace()
        predicted = site.summary("tenant_create", *CLOUD, "--check", "--diff", **given)
        assert (predicted["check"], predicted["status"], lab.writes()) == (True, "changed", 0)
        assert site.summary("tenants", state="queued")["lines"] == ["Summary: no tenant matches"]
        assert changes(predicted) == changes(site.summary("tenant_create", **given))
        suspend = {"tenant": f"new-{tier}", "mode": "release"}
        predicted = site.summary("tenant_suspend", *CLOUD, "--check", **suspend)
        assert changes(predicted) == changes(site.summary("tenant_suspend", **suspend))


def test_tenants_capacity_and_history_are_listed_as_table_and_data(lab: LabHandle, site: Site) -> None:
    lab.clear_trace()
    listed = site.summary("tenants")
    assert listed["lines"][1].split()[:5] == ["acme", "casual", "active", "lab-compute-1", "lab-storage-1"]
    assert listed["lines"][2:] == ["Summary: 1 tenants: 1 active"]
    assert [tenant["name"] for tenant in listed["items"][0]["data"]] == ["acme"]
    for filtered in ({"state": "error"}, {"tier": "pro"}, {"node": "lab-compute-2"}):
        assert site.summary("tenants", **filtered)["lines"] == ["Summary: no tenant matches"]
    assert len(site.summary("tenants", node="lab-storage-1", state="active", tier="casual", backup="")["lines"]) == 3

    room = site.summary("capacity")
    assert room["lines"][-1] == "Summary: room for 2 casual, 3 pro, 0 enterprise (each alone); 0 in the queue"
    [create] = site.summary("history", tenant="acme")["items"][0]["data"][0]["operations"]
    assert (create["kind"], create["state"], create["finished"] >= create["started"]) == ("create", "done", True)
    assert "there is no tenant 'nobody'" in site.run("history", "-e", "tenant=nobody").error
    assert lab.writes() == 0


def test_an_update_changes_only_what_is_given(site: Site) -> None:
    assert "give one of owner_email, service_id, paid_until" in site.run("tenant_update", "-e", "tenant=acme").error
    given = {"tenant": "acme", "paid_until": 1800000000, "owner_email": "new@acme.example"}
    before = site.summary("tenants")["items"][0]["data"][0]
    predicted = site.run("tenant_update", "--check", "--diff", **given)
    assert "+paid_until: 1800000000" in predicted.output.replace('"', "").replace("    ", ""), predicted.output
    assert site.summary("tenants")["items"][0]["data"][0] == before
    updated = site.summary("tenant_update", **given)
    assert updated["lines"] == ["Summary: tenant acme is changed"]
    after = site.summary("tenants")["items"][0]["data"][0]
    assert after == {**before, "paid_until": 1800000000, "owner_email": "new@acme.example"}
    assert site.summary("tenant_update", **given)["lines"] == ["Summary: nothing to do: tenant acme is as desired"]
    assert "belongs to tenant" not in site.run("tenant_update", service_id="4711", tenant="acme").output
