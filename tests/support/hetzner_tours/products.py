"""Products and SSH keys, by the official client."""

from __future__ import annotations

import pytest
from hcloud import APIException, Client

from support.hetzner import public_key


def tour_products(client: Client) -> None:
    kind = client.server_types.get_by_name("cx23")
    assert client.server_types.get_by_id(kind.id).locations[0].available
    assert client.locations.get_by_id(client.locations.get_by_name("fsn1").id).network_zone == "eu-central"
    assert client.isos.get_by_id(client.isos.get_all()[0].id).type == "public"
    balancer = client.load_balancer_types.get_by_name("lb11")
    assert client.load_balancer_types.get_by_id(balancer.id).max_services == 5
    prices = client.request("GET", "/pricing")["pricing"]
    assert prices["currency"] == "EUR"
    image = client.images.get_by_name_and_architecture("debian-13", "x86")
    assert client.images.get_by_id(image.id).architecture == "x86"
    for path in ("/datacenters", "/datacenters/1"):
        with pytest.raises(APIException) as removed:
            client.request("GET", path)
        assert removed.value.code == "deprecated_api_endpoint"


def tour_ssh_keys(client: Client) -> None:
    key = client.ssh_keys.create("one", public_key("a"), labels={"a": "b"})
    assert client.ssh_keys.get_by_fingerprint(key.fingerprint).id == key.id
    assert client.ssh_keys.get_by_name("one").update(name="two").name == "two"
    assert client.ssh_keys.get_by_id(key.id).name == "two"
    assert key.delete()
