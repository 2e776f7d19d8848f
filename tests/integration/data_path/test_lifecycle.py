"""Operations on a tenant's data path, and rejected ones: shrinking, a killed rotation, removal.

The writer of ``test_a_writer`` continues; the tests end with the removal of its tenant.
"""

from __future__ import annotations

import json
import re

import pytest
from support.site import PLAYS
from support.waiting import wait_until

from .conftest import COMPUTE, LOG, STORAGE, TENANTS, DataPath, Writer

pytestmark = [pytest.mark.machines, pytest.mark.usefixtures("writer")]

BALLAST = "/srv/vdc/acme/ballast"
ABSENT = ("-e", "tenant=acme", "-e", "number=1")


def resize(gib: int, *more: str) -> tuple[str, ...]:
    return ("tenant_volume_resize", "-e", "tenant=acme", "-e", f"gib={gib}", *more)


def size(site: DataPath) -> tuple[str, int]:
    """Return the size of acme's volume in LVM and in the ledger, in GiB."""
    return site.check_output(
        STORAGE, "lvs --noheadings --units g --nosuffix -o lv_size vdc_pool/t-acme"
    ), site.ledger_gib("acme")


def records(site: DataPath) -> list[str]:
    return site.check_output(STORAGE, f"cat {LOG}").split()


def assert_writes(site: DataPath) -> None:
    before = len(records(site))
    wait_until(120, lambda: len(records(site)) > before, "the writer writes")


def test_an_overlapping_address_plan_is_rejected_and_changes_nothing(site: DataPath) -> None:
    given = ("-e", json.dumps({"tenants": TENANTS, "tunnel_foreign_networks": ["10.99.32.0/24"]}), "--tags", "nodes")
    done = site.run(f"{PLAYS}/data_path", *given)
    assert "10.99.0.0/16 overlaps 10.99.32.0/24; choose a network" in done.error, done.output
    assert done.changed == 0


def test_a_volume_does_not_shrink_below_its_data_or_without_confirm(site: DataPath) -> None:
    if site.ledger_gib("acme") != 2:  # test_a_writer did not run
        site.assert_ok(*resize(2))
    site.check_output(STORAGE, f"fallocate -l 1200M {BALLAST}")
    rejected = site.run(*resize(1, "-e", "confirm=acme"))
    assert "give 2.0 GiB or more, or let the tenant remove data" in rejected.error, rejected.output
    site.check_output(STORAGE, f"rm {BALLAST}")
    rejected = site.run(*resize(1))
    assert "confirm that it asks for" in rejected.error, rejected.output
    assert size(site) == ("2.00", 2)
    assert_writes(site)


def test_a_volume_shrinks_with_confirm(site: DataPath, writer: Writer) -> None:
    shrunk = site.assert_ok(*resize(1, "-e", "confirm=acme"))
    assert re.search(r"compared by checksum: \d+ entries, sha256 [0-9a-f]{64}", shrunk.output), shrunk.output
    assert size(site) == ("1.00", 1)
    assert "t-acme." not in site.check_output(STORAGE, "lvs --noheadings -o lv_name vdc_pool")
    assert_writes(site)
    kept = records(site)
    assert kept == [str(number) for number in range(1, len(kept) + 1)]
    assert writer.errors() == []


def test_a_killed_rotation_is_completed_by_the_next_run(site: DataPath) -> None:
    site.kill_at("tunnel_rotate", "TASK [Start the unit that accepts")
    assert_writes(site)
    before = site.check_output(STORAGE, "wg show vdc0 public-key")
    site.assert_ok("tunnel_rotate")
    assert_writes(site)
    nodes = [name for name in site.address if "compute" in name]
    assert site.check_output(STORAGE, "wg show vdc0 public-key") != before
    assert len(site.check_output(STORAGE, "wg show vdc0 peers").split()) == len(nodes)
    for node in nodes:
        assert len(site.check_output(node, "wg show vdc0 peers").split()) == 1
        assert sorted(site.host(node).file("/etc/vdc/tunnel").listdir()) == ["key", "node.json", "tenants"]


def test_a_data_path_is_removed_only_with_confirm(site: DataPath, writer: Writer) -> None:
    site.check_output(COMPUTE, f"docker rm --force {writer.container}")
    assert "needs confirm: set tenant_volume_confirm to acme" in site.run(f"{PLAYS}/data_path_removed", *ABSENT).error
    assert "t-acme" in site.check_output(STORAGE, "lvs --noheadings -o lv_name")
    predicted = site.assert_ok(f"{PLAYS}/data_path_removed", *ABSENT, "-e", "confirm=acme", "--check")
    assert predicted.changed
    assert "t-acme" in site.check_output(STORAGE, "lvs --noheadings -o lv_name")
    site.assert_ok(f"{PLAYS}/data_path_removed", *ABSENT, "-e", "confirm=acme")
    assert site.assert_ok(f"{PLAYS}/data_path_removed", *ABSENT, "-e", "confirm=acme").changed == 0


def test_a_removed_data_path_leaves_nothing_and_does_not_affect_others(site: DataPath) -> None:
    left = "ls /srv/vdc /etc/systemd/system /etc/exports.d /etc/vdc/tunnel/tenants 2>/dev/null; exportfs; ip address; wg show"
    for node in (COMPUTE, STORAGE):
        output = site.check_output(node, f"({left}) 2>/dev/null || true")
        assert "acme" not in output
        assert "10.99.64.1/32" not in output
        assert "10.99.128.1/32" not in output
        assert "beta" in output
    assert "t-acme" not in site.check_output(STORAGE, "lvs --noheadings -o lv_name")
    site.check_output(COMPUTE, "echo on > /srv/vdc/beta/on && cat /srv/vdc/beta/on")
