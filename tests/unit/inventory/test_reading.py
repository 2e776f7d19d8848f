"""Reading the lists of both clouds, with scripted answers."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import CloudError
from ansible_collections.sovereign.vdc.plugins.plugin_utils.inventory import hetzner, selector
from ansible_collections.sovereign.vdc.plugins.plugin_utils.inventory.exoscale import read_instances


def server(number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "name": f"s{number}",
        "status": "running",
        "labels": {},
        "created": "2026-11-01T00:00:00Z",
        "location": {"name": "fsn1"},
        "server_type": {"name": "cx23", "architecture": "x86"},
        "image": {"name": None, "description": "mine"},
        "public_net": {"ipv4": {"ip": "198.51.100.1"}, "ipv6": {"ip": "2001:db8:1::/64"}},
        "private_net": [],
        **more,
    }


class Pages:
    """A Hetzner API of ``servers``; pages from ``broken`` on fail."""

    connections = 2

    def __init__(self, servers: list[dict[str, Any]], broken: int = 999) -> None:
        self.servers, self.broken = servers, broken
        self.asked: list[tuple[str, int]] = []

    def page(self, path: str, number: int = 1, **query: Any) -> tuple[list[dict[str, Any]], int]:
        self.asked.append((path, number))
        if number >= self.broken:
            raise CloudError("out of order", code="server_error")
        start = (number - 1) * hetzner.PAGE
        return self.servers[start : start + hetzner.PAGE], len(self.servers)

    def list(self, path: str) -> list[dict[str, Any]]:
        self.asked.append((path, 1))
        return [{"id": 7, "name": "platform"}]


def test_every_server_is_read_once_and_ordered_by_id() -> None:
    servers = [server(number) for number in range(120, 0, -1)]
    api = Pages([*servers[:60], servers[59], *servers[60:]])  # moved to the next page in the meantime
    found = hetzner.read_servers(api, "", [], [], [])
    assert [facts["id"] for facts in found] == list(range(1, 121))
    assert sorted(api.asked) == [("/servers", 1), ("/servers", 2), ("/servers", 3)]


def test_networks_are_read_only_if_a_server_uses_one() -> None:
    net = {"network": 7, "ip": "10.0.0.2"}
    api = Pages([server(1, private_net=[net]), server(2, private_net=[{**net, "network": 8}])])
    found = hetzner.read_servers(api, "", [], [], [])
    assert found[0]["private_networks"] == [{"id": 7, "name": "platform", "ip": "10.0.0.2"}]
    assert found[1]["private_networks"][0]["name"] is None
    assert api.asked[-1] == ("/networks", 1)


def test_an_error_on_one_page_ends_the_reading_soon() -> None:
    api = Pages([server(number) for number in range(5000)], broken=3)
    with pytest.raises(CloudError, match="out of order"):
        hetzner.read_servers(api, "", [], [], [])
    assert len(api.asked) < 10


@pytest.mark.parametrize(
    ("network", "address"),
    [
        ("2001:db8:1::/64", "2001:db8:1::1"),
        ("2001:db8::8:0/112", "2001:db8::8:1"),
        ("2001:db8:0:1::/80", "2001:db8:0:1::1"),
    ],
)
def test_first_address(network: str, address: str) -> None:
    assert hetzner.first_address(network) == address


def test_facts_of_a_server_without_addresses_and_image() -> None:
    bare = server(1, image=None, public_net={"ipv4": None, "ipv6": None})
    facts = hetzner.facts_of(bare)
    assert (facts["ipv4"], facts["ipv6"], facts["image"]) == (None, None, None)
    assert hetzner.facts_of(server(1))["image"] == "mine"


class Zone:
    """An Exoscale zone of ``instances`` whose template is deleted."""

    def __init__(self, instances: list[dict[str, Any]]) -> None:
        self.instances = instances
        self.asked: list[str] = []

    def list(self, operation: str, key: str) -> list[dict[str, Any]]:
        self.asked.append(operation)
        if operation == "list-instances":
            return self.instances
        return [{"id": "t1", "family": "standard", "size": "small"}]

    def find(self, operation: str, id: str) -> dict[str, Any] | None:
        self.asked.append(f"{operation} {id}")
        return None


def test_instances_show_what_is_missing_as_null() -> None:
    instance = {"id": "i1", "instance-type": {"id": "gone"}, "template": {"id": "gone"}}
    zone = Zone([instance, {**instance, "id": "i2", "labels": {"role": "db"}}])
    (first, second) = read_instances({"ch-dk-2": zone}, selector.parse(""), [], [], 4)
    assert (first["name"], first["type"], first["image"], first["ipv4"], first["labels"]) == (
        "i1",
        None,
        None,
        None,
        {},
    )
    assert second["labels"] == {"role": "db"}
    assert zone.asked.count("get-template gone") == 1
    assert [facts["id"] for facts in read_instances({"z": zone}, selector.parse("role"), [], [], 4)] == ["i2"]


def test_zones_without_instances_need_no_more_calls() -> None:
    zone = Zone([])
    assert read_instances({"a": zone, "b": zone}, selector.parse(""), [], [], 4) == []
    assert zone.asked == ["list-instances", "list-instances"]
