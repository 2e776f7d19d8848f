"""The verbs of the first day against a lab without machines: their part in the clouds."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.hetzner import hcloud
from support.lab import LabHandle
from support.playbooks import STOCK, made, play

CLOUD = ("--tags", "cloud")
BIGGER = ("-e", "compute_nodes_count=2", "-e", "storage_nodes_count=2")


def test_a_platform_from_nothing_and_back(lab: LabHandle, tmp_path: Path) -> None:
    empty = made(lab.state())
    lab.clear_trace()

    foreseen = play("platform", tmp_path, *CLOUD, "--check")
    assert foreseen.ok, foreseen.said
    assert foreseen.changed
    assert lab.writes() == 0
    assert list(tmp_path.iterdir()) == []

    built = play("platform", tmp_path, *CLOUD, **STOCK)
    assert built.ok, built.said
    state = made(lab.state())
    for kind in ("servers", "networks", "firewalls", "ssh_keys", "placement_groups"):
        assert len(state[f"hetzner {kind}"]) == 1, kind
    assert state["hetzner servers"] == {"lab-compute-1": 1}
    assert state["ch-dk-2 instances"] == {"lab-storage-1": 1}
    assert state["ch-dk-2 block-storage-volumes"] == {"lab-storage-1-disk-1": 1}
    assert (tmp_path / "ssh_ed25519").stat().st_mode & 0o777 == 0o600

    lab.clear_trace()
    again = play("platform", tmp_path, *CLOUD)
    assert again.ok, again.said
    assert again.changed == 0
    assert lab.writes() == 0

    kept = play("platform_destroy", tmp_path)
    assert not kept.ok
    assert "-e confirm=lab" in kept.complaint
    assert lab.writes() == 0
    assert made(lab.state()) == state

    foreseen = play("platform_destroy", tmp_path, "-e", "confirm=lab", "--check")
    assert foreseen.ok, foreseen.said
    assert foreseen.changed
    assert lab.writes() == 0

    # What goes is told by labels, not by the count that the inventory names now.
    grown = play("platform", tmp_path, *CLOUD, *BIGGER)
    assert grown.ok, grown.said
    assert len(made(lab.state())["ch-dk-2 block-storage-volumes"]) == 2
    gone = play("platform_destroy", tmp_path, "-e", "confirm=lab")
    assert gone.ok, gone.said
    assert made(lab.state()) == empty


def test_what_is_not_ours_is_refused(lab: LabHandle, tmp_path: Path) -> None:
    hcloud(lab).networks.create(name="lab", ip_range="10.0.0.0/16")
    lab.clear_trace()
    refused = play("platform", tmp_path, *CLOUD)
    assert not refused.ok
    assert "without the label managed-by=sovereign.vdc" in refused.complaint
    kept = play("platform_destroy", tmp_path, "-e", "confirm=lab")
    assert kept.ok, kept.said
    assert made(lab.state())["hetzner networks"] == {"lab": 1}


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ([], "give -e tenant=<name>"),
        (["-e", "tenant=Acme GmbH", "-e", "tier=casual"], "2 to 32 lower-case letters"),
        (["-e", "tenant=acme"], "tier: '' is not in the catalog; choose one of casual"),
        (
            ["-e", "tenant=acme", "-e", "tier=gold"],
            "tier: 'gold' is not in the catalog; choose one of casual, pro",
        ),
        (["-e", "tenant=acme", "-e", "tier=casual"], "run the playbook platform first"),
    ],
    ids=["nothing", "name", "no tier", "tier", "no platform"],
)
def test_a_tenant_that_cannot_be(lab: LabHandle, tmp_path: Path, given: list[str], sentence: str) -> None:
    refused = play("tenant_create", tmp_path, *given)
    assert not refused.ok
    assert sentence in refused.complaint
    assert lab.writes() == 0


def test_a_tenant_stays_without_confirm(lab: LabHandle, tmp_path: Path) -> None:
    refused = play("tenant_destroy", tmp_path, "-e", "tenant=acme", "-e", "confirm=acne")
    assert not refused.ok
    assert "-e confirm=acme" in refused.complaint
