"""What an operator does to a tenant's data path, and what is refused: shrinking, a killed rotation, removal.

The writer of ``test_a_writer`` writes on; the order is that of a tenant's end.
"""

from __future__ import annotations

import json
import re

import pytest
from support.guests import within
from support.site import PLAYS

from .conftest import COMPUTE, LOG, STORAGE, TENANTS, DataPath, Writer

pytestmark = [pytest.mark.machines, pytest.mark.usefixtures("writer")]

BALLAST = "/srv/vdc/acme/ballast"
ABSENT = ("-e", "tenant=acme", "-e", "number=1")


def resize(gib: int, *more: str) -> tuple[str, ...]:
    return ("tenant_volume_resize", "-e", "tenant=acme", "-e", f"gib={gib}", *more)


def size(site: DataPath) -> tuple[str, int]:
    """acme's volume as LVM has it and as the ledger has it, in GiB."""
    return site.says(STORAGE, "lvs --noheadings --units g --nosuffix -o lv_size vdc_pool/t-acme"), site.known_gib(
        "acme"
    )


def records(site: DataPath) -> list[str]:
    return site.says(STORAGE, f"cat {LOG}").split()


def writes(site: DataPath) -> None:
    before = len(records(site))
    within(120, lambda: len(records(site)) > before, "the writer writes")


def test_an_address_plan_that_does_not_fit_changes_nothing(site: DataPath) -> None:
    given = ("-e", json.dumps({"tenants": TENANTS, "tunnel_foreign_networks": ["10.99.32.0/24"]}), "--tags", "nodes")
    done = site.run(f"{PLAYS}/data_path", *given)
    assert "10.99.0.0/16 overlaps 10.99.32.0/24; choose a network" in done.complaint, done.said
    assert done.changed == 0


def test_a_volume_does_not_become_smaller_than_its_data(site: DataPath) -> None:
    if site.known_gib("acme") != 2:  # test_a_writer was left out
        site.must(*resize(2))
    site.says(STORAGE, f"fallocate -l 1200M {BALLAST}")
    refused = site.run(*resize(1, "-e", "confirm=acme"))
    assert "give 2.0 GiB or more, or let the tenant remove data" in refused.complaint, refused.said
    site.says(STORAGE, f"rm {BALLAST}")
    refused = site.run(*resize(1))
    assert "confirm that it asks for" in refused.complaint, refused.said
    assert size(site) == ("2.00", 2)
    writes(site)


def test_a_volume_shrinks_with_confirm(site: DataPath, writer: Writer) -> None:
    shrunk = site.must(*resize(1, "-e", "confirm=acme"))
    assert re.search(r"compared by checksum: \d+ entries, sha256 [0-9a-f]{64}", shrunk.said), shrunk.said
    assert size(site) == ("1.00", 1)
    assert "t-acme." not in site.says(STORAGE, "lvs --noheadings -o lv_name vdc_pool")
    writes(site)
    kept = records(site)
    assert kept == [str(number) for number in range(1, len(kept) + 1)]
    assert writer.trouble() == []


def test_a_rotation_that_is_killed_carries_on_and_is_taken_up(site: DataPath) -> None:
    site.killed("tunnel_rotate", "TASK [Start the unit that accepts")
    writes(site)
    before = site.says(STORAGE, "wg show vdc0 public-key")
    site.must("tunnel_rotate")
    writes(site)
    nodes = [name for name in site.address if "compute" in name]
    assert site.says(STORAGE, "wg show vdc0 public-key") != before
    assert len(site.says(STORAGE, "wg show vdc0 peers").split()) == len(nodes)
    for node in nodes:
        assert len(site.says(node, "wg show vdc0 peers").split()) == 1
        assert sorted(site.host(node).file("/etc/vdc/tunnel").listdir()) == ["key", "node.json", "tenants"]


def test_a_path_goes_with_consent_alone(site: DataPath, writer: Writer) -> None:
    site.says(COMPUTE, f"docker rm --force {writer.container}")
    assert (
        "needs confirm: set tenant_volume_confirm to acme" in site.run(f"{PLAYS}/data_path_removed", *ABSENT).complaint
    )
    assert "t-acme" in site.says(STORAGE, "lvs --noheadings -o lv_name")
    foreseen = site.must(f"{PLAYS}/data_path_removed", *ABSENT, "-e", "confirm=acme", "--check")
    assert foreseen.changed
    assert "t-acme" in site.says(STORAGE, "lvs --noheadings -o lv_name")
    site.must(f"{PLAYS}/data_path_removed", *ABSENT, "-e", "confirm=acme")
    assert site.must(f"{PLAYS}/data_path_removed", *ABSENT, "-e", "confirm=acme").changed == 0


def test_nothing_of_it_is_left_and_others_are_untouched(site: DataPath) -> None:
    left = "ls /srv/vdc /etc/systemd/system /etc/exports.d /etc/vdc/tunnel/tenants 2>/dev/null; exportfs; ip address; wg show"
    for node in (COMPUTE, STORAGE):
        said = site.says(node, f"({left}) 2>/dev/null || true")
        assert "acme" not in said
        assert "10.99.64.1/32" not in said
        assert "10.99.128.1/32" not in said
        assert "beta" in said
    assert "t-acme" not in site.says(STORAGE, "lvs --noheadings -o lv_name")
    site.says(COMPUTE, "echo on > /srv/vdc/beta/on && cat /srv/vdc/beta/on")
