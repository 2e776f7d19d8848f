"""The playbooks platform, platform_destroy, tenant_create and tenant_destroy against a lab without machines."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from support.direct import Direct
from support.hetzner import hcloud
from support.lab import LabHandle
from support.playbooks import STOCK, play, resource_counts

CLOUD = ("-e", "vdc_without_nodes=true")
BIGGER = ("-e", "compute_nodes_count=2", "-e", "storage_nodes_count=2")


def test_a_platform_is_created_and_destroyed(lab: LabHandle, tmp_path: Path) -> None:
    empty = resource_counts(lab.state())
    lab.clear_trace()

    predicted = play("platform", tmp_path, *CLOUD, "--check")
    assert predicted.ok, predicted.output
    assert predicted.changed
    assert lab.writes() == 0
    assert list(tmp_path.iterdir()) == []

    built = play("platform", tmp_path, *CLOUD, **STOCK)
    assert built.ok, built.output
    state = resource_counts(lab.state())
    for kind in ("servers", "networks", "firewalls", "ssh_keys", "placement_groups"):
        assert len(state[f"hetzner {kind}"]) == 1, kind
    assert state["hetzner servers"] == {"lab-compute-1": 1}
    assert state["ch-dk-2 instances"] == {"lab-storage-1": 1}
    assert state["ch-dk-2 block-storage-volumes"] == {"lab-storage-1-disk-1": 1}
    assert (tmp_path / "operator" / "ssh_ed25519").stat().st_mode & 0o777 == 0o600

    lab.clear_trace()
    again = play("platform", tmp_path, *CLOUD)
    assert again.ok, again.output
    assert again.changed == 0
    assert lab.writes() == 0

    kept = play("platform_destroy", tmp_path)
    assert not kept.ok
    assert "-e confirm=lab" in kept.error
    assert lab.writes() == 0
    assert resource_counts(lab.state()) == state

    predicted = play("platform_destroy", tmp_path, "-e", "confirm=lab", "--check")
    assert predicted.ok, predicted.output
    assert predicted.changed
    assert lab.writes() == 0

    # Resources are deleted by their labels, not by the count in the inventory.
    grown = play("platform", tmp_path, *CLOUD, *BIGGER)
    assert grown.ok, grown.output
    assert len(resource_counts(lab.state())["ch-dk-2 block-storage-volumes"]) == 2
    destroyed = play("platform_destroy", tmp_path, "-e", "confirm=lab")
    assert destroyed.ok, destroyed.output
    assert resource_counts(lab.state()) == empty


def test_ssh_is_open_to_the_operators_networks_only(lab: LabHandle, tmp_path: Path) -> None:
    lab.clear_trace()
    refused = play("platform", tmp_path, *CLOUD, "-e", '{"vdc_admin_networks": []}')
    assert not refused.ok
    assert "vdc_admin_networks: is missing, so SSH would be open to nobody" in refused.error
    assert lab.writes() == 0

    for given, expected in (("192.0.2.0/24", ["192.0.2.0/24"]), ("any", ["0.0.0.0/0", "::/0"])):
        built = play("platform", tmp_path, *CLOUD, "-e", f"vdc_admin_networks={given}")
        assert built.ok, built.output
        (firewall,) = hcloud(lab).firewalls.get_all()
        assert [rule.source_ips for rule in firewall.rules if rule.port == "22"] == [expected]
        (group,) = [one for one in lab.state()["ch-dk-2"]["security-groups"] if one["name"] == "lab"]
        opened = sorted(rule["network"] for rule in group["rules"] if rule.get("start-port") == 22)
        assert opened == expected


def test_foreign_resources_are_rejected(lab: LabHandle, tmp_path: Path) -> None:
    hcloud(lab).networks.create(name="lab", ip_range="10.0.0.0/16")
    lab.clear_trace()
    rejected = play("platform", tmp_path, *CLOUD)
    assert not rejected.ok
    assert "without the labels managed-by=sovereign.vdc and fleet=lab" in rejected.error
    kept = play("platform_destroy", tmp_path, "-e", "confirm=lab")
    assert kept.ok, kept.output
    assert resource_counts(lab.state())["hetzner networks"] == {"lab": 1}


@pytest.mark.parametrize("cloud", ["Hetzner", "Exoscale"])
def test_a_key_that_exists_under_another_name_is_found_before_anything_is_made(
    lab: LabHandle, tmp_path: Path, cloud: str
) -> None:
    key = tmp_path / "operator/ssh_ed25519"
    key.parent.mkdir(mode=0o700)
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    public = key.with_suffix(".pub").read_text()
    if cloud == "Hetzner":
        hcloud(lab).ssh_keys.create(name="laptop", public_key=public)
    else:
        Direct(lab.env).do("register_ssh_key", name="laptop", public_key=public)
    before = resource_counts(lab.state())
    lab.clear_trace()
    rejected = play("platform", tmp_path, *CLOUD)
    assert not rejected.ok
    assert "laptop" in rejected.error, rejected.output
    assert "under another name" in rejected.error or "takes each key once" in rejected.error
    assert lab.writes() == 0
    assert resource_counts(lab.state()) == before


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ([], "give -e tenant=<name>"),
        (["-e", "tenant=Acme GmbH", "-e", "tier=casual"], "1 to 32 lower-case letters"),
        (["-e", "tenant=acme"], "tier: it is not set; choose one of casual"),
        (
            ["-e", "tenant=acme", "-e", "tier=gold"],
            "tier: 'gold' is not in the catalog; choose one of casual, pro",
        ),
        (["-e", "tenant=acme", "-e", "tier=casual"], "run the playbook platform first"),
    ],
    ids=["nothing", "name", "no tier", "tier", "no platform"],
)
def test_an_invalid_sign_up_is_rejected(lab: LabHandle, tmp_path: Path, given: list[str], sentence: str) -> None:
    rejected = play("tenant_create", tmp_path, *given)
    assert not rejected.ok
    assert sentence in rejected.error
    assert lab.writes() == 0


def test_a_tenant_is_not_destroyed_without_confirm(lab: LabHandle, tmp_path: Path) -> None:
    rejected = play("tenant_destroy", tmp_path, "-e", "tenant=acme", "-e", "confirm=acne")
    assert not rejected.ok
    assert "-e confirm=acme" in rejected.error
