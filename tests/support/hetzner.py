"""The official client, pointed at a lab, and what tests of the lab's Hetzner share."""

from __future__ import annotations

import base64
from typing import Any

from hcloud import Client
from hcloud.images import Image
from hcloud.locations import Location
from hcloud.server_types import ServerType
from hcloud.servers import BoundServer

from support.lab import LabHandle


def public_key(byte: str) -> str:
    """A well-formed ed25519 public key that nobody has the other half of."""
    return "ssh-ed25519 " + base64.b64encode(b"\0\0\0\x0bssh-ed25519\0\0\0\x20" + byte.encode() * 32).decode() + " lab"


def hcloud(lab: LabHandle) -> Client:
    """The vendor's client; it waits without pauses, because the lab's actions need none."""
    return Client(
        token=lab.env["HCLOUD_TOKEN"], api_endpoint=lab.env["HCLOUD_ENDPOINT"], poll_interval=0.01, timeout=10
    )


def done(*actions: Any) -> None:
    """Wait until every action has succeeded."""
    for action in actions:
        action.wait_until_finished()


def new_server(client: Client, name: str, **more: Any) -> BoundServer:
    """A server that runs (or, with ``start_after_create=False``, is off)."""
    wish = {"server_type": ServerType(name="cx23"), "image": Image(name="debian-13"), "location": Location(name="nbg1")}
    answer = client.servers.create(name=name, **{**wish, **more})
    done(answer.action, *answer.next_actions)
    return client.servers.get_by_id(answer.server.id)
