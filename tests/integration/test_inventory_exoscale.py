"""The inventory of Exoscale against the lab."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.direct import Direct
from support.inventory import InventoryFile


@pytest.fixture
def zone(lab) -> Direct:
    return Direct(lab.env)


@pytest.fixture
def other_zone(lab) -> Direct:
    """The same account in another zone."""
    return Direct(lab.env, "ch-gva-2")


@pytest.fixture
def inventory(tmp_path: Path) -> InventoryFile:
    return InventoryFile(tmp_path, "exoscale")


def test_all_zones_or_the_selected_ones_are_read(inventory: InventoryFile, zone: Direct, other_zone: Direct) -> None:
    zone.instance("a")
    other_zone.instance("b")
    hosts = inventory.read().hosts
    assert {name: host["vdc_location"] for name, host in hosts.items()} == {"a": "ch-dk-2", "b": "ch-gva-2"}
    assert sorted(inventory.read(zones=["ch-gva-2"]).hosts) == ["b"]
    error = inventory.read(zones=["ch-dk-2", "mars-1"]).error
    assert "zones: 'mars-1' does not exist; choose from ch-dk-2, ch-gva-2" in error


def test_an_empty_zone_needs_one_call(inventory: InventoryFile, zone: Direct, lab) -> None:
    lab.clear_trace()
    assert inventory.read(zones=["ch-dk-2", "ch-gva-2"]).hosts == {}
    assert lab.reads() == 1 + 2


def test_instances_with_the_same_name_get_their_id(inventory: InventoryFile, zone: Direct, other_zone: Direct) -> None:
    ids = {zone.instance("twin"), other_zone.instance("twin"), zone.instance("twin")}
    seen = inventory.read()
    assert sorted(seen.hosts) == sorted(f"twin-{one}" for one in ids)
    assert "several hosts have the names 'twin'" in seen.output


def test_instances_are_filtered_by_type_and_status(inventory: InventoryFile, zone: Direct) -> None:
    zone.instance("up")
    off = zone.instance("halted")
    zone.do("stop_instance", id=off)
    seen = inventory.read(status=["stopped"])
    assert sorted(seen.hosts) == ["halted"]
    assert seen.hosts["halted"]["vdc_type"] == "standard.small"
    assert seen.hosts["halted"]["vdc_pool"] is None
    assert sorted(inventory.read(types=["standard.small"], status=["running"]).hosts) == ["up"]


def test_addresses_in_managed_private_networks_are_used(inventory: InventoryFile, zone: Direct) -> None:
    network = zone.do(
        "create_private_network", name="inside", start_ip="10.9.0.10", end_ip="10.9.0.50", netmask="255.255.255.0"
    )
    instance = zone.instance("member")
    zone.do("attach_instance_to_private_network", id=network, instance={"id": instance}, ip="10.9.0.20")
    seen = inventory.read(connect_with="private", network="inside")
    assert seen.hosts["member"]["ansible_host"] == "10.9.0.20"
    assert seen.hosts["member"]["vdc_private_networks"] == [{"id": network, "name": "inside", "ip": "10.9.0.20"}]


def test_values_from_the_provider_are_never_templates(inventory: InventoryFile, zone: Direct) -> None:
    zone.instance("plain", labels={"note": "{{ 1 + 1 }}", "tunnel-address": "{{ 2 + 2 }}"})
    seen = inventory.read(connect_with="tunnel", compose={"copied": "vdc_labels.note", "made": "vdc_labels.note ~ '!'"})
    assert seen.hosts["plain"]["vdc_labels"]["note"] == "{{ 1 + 1 }}"
    rendered = inventory.render("plain", "{{ vdc_labels.note }} {{ copied }} {{ made }} {{ ansible_host }}")
    assert rendered == "{{ 1 + 1 }} {{ 1 + 1 }} {{ 1 + 1 }}! {{ 2 + 2 }}"
