"""Networks, firewalls and addresses, by the official client."""

from __future__ import annotations

from hcloud import Client
from hcloud.firewalls import FirewallResource, FirewallResourceLabelSelector, FirewallRule
from hcloud.networks import NetworkRoute, NetworkSubnet
from hcloud.servers import ServerCreatePublicNetwork

from support.hetzner import done, new_server
from support.hetzner_tours.common import NBG, read_actions


def tour_networks(client: Client) -> None:
    network = client.networks.create(
        "net",
        "10.0.0.0/16",
        subnets=[NetworkSubnet(type="cloud", network_zone="eu-central", ip_range="10.0.0.0/24")],
        routes=[NetworkRoute(destination="10.9.0.0/24", gateway="10.0.0.9")],
    )
    server = new_server(client, "networks")
    done(server.attach_to_network(network, alias_ips=["10.0.0.77"]))
    server.reload()
    assert server.private_net[0].ip == "10.0.0.2"
    assert [m.ip for m in client.networks.get_member_all(network, type=["server"])] == ["10.0.0.2"]
    done(server.change_alias_ips(network, ["10.0.0.78"]))
    done(server.detach_from_network(network))
    done(network.add_subnet(NetworkSubnet(ip_range=None, type="cloud", network_zone="eu-central")))
    assert [s.ip_range for s in client.networks.get_by_id(network.id).subnets] == ["10.0.0.0/24", "10.0.1.0/24"]
    done(network.delete_subnet(NetworkSubnet("10.0.1.0/24")))
    done(network.add_route(NetworkRoute(destination="10.8.0.0/24", gateway="10.0.0.9")))
    done(network.delete_route(NetworkRoute(destination="10.8.0.0/24", gateway="10.0.0.9")))
    done(network.change_ip_range("10.0.0.0/15"))
    done(network.change_protection(delete=True), network.change_protection(delete=False))
    assert client.networks.get_by_name("net").update(expose_routes_to_vswitch=True).expose_routes_to_vswitch
    read_actions(client, "", "networks", network.id)
    assert network.delete()
    done(server.delete())


def tour_firewalls(client: Client) -> None:
    server = new_server(client, "walls", labels={"web": "1"})
    rule = FirewallRule(direction="in", protocol="tcp", source_ips=["0.0.0.0/0", "::/0"], port="22")
    made = client.firewalls.create("wall", rules=[rule])
    done(*made.actions)
    wall = made.firewall
    direct = FirewallResource(type="server", server=server)
    chosen = FirewallResource(
        type="label_selector", label_selector=FirewallResourceLabelSelector(selector="web in (1,2)")
    )
    done(*wall.apply_to_resources([direct, chosen]))
    assert [f.firewall.id for f in client.servers.get_by_id(server.id).public_net.firewalls] == [wall.id]
    done(*wall.set_rules([]))
    done(*wall.remove_from_resources([direct, chosen]))
    assert client.firewalls.get_by_name("wall").update(labels={"a": "b"}).labels == {"a": "b"}
    assert client.firewalls.get_by_id(wall.id).rules == []
    read_actions(client, "", "firewalls", wall.id)
    assert wall.delete()
    done(server.delete())


def tour_primary_ips(client: Client) -> None:
    address = client.primary_ips.create(type="ipv4", name="mine", location=NBG).primary_ip
    assert address.assignee_type == "unassigned"
    bare = ServerCreatePublicNetwork(enable_ipv4=False, enable_ipv6=True)
    server = new_server(client, "addresses", public_net=bare, start_after_create=False)
    done(address.assign(server.id, "server"))
    assert client.primary_ips.get_by_id(address.id).assignee_id == server.id
    done(address.unassign())
    done(address.change_dns_ptr(address.ip, "two.example.com"))
    done(address.change_protection(delete=True), address.change_protection(delete=False))
    assert client.primary_ips.get_by_name("mine").update(auto_delete=True).auto_delete
    read_actions(client, "", "primary_ips", address.id)
    assert address.delete()
    done(server.delete())


def tour_floating_ips(client: Client) -> None:
    server = new_server(client, "floating")
    made = client.floating_ips.create("ipv4", server=server, name="float", description="moves")
    done(made.action)
    address = made.floating_ip
    done(address.unassign(), address.assign(server))
    assert client.servers.get_by_id(server.id).public_net.floating_ips[0].id == address.id
    done(address.change_dns_ptr(address.ip, "three.example.com"))
    done(address.change_protection(delete=True), address.change_protection(delete=False))
    assert client.floating_ips.get_by_name("float").update(description="stays").description == "stays"
    assert client.floating_ips.get_by_id(address.id).home_location.name == "nbg1"
    read_actions(client, "", "floating_ips", address.id)
    done(address.unassign())
    assert address.delete()
    done(server.delete())
