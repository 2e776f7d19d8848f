"""The playbooks of backups against a lab without machines: input, ledger and journal. Tasks on nodes are left out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import schema, store
from support.backups import bucket
from support.lab import LabHandle
from support.modules import run_module
from support.playbooks import Outcome, extra_vars, play
from support.saved_states import SavedStates

CLOUD = ("-e", "vdc_without_nodes=true")


class Site:
    """A platform with one tenant."""

    def __init__(self, directory: Path) -> None:
        self.directory, self.url = directory, f"sqlite:///{directory}/ledger.db"

    def build(self) -> None:
        """Create the platform and the tenant."""
        self.assert_ok("platform", *CLOUD, storage_nodes_pool_disk_gib=200)
        self.assert_ok("tenant_create", tenant="acme", tier="casual")

    def run(self, name: str, *more: str, **variables: object) -> Outcome:
        given = extra_vars(variables)
        return play(name, self.directory, *(more or CLOUD), *given, seconds=300, VDC_LEDGER_URL=self.url)

    def assert_ok(self, name: str, *more: str, **variables: object) -> Outcome:
        done = self.run(name, *more, **variables)
        assert done.ok, done.output
        return done

    def journal(self) -> list[tuple[str, str, str]]:
        """Return kind, tenant and final state of each operation except the sign-up."""
        ledger = store.connect(self.url)
        with ledger.reading() as connection:
            table = schema.OPERATIONS
            rows: Any = connection.execute(table.select().order_by(table.c.id)).mappings().all()
        ledger.close()
        return [(row["kind"], row["tenant"], row["state"]) for row in rows if row["kind"] != "create"]


@pytest.fixture
def site(lab: LabHandle, tmp_path: Path, saved_states: SavedStates) -> Site:
    made = Site(tmp_path)
    saved_states.provide("platform with acme", lab, tmp_path, made.build)
    return made


def test_the_journal_records_backups_and_restores(site: Site) -> None:
    assert "tenant: it is not set; give -e tenant=<name>" in site.run("tenant_restore").error
    unconfirmed = site.run("tenant_restore", tenant="acme")
    assert "if that is meant, say -e confirm=acme" in unconfirmed.error
    no_backup = site.run("tenant_restore", tenant="acme", confirm="acme")
    assert "so there is no backup of acme that can be read; nothing was changed" in no_backup.error
    without_storage = site.run("tenant_backup", tenant="acme", vdc_s3_endpoint="")
    assert "set vdc_s3_endpoint, vdc_s3_bucket" in without_storage.error
    unknown = site.run("tenant_backup", tenant="nobody")
    assert "there is no tenant 'nobody'" in unknown.error
    assert site.journal() == []

    site.assert_ok("tenant_backup")
    assert "nothing to do: no backup is due" in site.assert_ok("tenant_backup").output
    site.assert_ok("tenant_backup", tenant="acme", event="cron-1")
    site.assert_ok("tenant_backup", tenant="acme", event="cron-1")
    site.assert_ok("tenant_backup_verify")
    assert "nothing to do: no backup is due to be verified" in site.assert_ok("tenant_backup_verify").output
    expected = [("backup", "acme", "done")] * 2 + [("backup_verify", "acme", "done")]
    assert site.journal() == expected

    (site.directory / "backups" / "acme").mkdir(parents=True)
    (site.directory / "backups" / "acme" / "password").write_text("secret")
    site.assert_ok("tenant_restore", tenant="acme", confirm="acme")
    for _run in range(2):
        site.assert_ok("tenant_restore", tenant="acme", confirm="copy", **{"as": "copy"})
    expected += [("restore", "acme", "done"), ("restore", "copy", "done"), ("restore", "copy", "done")]
    assert site.journal() == expected
    tenants = {tenant["name"]: tenant for tenant in run_module("tenant_info", ledger_url=site.url)["tenants"]}
    assert (tenants["copy"]["state"], tenants["copy"]["tier"]) == ("active", "casual")
    assert tenants["copy"]["volume_gib"] == tenants["acme"]["volume_gib"]


def test_backups_of_a_deleted_tenant_are_kept_until_they_are_purged(site: Site, lab: LabHandle) -> None:
    store = bucket(lab.env, "vdc-backups")
    password = site.directory / "backups" / "acme" / "password"
    password.parent.mkdir(parents=True)
    password.write_text("secret")
    for key in ("acme/config", "acme/data/00/1", "acme-2/config"):
        store.put_object(Key=key, Body=b"data")
    erase = {"tenant": "acme", "confirm": "acme"}
    assert "'acme' is active, and only the backups of deleted tenants" in site.run("tenant_purge", **erase).error

    deleted = site.assert_ok("tenant_destroy", final_backup="false", **erase)
    assert "The backups of acme are kept until 20" in deleted.output
    assert "tenant_restore.yml -e tenant=acme -e as=<new name>" in deleted.output
    [acme] = run_module("tenant_info", name="acme", ledger_url=site.url)["tenants"]
    deletion = acme["deletion"]
    assert deletion == {
        **deletion,
        "backups_until": deletion["decided"] + 30 * 86400,
        "backups_purged": None,
        "volume_gib": 10,
    }
    assert "say -e as=<new name>" in site.run("tenant_restore", **erase).error
    assert "if that is meant, say -e confirm=acme" in site.run("tenant_purge", tenant="acme").error

    site.assert_ok("tenant_restore", tenant="acme", confirm="copy", **{"as": "copy"})
    assert site.assert_ok("tenant_purge", "--check", **erase).changed == 2
    assert password.exists()
    broken = site.run("tenant_purge", vdc_s3_controller_endpoint="http://127.0.0.1:1", **erase)
    assert "127.0.0.1:1 cannot be reached" in broken.error
    assert password.exists()
    site.assert_ok("tenant_purge", **erase)
    assert [item.key for item in store.objects.all()] == ["acme-2/config"]
    assert not password.parent.exists()
    assert site.assert_ok("tenant_purge", **erase).changed == 0
    assert site.journal()[-2:] == [("purge", "acme", "failed"), ("purge", "acme", "done")]
    again = site.assert_ok("tenant_destroy", final_backup="false", **erase)
    assert again.changed == 0
    assert "No backup of acme is kept" in again.output


def test_a_final_backup_is_left_out_only_by_an_explicit_false(site: Site) -> None:
    blank = {"owner_email": "", "paid_until": "None", "service_id": " ", "event": "null"}
    assert site.assert_ok("tenant_create", tenant="acme", tier="casual", **blank).changed == 0
    for word in ("ja", "0", "off"):
        rejected = site.run("tenant_destroy", tenant="acme", confirm="acme", final_backup=word)
        assert rejected.error == f"final_backup: '{word}' is not a boolean; use true or false", rejected.output
    assert site.journal() == []
    site.assert_ok("tenant_destroy", tenant="acme", confirm="acme", final_backup="")
    assert site.journal() == [("backup", "acme", "done"), ("destroy", "acme", "done")]
