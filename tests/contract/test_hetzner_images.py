"""Images keep Hetzner's rules."""

from __future__ import annotations

from hcloud import Client
from support.hetzner import assert_rejected, done, new_server, server_request


def test_only_own_images_are_changed_and_protected_ones_stay(client: Client) -> None:
    assert_rejected(client, "forbidden", "DELETE", f"/images/{client.images.get_all()[0].id}")
    server = new_server(client, "one")
    assert_rejected(client, "invalid_input", "POST", f"/servers/{server.id}/actions/create_image", {"type": "backup"})
    snapshot = server.create_image(labels={"a": "b"})
    done(snapshot.action)
    assert [i.id for i in client.images.get_all(label_selector="a=b")] == [snapshot.image.id]
    done(snapshot.image.change_protection(delete=True))
    assert_rejected(client, "protected", "DELETE", f"/images/{snapshot.image.id}")
    clone = client.request("POST", "/servers", json=server_request("clone", image=snapshot.image.id))["server"]
    assert clone["image"]["id"] == snapshot.image.id
    assert client.images.get_all(name="ubuntu-20.04") == []
    assert client.images.get_all(name="ubuntu-20.04", include_deprecated=True)[0].deprecation is not None
