"""The vendor's rules hold in the lab: each refused in the vendor's terms, nothing half-made left."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from hcloud import APIException, Client
from support.hetzner import done, hcloud, new_server, public_key
from vdclab.hetzner import overlay


@pytest.fixture
def client(lab) -> Client:
    """The vendor's client on an empty lab."""
    return hcloud(lab)


def refused(client: Client, code: str, method: str, path: str, body: dict[str, Any] | None = None) -> APIException:
    """The refusal of a call, which must bear ``code``."""
    with pytest.raises(APIException) as caught:
        client.request(method, path, json=body)
    assert caught.value.code == code, caught.value
    return caught.value


def order(name: str = "one", **more: Any) -> dict[str, Any]:
    """A valid request for a server."""
    return {"name": name, "server_type": "cx23", "image": "debian-13", "location": "nbg1", **more}


def off(client: Client, name: str, **more: Any) -> str:
    """The path of a new server that is off."""
    return f"/servers/{new_server(client, name, start_after_create=False, **more).id}"


# -- credentials, limits, errors -----------------------------------------------------------


def test_credentials(lab) -> None:
    url = lab.env["HCLOUD_ENDPOINT"]
    none = requests.get(f"{url}/servers", timeout=10)
    assert (none.status_code, none.json()["error"]["message"]) == (401, "token is required")
    bad = requests.get(f"{url}/servers", headers={"Authorization": "Bearer x"}, timeout=10)
    assert (bad.status_code, bad.json()["error"]["message"]) == (401, "the token you have provided is invalid")
    assert requests.get(f"{url}/nowhere", timeout=10).status_code == 404
    assert requests.patch(f"{url}/servers", timeout=10).status_code == 401


def test_rate_limit_tells_its_state(lab) -> None:
    lab.settings(rate_limit=2)
    url, token = f"{lab.env['HCLOUD_ENDPOINT']}/locations", {"Authorization": f"Bearer {lab.env['HCLOUD_TOKEN']}"}
    first = requests.get(url, headers=token, timeout=10)
    assert (first.headers["RateLimit-Limit"], first.headers["RateLimit-Remaining"]) == ("2", "1")
    requests.get(url, headers=token, timeout=10)
    over = requests.get(url, headers=token, timeout=10)
    assert (over.status_code, over.json()["error"]["code"]) == (429, "rate_limit_exceeded")
    assert over.headers["RateLimit-Remaining"] == "0"
    assert int(over.headers["RateLimit-Reset"]) > 1_700_000_000
    lab.clock(1800)
    assert requests.get(url, headers=token, timeout=10).status_code == 200


def test_a_request_that_breaks_the_document_names_its_field(client: Client) -> None:
    if overlay.path() is None:
        pytest.skip("the vendor's document is not at hand (VDC_SPECS)")
    wrong = refused(client, "invalid_input", "POST", "/servers", order(labels={"a": "b"}, volumes="x"))
    assert wrong.details["fields"][0]["name"] == "volumes"
    refused(client, "invalid_input", "POST", "/servers", {"name": "a"})
    with pytest.raises(APIException, match=r"'sort\.0'"):
        client.request("GET", "/servers", params={"sort": "labels"})


def test_what_is_not_there(client: Client) -> None:
    refused(client, "not_found", "GET", "/servers/999")
    refused(client, "not_found", "GET", "/servers/one")
    refused(client, "not_built", "GET", "/storage_boxes")


def test_quota_and_stock(lab, client: Client) -> None:
    lab.configure("hetzner", {"quota": {"servers": 1}, "stock": {"cx23": {"fsn1": 0, "nbg1": 1}}})
    gone = refused(client, "resource_unavailable", "POST", "/servers", order(location="fsn1"))
    assert "cx23" in gone.message
    assert not client.server_types.get_by_name("cx23").locations[0].available
    server = new_server(client, "one")
    limit = refused(client, "resource_limit_exceeded", "POST", "/servers", order("two"))
    assert limit.details == {"limits": [{"name": "server_limit"}]}
    lab.configure("hetzner", {"quota": {"servers": None}})
    refused(client, "resource_unavailable", "POST", "/servers", order("two"))
    done(server.delete())
    new_server(client, "two")
    assert len(client.primary_ips.get_all()) == 2


@pytest.mark.parametrize("name", ["cx11", "cx21", "cx22", "cx52", "cpx11", "nonsense"])
def test_types_that_are_gone(client: Client, name: str) -> None:
    assert "not found" in refused(client, "invalid_input", "POST", "/servers", order(server_type=name)).message


def test_a_type_that_retires(lab, client: Client) -> None:
    lab.configure("hetzner", {"retire": {"cx23": "2100-01-01T00:00:00Z"}})
    assert client.server_types.get_by_name("cx23").locations[0].deprecation.unavailable_after.year == 2100
    server = new_server(client, "one")
    lab.configure("hetzner", {"retire": {"cx23": "2020-01-01T00:00:00Z", "cx33": "2020-01-01T00:00:00Z"}})
    assert "deprecated" in refused(client, "invalid_input", "POST", "/servers", order("two")).message
    done(server.power_off())
    path = f"/servers/{server.id}/actions/change_type"
    refused(client, "invalid_server_type", "POST", path, {"server_type": "cx33", "upgrade_disk": False})


def test_types_and_places_that_do_not_meet(client: Client) -> None:
    refused(client, "invalid_input", "POST", "/servers", order(location="ash"))
    refused(client, "invalid_input", "POST", "/servers", order(location="mars"))
    refused(client, "invalid_input", "POST", "/servers", order(image="debian-1"))
    arm = client.images.get_by_name_and_architecture("debian-13", "arm")
    refused(client, "invalid_input", "POST", "/servers", order(image=arm.id))


# -- names, labels, lists ------------------------------------------------------------------


def test_names_and_fingerprints_are_unique(client: Client) -> None:
    new_server(client, "one")
    twice = refused(client, "uniqueness_error", "POST", "/servers", order())
    assert twice.details["fields"] == [{"name": "name"}]
    client.ssh_keys.create("key", public_key("a"))
    same = refused(client, "uniqueness_error", "POST", "/ssh_keys", {"name": "b", "public_key": public_key("a")})
    assert same.details["fields"] == [{"name": "public_key"}]
    refused(client, "uniqueness_error", "POST", "/ssh_keys", {"name": "key", "public_key": public_key("b")})
    refused(client, "invalid_input", "POST", "/ssh_keys", {"name": "c", "public_key": "ssh-ed25519 nonsense"})
    other = client.placement_groups.create("a", "spread").placement_group
    client.placement_groups.create("b", "spread")
    refused(client, "uniqueness_error", "PUT", f"/placement_groups/{other.id}", {"name": "b"})
    for name in ("-a", "a_b", "a" * 64, "a..b", ""):
        refused(client, "invalid_input", "POST", "/servers", order(name))


@pytest.mark.parametrize(
    "labels",
    [
        {"-a": "b"},
        {"a": "b c"},
        {"a" * 64: ""},
        {"a": "b" * 64},
        {"/a": ""},
        {"UPPER/a": ""},
        {"hetzner.cloud/a": "b"},
        {"a": "-"},
    ],
)
def test_labels_that_are_not_valid(client: Client, labels: dict[str, str]) -> None:
    refused(client, "invalid_input", "POST", "/placement_groups", {"name": "a", "type": "spread", "labels": labels})


@pytest.mark.parametrize(
    ("selector", "names"),
    [
        ("env", "ab"),
        ("!env", "c"),
        ("env=prod", "a"),
        ("env==prod", "a"),
        ("env!=prod", "bc"),
        ("env in (prod,test)", "ab"),
        ("env notin (prod, test)", "c"),
        ("env,example.com/tier=1", "a"),
        ("env in (prod),!example.com/tier", ""),
        ("env=prod,env!=prod", ""),
    ],
)
def test_label_selectors(client: Client, selector: str, names: str) -> None:
    for name, labels in {"a": {"env": "prod", "example.com/tier": "1"}, "b": {"env": "test"}, "c": {"x": ""}}.items():
        client.placement_groups.create(name, "spread", labels=labels)
    assert "".join(g.name for g in client.placement_groups.get_all(label_selector=selector)) == names


@pytest.mark.parametrize("selector", ["a=b=c", "a in b", ",", "a,,b", "a in (b", "=b", "!", "a b"])
def test_label_selectors_that_are_not_valid(client: Client, selector: str) -> None:
    with pytest.raises(APIException, match="label_selector"):
        client.placement_groups.get_all(label_selector=selector)


def test_lists_are_paged_and_sorted(client: Client) -> None:
    for number in range(55):
        client.placement_groups.create(f"g{number:02}", "spread")
    usual = client.placement_groups.get_list()
    assert (len(usual.placement_groups), usual.meta.pagination.next_page) == (25, 2)
    largest = client.placement_groups.get_list(per_page=999, page=2)
    assert (len(largest.placement_groups), largest.meta.pagination.per_page) == (5, 50)
    assert (largest.meta.pagination.previous_page, largest.meta.pagination.next_page) == (1, None)
    assert largest.meta.pagination.total_entries == 55
    backwards = client.placement_groups.get_list(sort=["name:desc"], per_page=1)
    assert backwards.placement_groups[0].name == "g54"
    assert client.placement_groups.get_list(page=99).placement_groups == []
    for query in ({"page": 0}, {"sort": "labels"}, {"per_page": "x"}):
        with pytest.raises(APIException):
            client.request("GET", "/placement_groups", params=query)


# -- servers -------------------------------------------------------------------------------


def test_a_new_server_goes_through_its_states(lab, client: Client) -> None:
    lab.settings(action_seconds=100)
    answer = client.servers.create(**{**order(), **_objects()})
    assert (answer.server.status, answer.server.data_model.locked) == ("initializing", True)
    assert [a.command for a in answer.next_actions] == ["start_server"]
    lab.clock(60)
    assert client.servers.get_by_name("one").status == "starting"
    assert client.actions.get_by_id(answer.action.id).status == "success"
    assert 50 <= client.actions.get_by_id(answer.next_actions[0].id).progress <= 95
    refused(client, "locked", "POST", f"/servers/{answer.server.id}/actions/poweroff")
    refused(client, "locked", "DELETE", f"/servers/{answer.server.id}")
    lab.clock(60)
    assert client.servers.get_by_name("one").status == "running"
    assert client.actions.get_by_id(answer.next_actions[0].id).progress == 100


def _objects() -> dict[str, Any]:
    from hcloud.images import Image
    from hcloud.locations import Location
    from hcloud.server_types import ServerType

    return {"server_type": ServerType("cx23"), "image": Image(name="debian-13"), "location": Location(name="nbg1")}


def test_a_shutdown_may_be_ignored(lab, client: Client) -> None:
    server = new_server(client, "one")
    lab.configure("hetzner", {"ignore_shutdown": True})
    done(server.shutdown())
    assert client.servers.get_by_name("one").status == "running"
    lab.configure("hetzner", {"ignore_shutdown": False})
    done(server.shutdown())
    assert client.servers.get_by_name("one").status == "off"


def test_a_type_changes_only_when_off_and_its_disk_never_shrinks(lab, client: Client) -> None:
    server = new_server(client, "one")
    path = f"/servers/{server.id}/actions/change_type"
    refused(client, "server_not_stopped", "POST", path, {"server_type": "cx33", "upgrade_disk": False})
    done(server.power_off())
    refused(client, "invalid_server_type", "POST", path, {"server_type": "cax21", "upgrade_disk": False})
    refused(client, "invalid_server_type", "POST", path, {"server_type": "cx23", "upgrade_disk": False})
    lab.configure("hetzner", {"stock": {"cx33": {"nbg1": False}}})
    refused(client, "resource_unavailable", "POST", path, {"server_type": "cx33", "upgrade_disk": False})
    lab.configure("hetzner", {"stock": {"cx33": {"nbg1": True}}})
    _rescale(client, server.id, "cx33", upgrade_disk=False)
    assert client.servers.get_by_id(server.id).primary_disk_size == 40
    _rescale(client, server.id, "cx23", upgrade_disk=False)
    _rescale(client, server.id, "cx33", upgrade_disk=True)
    done(client.servers.get_by_id(server.id).power_off())
    refused(client, "invalid_server_type", "POST", path, {"server_type": "cx23", "upgrade_disk": False})


def _rescale(client: Client, ident: int, name: str, upgrade_disk: bool) -> None:
    from hcloud.server_types import ServerType

    server = client.servers.get_by_id(ident)
    if server.status != "off":
        done(server.power_off())
    done(server.change_type(ServerType(name), upgrade_disk=upgrade_disk))


def test_a_server_keeps_its_price_until_it_is_rescaled(lab, client: Client) -> None:
    server = new_server(client, "one")
    lab.configure("hetzner", {"prices": {"cx23": {"monthly": "9.99"}, "cx33": {"monthly": "12.48"}}})
    assert client.server_types.get_by_name("cx23").prices[0]["price_monthly"]["net"] == "9.9900000000000000"
    assert _price(lab) == {"type": "cx23", "hourly": "0.0088", "monthly": "5.49"}
    done(server.power_off())
    _rescale(client, server.id, "cx33", upgrade_disk=False)
    assert _price(lab) == {"type": "cx33", "hourly": "0.0200", "monthly": "12.48"}


def _price(lab) -> dict[str, str]:
    return lab.state()["hetzner"]["servers"][0]["created_price"]


def test_protection(client: Client) -> None:
    server = new_server(client, "one")
    path = f"/servers/{server.id}"
    refused(client, "invalid_input", "POST", f"{path}/actions/change_protection", {"delete": True})
    done(server.change_protection(delete=True, rebuild=True))
    refused(client, "protected", "DELETE", path)
    refused(client, "protected", "POST", f"{path}/actions/rebuild", {"image": "debian-13"})
    done(server.change_protection(delete=False, rebuild=False))
    done(server.delete())


def test_user_data_is_limited(client: Client) -> None:
    refused(client, "invalid_input", "POST", "/servers", order(user_data="x" * 32769))
    new_server(client, "one", user_data="x" * 32768)


def test_what_belongs_to_a_server_goes_or_stays(client: Client) -> None:
    volume = client.volumes.create(10, "kept", location=client.locations.get_by_name("nbg1")).volume
    mine = client.primary_ips.create(
        type="ipv4", name="mine", location=client.locations.get_by_name("nbg1"), auto_delete=False
    ).primary_ip
    from hcloud.servers import ServerCreatePublicNetwork

    server = new_server(client, "one", volumes=[volume], public_net=ServerCreatePublicNetwork(ipv4=mine))
    assert server.public_net.ipv4.ip == mine.ip
    done(server.enable_backup(), server.create_image(type="backup").action)
    done(server.delete())
    assert client.volumes.get_by_name("kept").server is None
    assert [address.name for address in client.primary_ips.get_all()] == ["mine"]
    assert client.images.get_all(type=["backup"]) == []
    assert client.servers.get_all() == []


def test_nothing_is_left_of_a_refused_server(client: Client) -> None:
    refused(client, "invalid_input", "POST", "/servers", order(networks=[99]))
    refused(client, "invalid_input", "POST", "/servers", order(firewalls=[{"firewall": 99}]))
    nowhere = {"enable_ipv4": False, "enable_ipv6": False}
    refused(client, "invalid_input", "POST", "/servers", order(public_net=nowhere))
    assert client.servers.get_all() == client.primary_ips.get_all() == []


# -- what hangs on servers -----------------------------------------------------------------


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


# -- second ring ---------------------------------------------------------------------------


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
