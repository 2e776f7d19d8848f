"""Hetzner's official client drives every operation that the lab has built.

The ``lab`` fixture fails the test when any answer broke the vendor's document; where that is
not at hand, only the client's own reading of the answers is the judge.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hcloud import APIException, Client
from hcloud.firewalls import FirewallResource, FirewallResourceLabelSelector, FirewallRule
from hcloud.images import Image
from hcloud.isos import Iso
from hcloud.load_balancer_types import LoadBalancerType
from hcloud.load_balancers import (
    LoadBalancerAlgorithm,
    LoadBalancerHealthCheck,
    LoadBalancerHealthCheckHttp,
    LoadBalancerService,
    LoadBalancerServiceHttp,
    LoadBalancerTarget,
    LoadBalancerTargetIP,
    LoadBalancerTargetLabelSelector,
)
from hcloud.locations import Location
from hcloud.networks import NetworkRoute, NetworkSubnet
from hcloud.server_types import ServerType
from hcloud.servers import ServerCreatePublicNetwork
from hcloud.zones import ZonePrimaryNameserver, ZoneRecord
from support.hetzner import done, hcloud, new_server, public_key
from vdclab.hetzner import overlay

NBG = Location(name="nbg1")
HOUR = {"start": datetime.now(UTC) - timedelta(hours=1), "end": datetime.now(UTC)}


def tour_actions_of(client: Client, path: str, plural: str, ident: int) -> None:
    """The five ways to read the actions of one kind of resource."""
    listed = client.request("GET", f"/{plural}/actions", params={"sort": "id:desc", "per_page": 2})["actions"]
    action = listed[0]["id"]
    assert client.request("GET", f"/{plural}/actions/{action}")["action"] == listed[0]
    own = client.request("GET", f"/{plural}/{path or ident}/actions")["actions"]
    one = client.request("GET", f"/{plural}/{path or ident}/actions/{own[0]['id']}")["action"]
    assert one["status"] in ("success", "error")
    assert client.actions.get_by_id(action).id == action
    both = client.request("GET", "/actions", params={"id": [action, own[0]["id"]]})["actions"]
    assert {a["id"] for a in both} == {action, own[0]["id"]}


def tour_offers(client: Client) -> None:
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
        with pytest.raises(APIException) as gone:
            client.request("GET", path)
        assert gone.value.code == "deprecated_api_endpoint"


def tour_ssh_keys(client: Client) -> None:
    key = client.ssh_keys.create("one", public_key("a"), labels={"a": "b"})
    assert client.ssh_keys.get_by_fingerprint(key.fingerprint).id == key.id
    assert client.ssh_keys.get_by_name("one").update(name="two").name == "two"
    assert client.ssh_keys.get_by_id(key.id).name == "two"
    assert key.delete()


def tour_power(client: Client) -> None:
    key = client.ssh_keys.create("key", public_key("k"))
    server = new_server(client, "power", ssh_keys=[key], user_data="#cloud-config\n", labels={"a": "b"})
    assert server.status == "running"
    done(server.shutdown())
    assert client.servers.get_by_name("power").status == "off"
    done(server.power_on(), server.reboot(), server.reset())
    done(server.power_off())
    assert server.update(name="power2", labels={"c": "d"}).labels == {"c": "d"}
    assert [s.id for s in client.servers.get_all(label_selector="c=d")] == [server.id]
    tour_actions_of(client, "", "servers", server.id)
    answer = server.delete()
    done(answer)


def tour_server_changes(client: Client) -> None:
    server = new_server(client, "changes", start_after_create=False)
    assert server.status == "off"
    group = client.placement_groups.create("group", "spread").placement_group
    done(server.add_to_placement_group(group))
    assert client.placement_groups.get_by_id(group.id).servers == [server.id]
    done(server.remove_from_placement_group())
    assert client.placement_groups.get_by_name("group").update(labels={"x": "y"}).labels == {"x": "y"}
    assert group.delete()
    done(server.change_type(ServerType(name="cx33"), upgrade_disk=True))
    server.reload()
    assert (server.status, server.server_type.name, server.primary_disk_size) == ("running", "cx33", 80)
    rebuilt = server.rebuild(Image(name="ubuntu-24.04"))
    assert rebuilt.root_password
    done(rebuilt.action)
    done(server.enable_backup())
    backup = server.create_image(description="nightly", type="backup")
    done(backup.action)
    assert [i.id for i in client.images.get_all(bound_to=[str(server.id)])] == [backup.image.id]
    assert backup.image.update(type="snapshot").type == "snapshot"
    done(server.disable_backup())
    snapshot = server.create_image(labels={"keep": "yes"})
    done(snapshot.action)
    done(snapshot.image.change_protection(delete=True), snapshot.image.change_protection(delete=False))
    tour_actions_of(client, "", "images", snapshot.image.id)
    assert snapshot.image.delete()
    done(server.change_protection(delete=True, rebuild=True), server.change_protection(delete=False, rebuild=False))
    done(server.delete())


def tour_server_extras(client: Client) -> None:
    server = new_server(client, "extras")
    assert server.enable_rescue().root_password
    done(server.disable_rescue())
    done(server.attach_iso(Iso(name="debian-13.1.0-amd64-netinst.iso")))
    server.reload()
    assert server.iso.name.startswith("debian")
    done(server.detach_iso())
    assert server.reset_password().root_password
    assert server.request_console().wss_url.startswith("wss://")
    done(server.change_dns_ptr(server.public_net.ipv4.ip, "one.example.com"))
    metrics = server.get_metrics(["cpu", "network"], **HOUR)
    assert "network.0.pps.in" in metrics.metrics.time_series
    done(server.delete())


def tour_volumes(client: Client) -> None:
    server = new_server(client, "volumes")
    first = client.volumes.create(10, "first", location=NBG, format="ext4")
    done(first.action)
    second = client.volumes.create(10, "second", server=server, automount=True)
    done(second.action, *second.next_actions)
    done(first.volume.attach(server))
    assert {v.id for v in client.servers.get_by_id(server.id).volumes} == {first.volume.id, second.volume.id}
    done(first.volume.detach())
    done(first.volume.resize(20))
    assert client.volumes.get_by_id(first.volume.id).size == 20
    assert client.volumes.get_by_name("first").update(labels={"a": "b"}).labels == {"a": "b"}
    done(first.volume.change_protection(delete=True), first.volume.change_protection(delete=False))
    tour_actions_of(client, "", "volumes", first.volume.id)
    assert first.volume.delete()
    done(server.delete())
    assert client.volumes.get_by_id(second.volume.id).server is None


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
    tour_actions_of(client, "", "networks", network.id)
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
    tour_actions_of(client, "", "firewalls", wall.id)
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
    tour_actions_of(client, "", "primary_ips", address.id)
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
    tour_actions_of(client, "", "floating_ips", address.id)
    done(address.unassign())
    assert address.delete()
    done(server.delete())


def tour_certificates(client: Client) -> None:
    pem, key = own_certificate("www.example.org")
    uploaded = client.certificates.create("own", pem, key)
    assert uploaded.domain_names == ["www.example.org"]
    assert client.certificates.get_by_name("own").update(name="mine").name == "mine"
    managed = client.certificates.create_managed("managed", ["www.example.com"])
    with pytest.raises(Exception, match="no DNS zone"):
        done(managed.action)
    zone = client.zones.create(name="example.com", mode="primary").zone
    done(managed.certificate.retry_issuance())
    assert client.certificates.get_by_id(managed.certificate.id).status.issuance == "completed"
    tour_actions_of(client, "", "certificates", managed.certificate.id)
    assert managed.certificate.delete()
    done(zone.delete().action)


def tour_load_balancers(client: Client) -> None:
    pem, key = own_certificate("balancer.example.org")
    certificate = client.certificates.create("balancer", pem, key)
    network = client.networks.create(
        "behind",
        "10.1.0.0/16",
        subnets=[NetworkSubnet(type="cloud", network_zone="eu-central", ip_range="10.1.0.0/24")],
    )
    server = new_server(client, "target", networks=[network], labels={"role": "web"})
    made = client.load_balancers.create(
        "balancer",
        LoadBalancerType(name="lb11"),
        location=NBG,
        algorithm=LoadBalancerAlgorithm("least_connections"),
        services=[LoadBalancerService(protocol="tcp", listen_port=22, destination_port=22)],
        targets=[LoadBalancerTarget(type="server", server=server)],
    )
    done(made.action)
    balancer = made.load_balancer
    assert balancer.targets[0].server.id == server.id
    health = LoadBalancerHealthCheck(
        protocol="http", port=80, interval=5, timeout=3, retries=2, http=LoadBalancerHealthCheckHttp(path="/up")
    )
    http = LoadBalancerService(protocol="http", listen_port=80, destination_port=8080, health_check=health)
    https = LoadBalancerService(
        protocol="https", listen_port=443, http=LoadBalancerServiceHttp(certificates=[certificate])
    )
    done(balancer.add_service(http), balancer.add_service(https))
    done(balancer.update_service(LoadBalancerService(listen_port=80, destination_port=8081)))
    assert client.load_balancers.get_by_id(balancer.id).services[1].destination_port == 8081
    used = client.request("GET", f"/certificates/{certificate.id}")["certificate"]["used_by"]
    assert used == [{"id": balancer.id, "type": "load_balancer"}]
    done(balancer.delete_service(LoadBalancerService(listen_port=443)))
    done(balancer.attach_to_network(network))
    selector = LoadBalancerTargetLabelSelector(selector="role=web")
    chosen = LoadBalancerTarget(type="label_selector", label_selector=selector, use_private_ip=True)
    plain = LoadBalancerTarget(type="ip", ip=LoadBalancerTargetIP(ip="192.0.2.7"))
    done(balancer.add_target(chosen), balancer.add_target(plain))
    assert client.load_balancers.get_by_name("balancer").targets[1].targets[0].server.id == server.id
    done(balancer.remove_target(plain), balancer.remove_target(LoadBalancerTarget(type="server", server=server)))
    done(balancer.disable_public_interface(), balancer.enable_public_interface())
    done(balancer.remove_target(chosen), balancer.detach_from_network(network))
    done(balancer.change_algorithm(LoadBalancerAlgorithm("round_robin")))
    done(balancer.change_type(LoadBalancerType(name="lb21")))
    done(balancer.change_dns_ptr(balancer.public_net.ipv4.ip, "lb.example.com"))
    done(balancer.change_protection(delete=True), balancer.change_protection(delete=False))
    assert balancer.update(name="weights").name == "weights"
    assert "bandwidth.in" in balancer.get_metrics("bandwidth", **HOUR).metrics.time_series
    tour_actions_of(client, "", "load_balancers", balancer.id)
    done(balancer.delete().action)


def tour_zones(client: Client) -> None:
    made = client.zones.create(name="example.net", mode="primary", ttl=600)
    done(made.action)
    zone = made.zone
    assert zone.update(labels={"a": "b"}).labels == {"a": "b"}
    records = [ZoneRecord(value="192.0.2.1", comment="first")]
    rrset = zone.create_rrset(name="www", type="A", records=records, labels={"r": "s"}).rrset
    done(client.zones.add_rrset_records(rrset, [ZoneRecord(value="192.0.2.2")], ttl=300))
    done(client.zones.update_rrset_records(rrset, [ZoneRecord(value="192.0.2.2", comment="second")]))
    done(client.zones.remove_rrset_records(rrset, [ZoneRecord(value="192.0.2.1")]))
    assert [r.comment for r in zone.get_rrset("www", "A").records] == ["second"]
    done(client.zones.set_rrset_records(rrset, records), client.zones.change_rrset_ttl(rrset, 120))
    done(
        client.zones.change_rrset_protection(rrset, change=True),
        client.zones.change_rrset_protection(rrset, change=False),
    )
    assert client.zones.update_rrset(rrset, labels={"t": "u"}).labels == {"t": "u"}
    assert [r.id for r in zone.get_rrset_all(type=["A"])] == ["www/A"]
    text = zone.export_zonefile().zonefile
    done(client.zones.delete_rrset(rrset).action)
    done(zone.import_zonefile(text), zone.change_ttl(7200))
    assert zone.get_rrset("www", "A").records[0].comment == "first"
    done(zone.change_protection(delete=True), zone.change_protection(delete=False))
    tour_actions_of(client, "example.net", "zones", zone.id)
    assert client.zones.get("example.net").id == zone.id
    primary = ZonePrimaryNameserver(address="192.0.2.53")
    second = client.zones.create(name="example.co.uk", mode="secondary", primary_nameservers=[primary]).zone
    done(second.change_primary_nameservers([ZonePrimaryNameserver(address="192.0.2.54", port=5353)]))
    done(second.delete().action, zone.delete().action)


TOURS = [tour for name, tour in list(globals().items()) if name.startswith("tour_") and name != "tour_actions_of"]


def test_every_built_operation_is_driven_and_keeps_the_contract(lab) -> None:
    client = hcloud(lab)
    for tour in TOURS:
        tour(client)
    listed(client)
    built = {route["operation"] for route in lab.routes()["hetzner"] if route["built"]}
    driven = {key.partition(".")[2] for key in lab.trace()["counts"] if key.startswith("hetzner.")}
    assert sorted(built - driven) == []


def listed(client: Client) -> None:
    """Every list, page by page."""
    kinds = [
        "servers",
        "volumes",
        "networks",
        "firewalls",
        "images",
        "primary_ips",
        "placement_groups",
        "ssh_keys",
        "floating_ips",
    ]
    kinds += ["load_balancers", "certificates", "zones", "locations", "server_types", "load_balancer_types", "isos"]
    for kind in kinds:
        resources: Any = getattr(client, kind)
        page = resources.get_list(page=1, per_page=1)
        assert page.meta.pagination.per_page == 1
        assert len(resources.get_all()) == page.meta.pagination.total_entries


def test_every_operation_of_the_document_is_known_to_the_lab(lab) -> None:
    contract = overlay.contract()
    if contract is None:
        pytest.skip("the vendor's document is not at hand (VDC_SPECS)")
    known = {route["operation"]: (route["method"], route["path"]) for route in lab.routes()["hetzner"]}
    assert contract.paths.items() <= known.items()


def own_certificate(domain: str) -> tuple[str, str]:
    """A self-signed certificate and its key, in PEM."""
    import datetime as dt

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, domain)])
    now = dt.datetime.now(dt.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + dt.timedelta(days=9))
    pem = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return pem.decode(), private.decode()
