"""Tenants move to other locations, and to the other provider's machines, on a platform without machines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.crash import FLEET, STORAGE, Fleet
from support.hetzner_project import Project
from support.lab import LabHandle
from support.playbooks import Outcome, extra_vars, play

ZONE = "example.org"
CLOUD = ("-e", "vdc_without_nodes=true")


class Moves(Fleet):
    """A platform whose tenants have DNS names in a zone."""

    def __init__(self, lab: LabHandle, directory: Path) -> None:
        super().__init__(lab, directory)
        self.project = Project(lab.env)
        self.project.call("POST", "/zones", {"name": ZONE, "mode": "primary"})

    def run_operation(self, name: str, *more: str, **variables: object) -> Outcome:
        """Run a playbook for tenant acme; the trace has only its calls."""
        self.lab.clear_trace()
        variables = {"tenant": "acme", "vdc_dns_zone": ZONE, **variables}
        given = extra_vars(variables)
        return play(name, self.directory, *CLOUD, *more, *given, SMTP_HOST="")

    def assert_converges(self, name: str, **variables: object) -> None:
        """Run a playbook, which must succeed; a repeated run must change nothing."""
        ran = self.run_operation(name, **variables)
        assert ran.ok, ran.output
        again = self.run_operation(name, **variables)
        assert (again.ok, again.changed, self.lab.writes()) == (True, 0, 0), again.output

    def names(self) -> dict[str, str]:
        """Return the tenants' addresses in the zone, by name and type."""
        rrsets = self.project.call("GET", f"/zones/{ZONE}/rrsets?per_page=100")["rrsets"]
        return {rrset["id"]: rrset["records"][0]["value"] for rrset in rrsets if rrset["type"] in ("A", "AAAA")}

    def machines(self) -> dict[str, Any]:
        """Return the dedicated machines in both clouds, with location, type and IPv4 address."""
        state = self.lab.state()
        servers = {
            server["name"]: (
                server["location"]["name"],
                server["server_type"]["name"],
                server["public_net"]["ipv4"]["ip"],
            )
            for server in state["hetzner"]["servers"]
            if "tenant" in server["labels"]
        }
        instances = {
            instance["name"]: ("ch-dk-2", instance["labels"], instance["public-ip"])
            for instance in state["ch-dk-2"]["instances"]
            if instance["name"] not in STORAGE
        }
        return {**servers, **instances}


@pytest.fixture
def fleet(lab: LabHandle, tmp_path: Path) -> Moves:
    return Moves(lab, tmp_path)


def test_a_dedicated_machine_moves_to_another_location_and_provider_and_back(fleet: Moves) -> None:
    fleet.tenant("acme", tier="pro")
    before = fleet.snapshot(), fleet.identities()
    predicted = fleet.run_operation("tenant_migrate", "--check", location="hel1")
    assert (predicted.ok, predicted.changed > 0, fleet.lab.writes()) == (True, True, 0), predicted.output
    assert (fleet.snapshot(), fleet.identities()) == before

    fleet.assert_converges("tenant_migrate", location="hel1")
    [(name, (location, kind, address))] = fleet.machines().items()
    assert (name, location, kind) == (f"{FLEET}-tenant-1-hel1", "hel1", "cx23")
    assert fleet.names()["acme/A"] == address
    assert "acme/AAAA" in fleet.names()

    fleet.assert_converges("tenant_migrate", location="ch-dk-2")
    [(name, (_zone, labels, address))] = fleet.machines().items()
    assert name == f"{FLEET}-tenant-1-ch-dk-2"
    assert (labels["role"], labels["tenant"], labels["remote-range"]) == ("compute", "acme", "2")
    assert fleet.names() == {"acme/A": address}

    for name, given in (("change_tier", {"tier": "enterprise"}), ("suspend", {}), ("resume", {})):
        ran = fleet.run_operation(f"tenant_{name}", **given)
        assert ran.ok, ran.output
    fleet.assert_converges("tenant_migrate", location="nbg1")
    [(name, (location, kind, address))] = fleet.machines().items()
    assert (name, location, kind) == (f"{FLEET}-tenant-1", "nbg1", "cx33")
    assert fleet.names()["acme/A"] == address

    ended = fleet.run_operation("tenant_destroy", confirm="acme", final_backup="false")
    assert ended.ok, ended.output
    assert (fleet.machines(), fleet.names()) == ({}, {})
    assert fleet.inconsistencies() == []


def test_a_tenant_on_a_shared_node_moves_when_the_location_has_a_node(fleet: Moves) -> None:
    fleet.tenant("acme", tier="casual")
    foreign = {"name": "acme", "type": "A", "records": [{"value": "192.0.2.1"}]}
    fleet.project.call("POST", f"/zones/{ZONE}/rrsets", foreign)
    waits = fleet.run_operation("tenant_migrate", location="hel1")
    sentence = "acme waits at position 1 of the queue: no room in hel1 (compute)"
    assert (waits.ok, f"tenant: {sentence}, so that this run did nothing for it" in waits.error) == (False, True), (
        waits.output
    )
    allowed = fleet.run_operation("tenant_migrate", location="hel1", allow_queue="true")
    assert (allowed.ok, f"{sentence}." in allowed.output) == (True, True), allowed.output
    assert fleet.rows()["placements"][0]["node"] == "lab-compute-1"

    node = {"name": "lab-compute-3", "state": "started", "labels": {"role": "compute"}, "location": "hel1"}
    fleet._servers([node])
    assert fleet.run_operation("reconcile").ok
    assert fleet.rows()["placements"][0]["node"] == "lab-compute-3"
    assert fleet.names()["acme/A"] == "192.0.2.1"  # a foreign record
    fleet.assert_converges("tenant_migrate", node="lab-compute-2")
    assert (fleet.rows()["placements"][0]["location"], fleet.rows()["tenants"][0]["location"]) == ("", "")


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (
            {"location": "mars-1"},
            "location: 'mars-1' is not in the catalog; choose one of fsn1, nbg1, hel1",
        ),
        (
            {"location": "hel1", "node": "lab-compute-1"},
            "location: it cannot be combined with node; give one of node, location",
        ),
        ({}, "node: it is not set; give one of node, location, storage_node"),
    ],
)
def test_an_impossible_target_is_rejected(fleet: Moves, given: dict[str, str], sentence: str) -> None:
    fleet.tenant("acme", tier="pro")
    rows = fleet.rows()
    rejected = fleet.run_operation("tenant_migrate", **given)
    assert (rejected.ok, rejected.changed, fleet.lab.writes(), fleet.rows()) == (False, 0, 0, rows), rejected.output
    assert sentence in rejected.error, rejected.output
