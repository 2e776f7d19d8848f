"""A failed sign-up leaves nothing that costs money or capacity, and a repeated one completes it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.crash import NODES, Fleet
from support.lab import LabHandle
from support.playbooks import STOCK, Outcome, extra_vars, play

# Replaces SSH: the two storage nodes have no volume yet, and the next command fails; `again` is the answer to all later ones.
SSH = """#!/bin/sh
cat > /dev/null
if mkdir {directory}/read-1 2> /dev/null || mkdir {directory}/read-2 2> /dev/null; then
  printf %s '{{"changed": false, "claims": []}}'
  exit
fi
test -e {directory}/asked && printf %s '{again}' || printf %s '{{"failed": true, "msg": "no luck"}}'
touch {directory}/asked
"""
# Nothing exists, and the tunnel has not changed.
GOES_WELL = json.dumps({"changed": False, "claims": [], "stat": {"exists": False}, "stdout": '{"changed": []}'})
FAILS = json.dumps({"failed": True, "msg": "no luck again"})


def sign_up(fleet: Fleet, again: str) -> Outcome:
    """Sign a tenant up, without real nodes."""
    ssh = fleet.directory / "ssh"
    ssh.write_text(SSH.format(directory=fleet.directory, again=again))
    ssh.chmod(0o755)
    given = {"ansible_ssh_executable": ssh, "tenant": "acme", "tier": "casual"}
    variables = extra_vars(given)
    return play("tenant_create", fleet.directory, *variables, seconds=100, **STOCK, ANSIBLE_PIPELINING="true")


def acme(fleet: Fleet) -> tuple[str, str, str]:
    """Return the tenant's state, reason and node."""
    known: dict[str, Any] = fleet.ledger.info()["acme"]
    return known["state"], known["reason"].rpartition(": ")[2], known["node"]


@pytest.mark.parametrize(
    ("again", "node"), [(GOES_WELL, ""), (FAILS, NODES[0])], ids=["rolled_back", "not_rolled_back"]
)
def test_a_failed_sign_up_on_a_shared_node_releases_its_slot_once_rolled_back(
    lab: LabHandle, tmp_path: Path, again: str, node: str
) -> None:
    fleet = Fleet(lab, tmp_path)
    failed = sign_up(fleet, again)
    assert not failed.ok
    assert acme(fleet) == ("error", "no luck", node), failed.output
    assert fleet.run("tenant_create", tenant="acme", tier="casual"), fleet.output()
    assert acme(fleet) == ("active", "", NODES[0])


def test_a_failed_sign_up_on_an_unreachable_node_keeps_its_slot_and_is_recorded(lab: LabHandle, tmp_path: Path) -> None:
    fleet = Fleet(lab, tmp_path)
    given = ("-e", "tenant=acme", "-e", "tier=casual", "-e", "ansible_ssh_executable=/bin/false")
    failed = play("tenant_create", fleet.directory, *given, seconds=100)
    assert not failed.ok
    state, why, node = acme(fleet)
    assert (state, node) == ("error", NODES[0]), failed.output
    assert f"compute node {NODES[0]} did not answer over SSH; " in why
    assert fleet.rows()["locks"] == []


def test_a_failed_sign_up_on_a_dedicated_machine_deletes_the_machine(lab: LabHandle, tmp_path: Path) -> None:
    fleet = Fleet(lab, tmp_path)
    before = fleet.snapshot()["servers"]
    lab.faults([{"operation": "create_server", "status": 412, "code": "resource_unavailable", "message": "sold out"}])
    assert not fleet.run("tenant_create", tenant="acme", tier="pro")
    state, why, node = acme(fleet)
    assert (state, node) == ("error", ""), fleet.output()
    assert "sold out" in why
    assert fleet.snapshot()["servers"] == before
    lab.faults([])
    assert fleet.run("tenant_create", tenant="acme", tier="pro"), fleet.output()
    assert acme(fleet) == ("active", "", "lab-tenant-1")
