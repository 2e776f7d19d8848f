"""Tenants move to other locations, and to the other provider's machines, on a platform without machines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.crash import FLEET, STORAGE, Fleet
from support.hetzner_project import Project
from support.lab import LabHandle
from support.playbooks import Outcome, play

ZONE = "example.org"
CLOUD = ("--skip-tags", "nodes")


class Moves(Fleet):
    """The platform, where tenants have names in a zone."""

    def __init__(self, lab: LabHandle, directory: Path) -> None:
        super().__init__(lab, directory)
        self.project = Project(lab.env)
        self.project.call("POST", "/zones", {"name": ZONE, "mode": "primary"})

    def verb(self, name: str, *more: str, **variables: object) -> Outcome:
        """Run a verb for tenant acme; the trace has its calls alone."""
        self.lab.clear_trace()
        variables = {"tenant": "acme", "vdc_dns_zone": ZONE, **variables}
        given = [part for key, value in variables.items() for part in ("-e", f"{key}={value}")]
        return play(name, self.directory, *CLOUD, *more, *given, SMTP_HOST="")

    def well(self, name: str, **variables: object) -> None:
        """Run it; it must succeed, and have nothing left to do."""
        ran = self.verb(name, **variables)
        assert ran.ok, ran.said
        again = self.verb(name, **variables)
        assert (again.ok, again.changed, self.lab.writes()) == (True, 0, 0), again.said

    def names(self) -> dict[str, str]:
        """What the zone has of tenants: addresses by name and type."""
        rrsets = self.project.call("GET", f"/zones/{ZONE}/rrsets?per_page=100")["rrsets"]
        return {rrset["id"]: rrset["records"][0]["value"] for rrset in rrsets if rrset["type"] in ("A", "AAAA")}

    def machines(self) -> dict[str, Any]:
        """Tenants' own machines, with their location, type and IPv4 address, in both clouds."""
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


def test_a_machine_of_its_own_moves_there_and_back(fleet: Moves) -> None:
    fleet.tenant("acme", tier="pro")
    before = fleet.story()
    foreseen = fleet.verb("tenant_migrate", "--check", location="hel1")
    assert (foreseen.ok, foreseen.changed > 0, fleet.lab.writes()) == (True, True, 0), foreseen.said
    assert fleet.story() == before

    fleet.well("tenant_migrate", location="hel1")
    [(name, (location, kind, address))] = fleet.machines().items()
    assert (name, location, kind) == (f"{FLEET}-tenant-1-hel1", "hel1", "cx23")
    assert fleet.names()["acme/A"] == address
    assert "acme/AAAA" in fleet.names()

    fleet.well("tenant_migrate", location="ch-dk-2")
    [(name, (_zone, labels, address))] = fleet.machines().items()
    assert name == f"{FLEET}-tenant-1-ch-dk-2"
    assert (labels["role"], labels["tenant"], labels["remote-range"]) == ("compute", "acme", "2")
    assert fleet.names() == {"acme/A": address}

    for name, given in (("change_tier", {"tier": "enterprise"}), ("suspend", {}), ("resume", {})):
        ran = fleet.verb(f"tenant_{name}", **given)
        assert ran.ok, ran.said
    fleet.well("tenant_migrate", location="nbg1")
    [(name, (location, kind, address))] = fleet.machines().items()
    assert (name, location, kind) == (f"{FLEET}-tenant-1", "nbg1", "cx33")
    assert fleet.names()["acme/A"] == address

    ended = fleet.verb("tenant_destroy", confirm="acme", final_backup="false")
    assert ended.ok, ended.said
    assert (fleet.machines(), fleet.names()) == ({}, {})
    assert fleet.faults() == []


def test_who_shares_a_node_moves_when_there_is_one_and_not_before(fleet: Moves) -> None:
    fleet.tenant("acme", tier="casual")
    foreign = {"name": "acme", "type": "A", "records": [{"value": "192.0.2.1"}]}
    fleet.project.call("POST", f"/zones/{ZONE}/rrsets", foreign)
    waits = fleet.verb("tenant_migrate", location="hel1")
    assert waits.ok, waits.said
    assert "acme waits at position 1 of the queue: no room in hel1 (compute)." in waits.said
    assert fleet.rows()["placements"][0]["node"] == "lab-compute-1"

    there = {"name": "lab-compute-3", "state": "started", "labels": {"role": "compute"}, "location": "hel1"}
    fleet._servers([there])
    assert fleet.verb("reconcile").ok
    assert fleet.rows()["placements"][0]["node"] == "lab-compute-3"
    assert fleet.names()["acme/A"] == "192.0.2.1"  # not ours
    fleet.well("tenant_migrate", node="lab-compute-2")
    assert (fleet.rows()["placements"][0]["location"], fleet.rows()["tenants"][0]["location"]) == ("", "")


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (
            {"location": "mars-1"},
            "location=mars-1 will not do: choose one with -e location=<location>, of fsn1, nbg1, hel1",
        ),
        ({"location": "hel1", "node": "lab-compute-1"}, "will not do together with node=lab-compute-1"),
        ({}, "is no compute node: name one with -e node=<node>"),
    ],
)
def test_where_nothing_can_be_is_refused(fleet: Moves, given: dict[str, str], sentence: str) -> None:
    fleet.tenant("acme", tier="pro")
    rows = fleet.rows()
    refused = fleet.verb("tenant_migrate", **given)
    assert (refused.ok, refused.changed, fleet.lab.writes(), fleet.rows()) == (False, 0, 0, rows), refused.said
    assert sentence in refused.complaint, refused.said
