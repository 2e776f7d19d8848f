"""The verbs of backups against a lab without machines: input, ledger and journal. What goes over SSH is left out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import schema, store
from support.backups import bucket
from support.beginnings import Beginnings
from support.lab import LabHandle
from support.modules import run_module
from support.playbooks import Outcome, play

CLOUD = ("--skip-tags", "nodes")


class Site:
    """A platform with one tenant."""

    def __init__(self, directory: Path) -> None:
        self.directory, self.url = directory, f"sqlite:///{directory}/ledger.db"

    def build(self) -> None:
        """Make it."""
        self.must("platform", "--tags", "cloud", storage_nodes_pool_disk_gib=200)
        self.must("tenant_create", tenant="acme", tier="casual")

    def run(self, name: str, *more: str, **variables: object) -> Outcome:
        given = [part for key, value in variables.items() for part in ("-e", f"{key}={value}")]
        return play(name, self.directory, *(more or CLOUD), *given, seconds=300, VDC_LEDGER_URL=self.url)

    def must(self, name: str, *more: str, **variables: object) -> Outcome:
        done = self.run(name, *more, **variables)
        assert done.ok, done.said
        return done

    def journal(self) -> list[tuple[str, str, str]]:
        """Verb, tenant and end of each operation that is none of the tenant's wish."""
        ledger = store.connect(self.url)
        with ledger.reading() as connection:
            table = schema.OPERATIONS
            rows: Any = connection.execute(table.select().order_by(table.c.id)).mappings().all()
        ledger.close()
        return [(row["kind"], row["tenant"], row["state"]) for row in rows if row["kind"] != "create"]


@pytest.fixture
def site(lab: LabHandle, tmp_path: Path, beginnings: Beginnings) -> Site:
    made = Site(tmp_path)
    beginnings.begin("platform with acme", lab, tmp_path, made.build)
    return made


def test_the_journal_tells_of_backups_and_restores(site: Site) -> None:
    assert "tenant: '' is not a tenant's name" in site.run("tenant_restore").complaint
    unmeant = site.run("tenant_restore", tenant="acme")
    assert "if that is meant, say -e confirm=acme" in unmeant.complaint
    nothing = site.run("tenant_restore", tenant="acme", confirm="acme")
    assert "there is no backup of acme that this controller has the password of" in nothing.complaint
    nowhere = site.run("tenant_backup", tenant="acme", vdc_s3_endpoint="")
    assert "set vdc_s3_endpoint, vdc_s3_bucket" in nowhere.complaint
    unknown = site.run("tenant_backup", tenant="nobody")
    assert "there is no tenant 'nobody'" in unknown.complaint
    assert site.journal() == []

    site.must("tenant_backup")
    assert "backup: nothing is due" in site.must("tenant_backup").said
    site.must("tenant_backup", tenant="acme", event="cron-1")
    site.must("tenant_backup", tenant="acme", event="cron-1")
    site.must("tenant_backup_verify")
    assert "backup_verify: nothing is due" in site.must("tenant_backup_verify").said
    told = [("backup", "acme", "done")] * 2 + [("backup_verify", "acme", "done")]
    assert site.journal() == told

    (site.directory / "backups" / "acme").mkdir(parents=True)
    (site.directory / "backups" / "acme" / "password").write_text("secret")
    site.must("tenant_restore", tenant="acme", confirm="acme")
    for _run in range(2):
        site.must("tenant_restore", tenant="acme", confirm="copy", **{"as": "copy"})
    told += [("restore", "acme", "done"), ("restore", "copy", "done"), ("restore", "copy", "done")]
    assert site.journal() == told
    there = {tenant["name"]: tenant for tenant in run_module("tenant_info", ledger_url=site.url)["tenants"]}
    assert (there["copy"]["state"], there["copy"]["tier"]) == ("active", "casual")
    assert there["copy"]["volume_gib"] == there["acme"]["volume_gib"]


def test_backups_of_who_left_are_kept_and_then_go_for_good(site: Site, lab: LabHandle) -> None:
    store = bucket(lab.env, "vdc-backups")
    password = site.directory / "backups" / "acme" / "password"
    password.parent.mkdir(parents=True)
    password.write_text("secret")
    for key in ("acme/config", "acme/data/00/1", "acme-2/config"):
        store.put_object(Key=key, Body=b"data")
    erase = {"tenant": "acme", "confirm": "acme"}
    assert "'acme' is active, and only the backups of deleted tenants" in site.run("tenant_purge", **erase).complaint

    gone = site.must("tenant_destroy", final_backup="false", **erase)
    assert "The backups of acme are kept until 20" in gone.said
    assert "tenant_restore.yml -e tenant=acme -e as=<new name>" in gone.said
    [acme] = run_module("tenant_info", name="acme", ledger_url=site.url)["tenants"]
    left = acme["departure"]
    assert left == {**left, "backups_until": left["decided"] + 30 * 86400, "backups_purged": None, "volume_gib": 10}
    assert "say -e as=<new name>" in site.run("tenant_restore", **erase).complaint
    assert "if that is meant, say -e tenant=acme -e confirm=acme" in site.run("tenant_purge", tenant="acme").complaint

    site.must("tenant_restore", tenant="acme", confirm="copy", **{"as": "copy"})
    assert site.must("tenant_purge", "--check", **erase).changed == 2
    assert password.exists()
    broken = site.run("tenant_purge", vdc_s3_controller_endpoint="http://127.0.0.1:1", **erase)
    assert "127.0.0.1:1 cannot be reached" in broken.complaint
    assert password.exists()
    site.must("tenant_purge", **erase)
    assert [item.key for item in store.objects.all()] == ["acme-2/config"]
    assert not password.parent.exists()
    assert site.must("tenant_purge", **erase).changed == 0
    assert site.journal()[-2:] == [("purge", "acme", "failed"), ("purge", "acme", "done")]
    again = site.must("tenant_destroy", final_backup="false", **erase)
    assert again.changed == 0
    assert "No backup of acme is kept" in again.said
