"""Volumes keep Hetzner's rules."""

from __future__ import annotations

from hcloud import Client
from support.hetzner import assert_rejected, new_server, server_request


def test_volumes_only_grow_and_are_deleted_detached(client: Client) -> None:
    volume = {"name": "v", "size": 10, "location": "nbg1"}
    for change in (
        {"size": 9},
        {"size": 10241},
        {"format": "btrfs"},
        {"name": "-v"},
        {"server": 1},
        {"location": None},
    ):
        assert_rejected(
            client,
            "invalid_input",
            "POST",
            "/volumes",
            {k: v for k, v in {**volume, **change}.items() if v is not None},
        )
    made = client.request("POST", "/volumes", json=volume)["volume"]
    assert made["linux_device"] == f"/dev/disk/by-id/scsi-0HC_Volume_{made['id']}"
    path = f"/volumes/{made['id']}"
    assert_rejected(client, "invalid_input", "POST", f"{path}/actions/resize", {"size": 10})
    assert_rejected(client, "uniqueness_error", "POST", "/volumes", volume)
    far = client.request("POST", "/servers", json=server_request("far", location="hel1"))["server"]["id"]
    assert_rejected(client, "invalid_input", "POST", f"{path}/actions/attach", {"server": far})
    near = new_server(client, "near")
    client.request("POST", f"{path}/actions/attach", json={"server": near.id})
    assert_rejected(client, "volume_already_attached", "POST", f"{path}/actions/attach", {"server": near.id})
    assert_rejected(client, "volume_attached", "DELETE", path)
    client.request("POST", f"{path}/actions/detach")
    client.request("POST", f"{path}/actions/change_protection", json={"delete": True})
    assert_rejected(client, "protected", "DELETE", path)


def test_a_server_has_at_most_sixteen_volumes(client: Client) -> None:
    server = new_server(client, "one")
    for number in range(16):
        client.request("POST", "/volumes", json={"name": f"v{number}", "size": 10, "server": server.id})
    assert_rejected(client, "invalid_input", "POST", "/volumes", {"name": "v16", "size": 10, "server": server.id})
