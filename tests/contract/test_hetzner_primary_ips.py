"""Primary IPs keep Hetzner's rules."""

from __future__ import annotations

from hcloud import Client
from support.hetzner import assert_rejected, done, new_server, server_request


def test_primary_ips_move_only_between_stopped_servers(client: Client) -> None:
    server = new_server(client, "one")
    address = client.request("POST", "/primary_ips", json={"name": "a", "type": "ipv4", "location": "nbg1"})
    path = f"/primary_ips/{address['primary_ip']['id']}"
    spec = {"assignee_id": server.id, "assignee_type": "server"}
    assert_rejected(client, "server_not_stopped", "POST", f"{path}/actions/assign", spec)
    own = server.public_net.primary_ipv4.id
    assert_rejected(client, "server_not_stopped", "POST", f"/primary_ips/{own}/actions/unassign")
    done(server.power_off())
    assert_rejected(client, "server_has_ipv4", "POST", f"{path}/actions/assign", spec)
    assert_rejected(client, "must_be_unassigned", "DELETE", f"/primary_ips/{own}")
    client.request("POST", f"/primary_ips/{own}/actions/unassign")
    client.request("POST", f"{path}/actions/assign", json=spec)
    mismatch = server_request("two", public_net={"ipv6": own})
    assert_rejected(client, "primary_ip_version_mismatch", "POST", "/servers", mismatch)
    assert_rejected(
        client, "primary_ip_assigned", "POST", "/servers", server_request("two", public_net={"ipv4": int(path[13:])})
    )
    elsewhere = server_request("two", location="hel1", public_net={"ipv4": own})
    assert_rejected(client, "primary_ip_datacenter_mismatch", "POST", "/servers", elsewhere)
