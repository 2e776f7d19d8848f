"""Modules with a fleet reject what another fleet has, by name, and change nothing."""

from __future__ import annotations

from typing import Any

import pytest
from support.direct import Direct
from support.hetzner_project import Project
from support.lab import LabHandle
from support.modules import run_module

LABELS = {"managed-by": "sovereign.vdc", "fleet": "theirs", "role": "storage"}
TEMPLATE = {"template": "Linux Debian 13 (Trixie) 64-bit", "instance_type": "standard.small", "disk_size": 10}


@pytest.fixture
def theirs(lab: LabHandle) -> None:
    """A server, an instance and a volume of another fleet."""
    Project(lab.env).server("node", labels=LABELS)
    Direct(lab.env).instance("node", labels=LABELS)
    volume = [{"name": "node-disk", "size": 10, "labels": LABELS}]
    assert not run_module("exoscale_block_volumes", volumes=volume)["failed"]


@pytest.mark.parametrize("state", ["present", "absent"])
@pytest.mark.parametrize(
    ("module", "given"),
    [
        ("hetzner_servers", {"servers": [{"name": "node"}], "labels": {"role": "compute"}}),
        ("exoscale_instances", {"instances": [{"name": "node"}], "labels": {"role": "storage"}, **TEMPLATE}),
        ("exoscale_block_volumes", {"volumes": [{"name": "node-disk"}]}),
    ],
)
def test_resources_of_another_fleet_are_rejected(
    lab: LabHandle, theirs: None, module: str, given: dict[str, Any], state: str
) -> None:
    lab.clear_trace()
    result = run_module(module, fleet="ours", state=state, **given)
    assert result["failed"]
    assert "belongs to the fleet 'theirs', not to 'ours'" in result["msg"]
    assert lab.writes() == 0


def test_instances_are_listed_by_name_and_labels(lab: LabHandle, theirs: None) -> None:
    Direct(lab.env).instance("other")
    lab.clear_trace()

    def names(**given: Any) -> list[str]:
        return [instance["name"] for instance in run_module("exoscale_instances_info", **given)["instances"]]

    assert names() == ["node", "other"]
    assert names(names=["other", "absent"]) == ["other"]
    assert names(labels={"fleet": "theirs"}) == ["node"]
    assert lab.writes() == 0
