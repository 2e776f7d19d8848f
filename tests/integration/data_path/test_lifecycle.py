"""What an operator does to a tenant's data path, and what is refused: shrinking, a killed rotation, removal.

The writer of ``test_a_writer`` writes on; the order is that of a tenant's end.
"""

from __future__ import annotations

import json

import pytest
from support.guests import within
from support.site import PLAYS

from .conftest import COMPUTE, STORAGE, TENANTS, DataPath

pytestmark = [pytest.mark.machines, pytest.mark.usefixtures("writer")]

BALLAST = "/srv/vdc/acme/ballast"
GONE = ("-e", "tenant=acme", "-e", "number=1")


def resize(gib: int, *more: str) -> tuple[str, ...]:
    return ("tenant_volume_resize", "-e", "tenant=acme", "-e", "tenant_number=1", "-e", f"gib={gib}", *more)


def records(site: DataPath) -> list[str]:
    return site.says(STORAGE, "cat /srv/vdc/acme/log").split()


def writes(site: DataPath) -> None:
    before = len(records(site))
    within(120, lambda: len(records(site)) > before, "the writer writes")


@pytest.mark.parametrize(
    ("plan", "complaint"),
    [
        ({"tunnel_foreign_networks": ["10.99.32.0/24"]}, "10.99.0.0/16 overlaps 10.99.32.0/24; choose a network"),
        ({"tunnel_network": "10.99.0.1/16"}, "has host bits set; 10.99.0.0/16 would do"),
        ({"tunnel_network": "203.0.113.0/24"}, "must be a private IPv4 network"),
    ],
)
def test_an_address_plan_that_does_not_fit_changes_nothing(site: DataPath, plan: dict, complaint: str) -> None:
    given = ("-e", json.dumps({"tenants": TENANTS, **plan}), "--tags", "nodes")
    done = site.run(f"{PLAYS}/data_path", *given)
    assert complaint in done.complaint, done.said
    assert done.changed == 0


def test_a_volume_does_not_become_smaller_than_its_data(site: DataPath) -> None:
    site.says(STORAGE, f"fallocate -l 1200M {BALLAST}")
    for more in ((), ("-e", "consent=acme")):
        assert "give 2.0 GiB or more, or let the tenant remove data" in site.run(*resize(1, *more)).complaint
    site.says(STORAGE, f"rm {BALLAST}")
    assert "consent that it asks for" in site.run(*resize(1)).complaint
    assert "add a brick first" in site.run(*resize(500)).complaint
    assert site.says(STORAGE, "lvs --noheadings --units g --nosuffix -o lv_size vdc_pool/t-acme") == "2.00"


def test_a_volume_shrinks_with_consent(site: DataPath) -> None:
    site.must(*resize(1, "-e", "consent=acme"))
    writes(site)
    kept = records(site)
    assert kept == [str(number) for number in range(1, len(kept) + 1)]
    assert site.says(STORAGE, "lvs --noheadings --units g --nosuffix -o lv_name,lv_size vdc_pool").split()[:2] == [
        "t-acme",
        "1.00",
    ]
    assert site.says(COMPUTE, "cat /root/told/error 2>/dev/null || true") == ""
    assert site.must(*resize(1, "-e", "consent=acme")).changed == 0


@pytest.mark.parametrize("at", ["TASK [Peers are moved", "TASK [It is heard with its new key"])
def test_a_rotation_that_is_killed_carries_on_and_is_taken_up(site: DataPath, at: str) -> None:
    site.killed("tunnel_rotate", at)
    writes(site)
    before = site.says(STORAGE, "wg show vdc0 public-key")
    site.must("tunnel_rotate")
    writes(site)
    nodes = [name for name in site.address if "compute" in name]
    assert site.says(STORAGE, "wg show vdc0 public-key") != before
    assert len(site.says(STORAGE, "wg show vdc0 peers").split()) == len(nodes)
    for node in nodes:
        assert len(site.says(node, "wg show vdc0 peers").split()) == 1
        assert site.says(node, "ls /etc/vdc/tunnel") == "key\nnode.json\ntenants"


def test_a_path_goes_with_consent_alone(site: DataPath) -> None:
    site.says(COMPUTE, "docker rm --force writer")
    assert "needs consent: set tenant_volume_consent to acme" in site.run(f"{PLAYS}/data_path_removed", *GONE).complaint
    assert "t-acme" in site.says(STORAGE, "lvs --noheadings -o lv_name")
    foreseen = site.must(f"{PLAYS}/data_path_removed", *GONE, "-e", "consent=acme", "--check")
    assert foreseen.changed
    assert "t-acme" in site.says(STORAGE, "lvs --noheadings -o lv_name")
    site.must(f"{PLAYS}/data_path_removed", *GONE, "-e", "consent=acme")
    assert site.must(f"{PLAYS}/data_path_removed", *GONE, "-e", "consent=acme").changed == 0


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
