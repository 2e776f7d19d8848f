"""The inventory of Hetzner Cloud against the lab."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.hetzner_project import Project
from support.inventory import InventoryFile


@pytest.fixture
def project(lab) -> Project:
    return Project(lab.env)


@pytest.fixture
def inventory(tmp_path: Path) -> InventoryFile:
    return InventoryFile(tmp_path, "hetzner")


def test_all_pages_are_read_once(inventory: InventoryFile, project: Project, lab) -> None:
    for number in range(120):
        project.server(f"s{number:03}", labels={"half": str(number % 2)})
    lab.clear_trace()
    assert len(inventory.read().hosts) == 120
    assert lab.trace()["counts"]["hetzner.reads"] == 3
    assert len(inventory.read(label_selector="half=1", concurrency=1).hosts) == 60
    assert lab.trace()["counts"]["hetzner.reads"] == 3 + 2


def test_an_exhausted_rate_limit_is_waited_for(inventory: InventoryFile, project: Project, lab) -> None:
    for number in range(60):
        project.server(f"s{number:02}")
    lab.settings(rate_limit=7200)  # two calls a second, once the bucket is empty
    lab.faults([{"operation": "list_servers", "status": 429, "code": "rate_limit_exceeded", "times": 2}])
    assert len(inventory.read().hosts) == 60


def test_servers_are_filtered_by_location_and_type(inventory: InventoryFile, project: Project) -> None:
    project.server("a")
    project.server("b", location="hel1")
    project.server("c", server_type="cx33")
    assert sorted(inventory.read(locations=["hel1"]).hosts) == ["b"]
    assert sorted(inventory.read(types=["cx33"], locations=["fsn1", "hel1"]).hosts) == ["c"]


def test_servers_are_filtered_by_status(inventory: InventoryFile, project: Project) -> None:
    project.server("up")
    off = project.server("halted")
    project.call("POST", f"/servers/{off}/actions/poweroff")
    assert sorted(inventory.read(status=["off"]).hosts) == ["halted"]
    assert sorted(inventory.read(status=["off", "running"]).hosts) == ["halted", "up"]


def test_addresses_are_selected_by_network_and_kind(inventory: InventoryFile, project: Project) -> None:
    one, two = project.network("one"), project.network("two", "10.1.0.0/16")
    project.server("in-one", networks=[one])
    project.server("in-both", networks=[one, two])
    project.server("dark", networks=[one], public_net={"enable_ipv4": False, "enable_ipv6": False})
    hosts = inventory.read(connect_with=["private", "public_ipv6"]).hosts
    assert hosts["in-one"]["ansible_host"].startswith("10.0.0.")
    assert hosts["in-one"]["vdc_private_networks"][0]["name"] == "one"
    assert (
        hosts["in-both"]["ansible_host"] == hosts["in-both"]["vdc_ipv6"]
    )  # which of the two networks is not specified
    assert hosts["in-both"]["vdc_ipv6"].endswith("::1")
    assert (hosts["dark"]["vdc_ipv4"], hosts["dark"]["vdc_ipv6"]) == (None, None)
    hosts = inventory.read(connect_with="private", network="two").hosts
    assert hosts["in-both"]["ansible_host"].startswith("10.1.0.")
    assert "ansible_host" not in hosts["in-one"]
    hosts = inventory.read(connect_with="private", network=str(one)).hosts
    assert hosts["dark"]["ansible_host"].startswith("10.0.0.")


def test_values_from_the_provider_are_never_templates(inventory: InventoryFile, project: Project) -> None:
    old = project.server("old")
    image = project.call("POST", f"/servers/{old}/actions/create_image", {"description": "{{ 1 + 1 }}"})["image"]["id"]
    project.server("new", image=str(image))
    seen = inventory.read(keyed_groups=[{"key": "vdc_image", "prefix": "image"}], compose={"copied": "vdc_image"})
    assert seen.hosts["new"]["vdc_image"] == seen.hosts["new"]["copied"] == "{{ 1 + 1 }}"
    assert ["new"] in [members for name, members in seen.groups.items() if name.startswith("image____")]
    assert inventory.render("new", "{{ vdc_image }} {{ copied }}") == "{{ 1 + 1 }} {{ 1 + 1 }}"


def test_a_project_without_servers_is_empty(inventory: InventoryFile, lab) -> None:
    seen = inventory.read()
    assert seen.hosts == {}
    assert not seen.error
