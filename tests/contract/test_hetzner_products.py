"""Stock, quotas and retired types limit what can be ordered."""

from __future__ import annotations

import pytest
from hcloud import Client
from support.hetzner import assert_rejected, done, new_server, server_request


def test_quota_and_stock_limit_servers(lab, client: Client) -> None:
    lab.configure("hetzner", {"quota": {"servers": 1}, "stock": {"cx23": {"fsn1": 0, "nbg1": 1}}})
    rejected = assert_rejected(client, "resource_unavailable", "POST", "/servers", server_request(location="fsn1"))
    assert "cx23" in rejected.message
    assert not client.server_types.get_by_name("cx23").locations[0].available
    server = new_server(client, "one")
    limit = assert_rejected(client, "resource_limit_exceeded", "POST", "/servers", server_request("two"))
    assert limit.details == {"limits": [{"name": "server_limit"}]}
    lab.configure("hetzner", {"quota": {"servers": None}})
    assert_rejected(client, "resource_unavailable", "POST", "/servers", server_request("two"))
    done(server.delete())
    new_server(client, "two")
    assert len(client.primary_ips.get_all()) == 2


@pytest.mark.parametrize("name", ["cx11", "cx21", "cx22", "cx52", "cpx11", "nonsense"])
def test_removed_types_are_not_found(client: Client, name: str) -> None:
    assert (
        "not found"
        in assert_rejected(client, "invalid_input", "POST", "/servers", server_request(server_type=name)).message
    )


def test_a_retired_type_cannot_be_ordered(lab, client: Client) -> None:
    lab.configure("hetzner", {"retire": {"cx23": "2100-01-01T00:00:00Z"}})
    assert client.server_types.get_by_name("cx23").locations[0].deprecation.unavailable_after.year == 2100
    server = new_server(client, "one")
    lab.configure("hetzner", {"retire": {"cx23": "2020-01-01T00:00:00Z", "cx33": "2020-01-01T00:00:00Z"}})
    assert "deprecated" in assert_rejected(client, "invalid_input", "POST", "/servers", server_request("two")).message
    done(server.power_off())
    path = f"/servers/{server.id}/actions/change_type"
    assert_rejected(client, "invalid_server_type", "POST", path, {"server_type": "cx33", "upgrade_disk": False})


def test_a_type_must_fit_location_and_image(client: Client) -> None:
    assert_rejected(client, "invalid_input", "POST", "/servers", server_request(location="ash"))
    assert_rejected(client, "invalid_input", "POST", "/servers", server_request(location="mars"))
    assert_rejected(client, "invalid_input", "POST", "/servers", server_request(image="debian-1"))
    arm = client.images.get_by_name_and_architecture("debian-13", "arm")
    assert_rejected(client, "invalid_input", "POST", "/servers", server_request(image=arm.id))
