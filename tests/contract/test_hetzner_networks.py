"""Networks and firewalls keep Hetzner's rules."""

from __future__ import annotations

import pytest
from hcloud import APIException, Client
from support.hetzner import assert_rejected, new_server, server_request


def test_networks_reject_invalid_ranges_routes_and_addresses(lab, client: Client) -> None:
    net = {"name": "n", "ip_range": "10.0.0.0/16"}
    for bad in ("192.0.2.0/24", "10.0.0.0/25", "10.0.0.1/16", "fd00::/64"):
        assert_rejected(client, "invalid_input", "POST", "/networks", {**net, "ip_range": bad})
    network = client.request("POST", "/networks", json=net)["network"]["id"]
    path = f"/networks/{network}/actions"
    cloud = {"type": "cloud", "network_zone": "eu-central", "ip_range": "10.0.0.0/24"}
    client.request("POST", f"{path}/add_subnet", json=cloud)
    assert_rejected(client, "service_error", "POST", f"{path}/add_subnet", {**cloud, "ip_range": "10.0.0.128/25"})
    assert_rejected(client, "invalid_input", "POST", f"{path}/add_subnet", {**cloud, "ip_range": "10.1.0.0/24"})
    assert_rejected(client, "invalid_input", "POST", f"{path}/add_subnet", {**cloud, "network_zone": "mars"})
    route = {"destination": "10.9.0.0/24", "gateway": "10.0.0.1"}
    assert_rejected(client, "invalid_input", "POST", f"{path}/add_route", route)
    assert_rejected(client, "invalid_input", "POST", f"{path}/change_ip_range", {"ip_range": "10.0.0.0/17"})
    server = new_server(client, "one")
    attach = f"/servers/{server.id}/actions/attach_to_network"
    for taken in ("10.0.0.1", "10.0.0.0", "10.0.0.255", "10.0.1.5"):
        assert_rejected(client, "ip_not_available", "POST", attach, {"network": network, "ip": taken})
    client.request("POST", attach, json={"network": network})
    assert_rejected(client, "server_already_attached", "POST", attach, {"network": network})
    assert_rejected(client, "service_error", "POST", f"{path}/delete_subnet", {"ip_range": "10.0.0.0/24"})
    overlapping = client.request("POST", "/networks", json={**net, "name": "o"})["network"]["id"]
    assert_rejected(client, "networks_overlap", "POST", attach, {"network": overlapping})
    far = client.request("POST", "/servers", json=server_request("far", server_type="ccx13", location="ash"))["server"][
        "id"
    ]
    assert_rejected(
        client, "no_subnet_available", "POST", f"/servers/{far}/actions/attach_to_network", {"network": network}
    )
    lab.settings(action_seconds=60)
    client.request("POST", f"{path}/add_subnet", json={**cloud, "ip_range": "10.0.9.0/24"})
    with pytest.raises(APIException, match="another change"):
        _without_retries(client).request("PUT", f"/networks/{network}", json={"name": "m"})


def _without_retries(client: Client) -> Client:
    """The client without its own retries."""
    client._client._retry_max_retries = 0
    return client


def test_firewalls_reject_invalid_rules_and_follow_label_selectors(client: Client) -> None:
    rule = {"direction": "in", "protocol": "tcp", "source_ips": ["0.0.0.0/0"], "port": "80-85"}
    bad = ({"port": "0"}, {"port": "9-8"}, {"port": None}, {"source_ips": []}, {"source_ips": ["10.0.0.1/8"]})
    for change in (*bad, {"protocol": "icmp"}):
        spec = {k: v for k, v in {**rule, **change}.items() if v is not None}
        assert_rejected(client, "invalid_input", "POST", "/firewalls", {"name": "f", "rules": [spec]})
    assert_rejected(client, "invalid_input", "POST", "/firewalls", {"name": "f", "rules": [rule] * 51})
    server = new_server(client, "one", labels={"a": "b"})
    selector = {"type": "label_selector", "label_selector": {"selector": "a=b"}}
    wall = client.request("POST", "/firewalls", json={"name": "f", "rules": [rule], "apply_to": [selector]})
    path = f"/firewalls/{wall['firewall']['id']}"
    direct = {"type": "server", "server": {"id": server.id}}
    removal = f"{path}/actions/remove_from_resources"
    assert_rejected(client, "firewall_managed_by_label_selector", "POST", removal, {"remove_from": [direct]})
    assert_rejected(client, "resource_in_use", "DELETE", path)
    assert_rejected(
        client, "firewall_already_applied", "POST", f"{path}/actions/apply_to_resources", {"apply_to": [selector]}
    )
    late = new_server(client, "late", labels={"a": "b"})
    assert [f.firewall.id for f in late.public_net.firewalls] == [wall["firewall"]["id"]]
    assert late.update(labels={}).public_net.firewalls == []
    client.request("POST", removal, json={"remove_from": [selector]})
    client.request("DELETE", path)


def test_a_server_has_at_most_five_firewalls(client: Client) -> None:
    server = new_server(client, "one")
    target = {"apply_to": [{"type": "server", "server": {"id": server.id}}]}
    for number in range(5):
        client.request("POST", "/firewalls", json={"name": f"f{number}", **target})
    assert_rejected(client, "invalid_input", "POST", "/firewalls", {"name": "f5", **target})
