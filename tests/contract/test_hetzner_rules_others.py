"""The vendor's rules of what servers have, and of what stands beside them, hold in the lab."""

from __future__ import annotations

import pytest
from hcloud import APIException, Client
from support.hetzner import done, new_server, off, order, refused


def test_placement_groups_take_ten(client: Client) -> None:
    group = client.placement_groups.create("group", "spread").placement_group
    for number in range(10):
        new_server(client, f"s{number}", placement_group=group)
    refused(client, "placement_error", "POST", "/servers", order("late", placement_group=group.id))
    running = f"/servers/{new_server(client, 'other').id}/actions/add_to_placement_group"
    refused(client, "server_not_stopped", "POST", running, {"placement_group": group.id})
    refused(
        client,
        "placement_error",
        "POST",
        f"{off(client, 'o')}/actions/add_to_placement_group",
        {"placement_group": group.id},
    )
    member = client.servers.get_by_name("s0")
    path = f"/servers/{member.id}/actions/add_to_placement_group"
    refused(client, "already_in_placement_group", "POST", path, {"placement_group": group.id})


def test_volumes_grow_only_and_are_deleted_detached(client: Client) -> None:
    volume = {"name": "v", "size": 10, "location": "nbg1"}
    for change in (
        {"size": 9},
        {"size": 10241},
        {"format": "btrfs"},
        {"name": "-v"},
        {"server": 1},
        {"location": None},
    ):
        refused(
            client,
            "invalid_input",
            "POST",
            "/volumes",
            {k: v for k, v in {**volume, **change}.items() if v is not None},
        )
    made = client.request("POST", "/volumes", json=volume)["volume"]
    assert made["linux_device"] == f"/dev/disk/by-id/scsi-0HC_Volume_{made['id']}"
    path = f"/volumes/{made['id']}"
    refused(client, "invalid_input", "POST", f"{path}/actions/resize", {"size": 10})
    refused(client, "uniqueness_error", "POST", "/volumes", volume)
    far = client.request("POST", "/servers", json=order("far", location="hel1"))["server"]["id"]
    refused(client, "invalid_input", "POST", f"{path}/actions/attach", {"server": far})
    near = new_server(client, "near")
    client.request("POST", f"{path}/actions/attach", json={"server": near.id})
    refused(client, "volume_already_attached", "POST", f"{path}/actions/attach", {"server": near.id})
    refused(client, "volume_attached", "DELETE", path)
    client.request("POST", f"{path}/actions/detach")
    client.request("POST", f"{path}/actions/change_protection", json={"delete": True})
    refused(client, "protected", "DELETE", path)


def test_a_server_takes_sixteen_volumes(client: Client) -> None:
    server = new_server(client, "one")
    for number in range(16):
        client.request("POST", "/volumes", json={"name": f"v{number}", "size": 10, "server": server.id})
    refused(client, "invalid_input", "POST", "/volumes", {"name": "v16", "size": 10, "server": server.id})


def test_networks(lab, client: Client) -> None:
    net = {"name": "n", "ip_range": "10.0.0.0/16"}
    for bad in ("192.0.2.0/24", "10.0.0.0/25", "10.0.0.1/16", "fd00::/64"):
        refused(client, "invalid_input", "POST", "/networks", {**net, "ip_range": bad})
    network = client.request("POST", "/networks", json=net)["network"]["id"]
    path = f"/networks/{network}/actions"
    cloud = {"type": "cloud", "network_zone": "eu-central", "ip_range": "10.0.0.0/24"}
    client.request("POST", f"{path}/add_subnet", json=cloud)
    refused(client, "service_error", "POST", f"{path}/add_subnet", {**cloud, "ip_range": "10.0.0.128/25"})
    refused(client, "invalid_input", "POST", f"{path}/add_subnet", {**cloud, "ip_range": "10.1.0.0/24"})
    refused(client, "invalid_input", "POST", f"{path}/add_subnet", {**cloud, "network_zone": "mars"})
    route = {"destination": "10.9.0.0/24", "gateway": "10.0.0.1"}
    refused(client, "invalid_input", "POST", f"{path}/add_route", route)
    refused(client, "invalid_input", "POST", f"{path}/change_ip_range", {"ip_range": "10.0.0.0/17"})
    server = new_server(client, "one")
    attach = f"/servers/{server.id}/actions/attach_to_network"
    for taken in ("10.0.0.1", "10.0.0.0", "10.0.0.255", "10.0.1.5"):
        refused(client, "ip_not_available", "POST", attach, {"network": network, "ip": taken})
    client.request("POST", attach, json={"network": network})
    refused(client, "server_already_attached", "POST", attach, {"network": network})
    refused(client, "service_error", "POST", f"{path}/delete_subnet", {"ip_range": "10.0.0.0/24"})
    overlapping = client.request("POST", "/networks", json={**net, "name": "o"})["network"]["id"]
    refused(client, "networks_overlap", "POST", attach, {"network": overlapping})
    far = client.request("POST", "/servers", json=order("far", server_type="ccx13", location="ash"))["server"]["id"]
    refused(client, "no_subnet_available", "POST", f"/servers/{far}/actions/attach_to_network", {"network": network})
    lab.settings(action_seconds=60)
    client.request("POST", f"{path}/add_subnet", json={**cloud, "ip_range": "10.0.9.0/24"})
    with pytest.raises(APIException, match="another change"):
        _once(client).request("PUT", f"/networks/{network}", json={"name": "m"})


def _once(client: Client) -> Client:
    """The client without its own retries."""
    client._client._retry_max_retries = 0
    return client


def test_firewalls(client: Client) -> None:
    rule = {"direction": "in", "protocol": "tcp", "source_ips": ["0.0.0.0/0"], "port": "80-85"}
    bad = ({"port": "0"}, {"port": "9-8"}, {"port": None}, {"source_ips": []}, {"source_ips": ["10.0.0.1/8"]})
    for change in (*bad, {"protocol": "icmp"}):
        wish = {k: v for k, v in {**rule, **change}.items() if v is not None}
        refused(client, "invalid_input", "POST", "/firewalls", {"name": "f", "rules": [wish]})
    refused(client, "invalid_input", "POST", "/firewalls", {"name": "f", "rules": [rule] * 51})
    server = new_server(client, "one", labels={"a": "b"})
    selector = {"type": "label_selector", "label_selector": {"selector": "a=b"}}
    wall = client.request("POST", "/firewalls", json={"name": "f", "rules": [rule], "apply_to": [selector]})
    path = f"/firewalls/{wall['firewall']['id']}"
    direct = {"type": "server", "server": {"id": server.id}}
    removal = f"{path}/actions/remove_from_resources"
    refused(client, "firewall_managed_by_label_selector", "POST", removal, {"remove_from": [direct]})
    refused(client, "resource_in_use", "DELETE", path)
    refused(client, "firewall_already_applied", "POST", f"{path}/actions/apply_to_resources", {"apply_to": [selector]})
    late = new_server(client, "late", labels={"a": "b"})
    assert [f.firewall.id for f in late.public_net.firewalls] == [wall["firewall"]["id"]]
    assert late.update(labels={}).public_net.firewalls == []
    client.request("POST", removal, json={"remove_from": [selector]})
    client.request("DELETE", path)


def test_a_server_takes_five_firewalls(client: Client) -> None:
    server = new_server(client, "one")
    target = {"apply_to": [{"type": "server", "server": {"id": server.id}}]}
    for number in range(5):
        client.request("POST", "/firewalls", json={"name": f"f{number}", **target})
    refused(client, "invalid_input", "POST", "/firewalls", {"name": "f5", **target})


def test_primary_ips(client: Client) -> None:
    server = new_server(client, "one")
    address = client.request("POST", "/primary_ips", json={"name": "a", "type": "ipv4", "location": "nbg1"})
    path = f"/primary_ips/{address['primary_ip']['id']}"
    wish = {"assignee_id": server.id, "assignee_type": "server"}
    refused(client, "server_not_stopped", "POST", f"{path}/actions/assign", wish)
    own = server.public_net.primary_ipv4.id
    refused(client, "server_not_stopped", "POST", f"/primary_ips/{own}/actions/unassign")
    done(server.power_off())
    refused(client, "server_has_ipv4", "POST", f"{path}/actions/assign", wish)
    refused(client, "must_be_unassigned", "DELETE", f"/primary_ips/{own}")
    client.request("POST", f"/primary_ips/{own}/actions/unassign")
    client.request("POST", f"{path}/actions/assign", json=wish)
    mismatch = order("two", public_net={"ipv6": own})
    refused(client, "primary_ip_version_mismatch", "POST", "/servers", mismatch)
    refused(client, "primary_ip_assigned", "POST", "/servers", order("two", public_net={"ipv4": int(path[13:])}))
    elsewhere = order("two", location="hel1", public_net={"ipv4": own})
    refused(client, "primary_ip_datacenter_mismatch", "POST", "/servers", elsewhere)


def test_images(client: Client) -> None:
    refused(client, "forbidden", "DELETE", f"/images/{client.images.get_all()[0].id}")
    server = new_server(client, "one")
    refused(client, "invalid_input", "POST", f"/servers/{server.id}/actions/create_image", {"type": "backup"})
    snapshot = server.create_image(labels={"a": "b"})
    done(snapshot.action)
    assert [i.id for i in client.images.get_all(label_selector="a=b")] == [snapshot.image.id]
    done(snapshot.image.change_protection(delete=True))
    refused(client, "protected", "DELETE", f"/images/{snapshot.image.id}")
    clone = client.request("POST", "/servers", json=order("clone", image=snapshot.image.id))["server"]
    assert clone["image"]["id"] == snapshot.image.id
    assert client.images.get_all(name="ubuntu-20.04") == []
    assert client.images.get_all(name="ubuntu-20.04", include_deprecated=True)[0].deprecation is not None


def test_load_balancers(client: Client) -> None:
    wish = {"name": "b", "load_balancer_type": "lb11", "location": "nbg1"}
    tcp = {"protocol": "tcp", "listen_port": 1, "destination_port": 1}
    slow = {"protocol": "tcp", "port": 1, "interval": 2, "timeout": 1, "retries": 1}
    refused(client, "invalid_input", "POST", "/load_balancers", {**wish, "services": [{**tcp, "health_check": slow}]})
    refused(client, "source_port_already_used", "POST", "/load_balancers", {**wish, "services": [tcp, tcp]})
    made = client.request("POST", "/load_balancers", json={**wish, "services": [tcp]})["load_balancer"]
    path = f"/load_balancers/{made['id']}/actions"
    server = new_server(client, "one")
    target = {"type": "server", "server": {"id": server.id}}
    unreachable = {**target, "use_private_ip": True}
    refused(client, "load_balancer_not_attached_to_network", "POST", f"{path}/add_target", unreachable)
    client.request("POST", f"{path}/add_target", json=target)
    refused(client, "target_already_defined", "POST", f"{path}/add_target", target)
    refused(client, "load_balancer_not_attached_to_network", "POST", f"{path}/disable_public_interface")
    for port in range(2, 6):
        client.request("POST", f"{path}/add_service", json={**tcp, "listen_port": port})
    refused(client, "resource_limit_exceeded", "POST", f"{path}/add_service", {**tcp, "listen_port": 6})
    done(server.delete())
    assert client.load_balancers.get_by_id(made["id"]).targets == []


def test_zones(client: Client) -> None:
    zone = {"name": "example.com", "mode": "primary"}
    for bad in ("www.example.com", "com", "Example.com", "exa mple.com"):
        refused(client, "invalid_input", "POST", "/zones", {**zone, "name": bad})
    client.request("POST", "/zones", json=zone)
    refused(client, "uniqueness_error", "POST", "/zones", zone)
    nameservers = {"primary_nameservers": [{"address": "192.0.2.1"}]}
    path = "/zones/example.com/actions/change_primary_nameservers"
    refused(client, "incorrect_zone_mode", "POST", path, nameservers)
    client.request("POST", "/zones", json={"name": "example.net", "mode": "secondary", **nameservers})
    refused(client, "incorrect_zone_mode", "GET", "/zones/example.net/rrsets")
    rrset = {"name": "www", "type": "A", "records": [{"value": "192.0.2.1"}]}
    sets = "/zones/example.com/rrsets"
    for change in ({"records": [{"value": "x"}]}, {"name": "WWW"}, {"name": "www.example.com."}):
        refused(client, "invalid_input", "POST", sets, {**rrset, **change})
    client.request("POST", sets, json=rrset)
    refused(client, "uniqueness_error", "POST", sets, rrset)
    client.request("POST", f"{sets}/www/A/actions/change_protection", json={"change": True})
    refused(client, "protected", "DELETE", f"{sets}/www/A")
    refused(client, "protected", "POST", "/zones/example.com/actions/import_zonefile", {"zonefile": "x"})
    serials = [r["value"].split()[2] for r in client.request("GET", f"{sets}/@/SOA")["rrset"]["records"]]
    assert len(serials[0]) == 10
    for number in range(99):
        name = f"n{number}"
        client.request("POST", sets, json={**rrset, "name": name})
    assert len(client.request("GET", sets, params={"per_page": 100})["rrsets"]) == 100
