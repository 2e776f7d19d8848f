"""Load balancers keep Hetzner's rules."""

from __future__ import annotations

from hcloud import Client
from support.hetzner import assert_rejected, done, new_server


def test_load_balancers_reject_invalid_services_and_targets(client: Client) -> None:
    spec = {"name": "b", "load_balancer_type": "lb11", "location": "nbg1"}
    tcp = {"protocol": "tcp", "listen_port": 1, "destination_port": 1}
    slow = {"protocol": "tcp", "port": 1, "interval": 2, "timeout": 1, "retries": 1}
    assert_rejected(
        client, "invalid_input", "POST", "/load_balancers", {**spec, "services": [{**tcp, "health_check": slow}]}
    )
    assert_rejected(client, "source_port_already_used", "POST", "/load_balancers", {**spec, "services": [tcp, tcp]})
    made = client.request("POST", "/load_balancers", json={**spec, "services": [tcp]})["load_balancer"]
    path = f"/load_balancers/{made['id']}/actions"
    server = new_server(client, "one")
    target = {"type": "server", "server": {"id": server.id}}
    unreachable = {**target, "use_private_ip": True}
    assert_rejected(client, "load_balancer_not_attached_to_network", "POST", f"{path}/add_target", unreachable)
    client.request("POST", f"{path}/add_target", json=target)
    assert_rejected(client, "target_already_defined", "POST", f"{path}/add_target", target)
    assert_rejected(client, "load_balancer_not_attached_to_network", "POST", f"{path}/disable_public_interface")
    for port in range(2, 6):
        client.request("POST", f"{path}/add_service", json={**tcp, "listen_port": port})
    assert_rejected(client, "resource_limit_exceeded", "POST", f"{path}/add_service", {**tcp, "listen_port": 6})
    done(server.delete())
    assert client.load_balancers.get_by_id(made["id"]).targets == []
