"""Hetzner's official client for a lab, with assertions about the lab's answers."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hcloud import APIException, Client
from hcloud.images import Image
from hcloud.locations import Location
from hcloud.server_types import ServerType
from hcloud.servers import BoundServer

from support.lab import LabHandle


def public_key(byte: str) -> str:
    """A well-formed ed25519 public key; ``byte`` is the character that it repeats."""
    return "ssh-ed25519 " + base64.b64encode(b"\0\0\0\x0bssh-ed25519\0\0\0\x20" + byte.encode() * 32).decode() + " lab"


def hcloud(lab: LabHandle) -> Client:
    """The vendor's client; it polls fast, because the lab's actions end at once."""
    return Client(
        token=lab.env["HCLOUD_TOKEN"], api_endpoint=lab.env["HCLOUD_ENDPOINT"], poll_interval=0.01, timeout=10
    )


def done(*actions: Any) -> None:
    """Wait until every action has succeeded."""
    for action in actions:
        action.wait_until_finished()


def new_server(client: Client, name: str, **more: Any) -> BoundServer:
    """Create a server that runs or, with ``start_after_create=False``, is off."""
    spec = {"server_type": ServerType(name="cx23"), "image": Image(name="debian-13"), "location": Location(name="nbg1")}
    answer = client.servers.create(name=name, **{**spec, **more})
    done(answer.action, *answer.next_actions)
    return client.servers.get_by_id(answer.server.id)


def assert_rejected(
    client: Client, code: str, method: str, path: str, body: dict[str, Any] | None = None
) -> APIException:
    """The call is answered with error ``code``; returns the error."""
    with pytest.raises(APIException) as caught:
        client.request(method, path, json=body)
    assert caught.value.code == code, caught.value
    return caught.value


def server_request(name: str = "one", **more: Any) -> dict[str, Any]:
    """The body of a valid request for a server."""
    return {"name": name, "server_type": "cx23", "image": "debian-13", "location": "nbg1", **more}


def new_stopped_server(client: Client, name: str, **more: Any) -> str:
    """Create a server that is off; returns its path."""
    return f"/servers/{new_server(client, name, start_after_create=False, **more).id}"
