"""Servers keep Hetzner's rules, and a rejected request leaves nothing behind."""

from __future__ import annotations

from typing import Any

from hcloud import Client
from support.hetzner import assert_rejected, done, new_server, new_stopped_server, server_request


def test_a_new_server_goes_through_its_states(lab, client: Client) -> None:
    lab.settings(action_seconds=100)
    answer = client.servers.create(**{**server_request(), **_client_request()})
    assert (answer.server.status, answer.server.data_model.locked) == ("initializing", True)
    assert [a.command for a in answer.next_actions] == ["start_server"]
    lab.clock(60)
    assert client.servers.get_by_name("one").status == "starting"
    assert client.actions.get_by_id(answer.action.id).status == "success"
    assert 50 <= client.actions.get_by_id(answer.next_actions[0].id).progress <= 95
    assert_rejected(client, "locked", "POST", f"/servers/{answer.server.id}/actions/poweroff")
    assert_rejected(client, "locked", "DELETE", f"/servers/{answer.server.id}")
    lab.clock(60)
    assert client.servers.get_by_name("one").status == "running"
    assert client.actions.get_by_id(answer.next_actions[0].id).progress == 100


def _client_request() -> dict[str, Any]:
    from hcloud.images import Image
    from hcloud.locations import Location
    from hcloud.server_types import ServerType

    return {"server_type": ServerType("cx23"), "image": Image(name="debian-13"), "location": Location(name="nbg1")}


def test_a_guest_may_ignore_a_shutdown(lab, client: Client) -> None:
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
    assert_rejected(client, "server_not_stopped", "POST", path, {"server_type": "cx33", "upgrade_disk": False})
    done(server.power_off())
    assert_rejected(client, "invalid_server_type", "POST", path, {"server_type": "cax21", "upgrade_disk": False})
    assert_rejected(client, "invalid_server_type", "POST", path, {"server_type": "cx23", "upgrade_disk": False})
    lab.configure("hetzner", {"stock": {"cx33": {"nbg1": False}}})
    assert_rejected(client, "resource_unavailable", "POST", path, {"server_type": "cx33", "upgrade_disk": False})
    lab.configure("hetzner", {"stock": {"cx33": {"nbg1": True}}})
    _rescale(client, server.id, "cx33", upgrade_disk=False)
    assert client.servers.get_by_id(server.id).primary_disk_size == 40
    _rescale(client, server.id, "cx23", upgrade_disk=False)
    _rescale(client, server.id, "cx33", upgrade_disk=True)
    done(client.servers.get_by_id(server.id).power_off())
    assert_rejected(client, "invalid_server_type", "POST", path, {"server_type": "cx23", "upgrade_disk": False})


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


def test_a_protected_server_is_neither_deleted_nor_rebuilt(client: Client) -> None:
    server = new_server(client, "one")
    path = f"/servers/{server.id}"
    assert_rejected(client, "invalid_input", "POST", f"{path}/actions/change_protection", {"delete": True})
    done(server.change_protection(delete=True, rebuild=True))
    assert_rejected(client, "protected", "DELETE", path)
    assert_rejected(client, "protected", "POST", f"{path}/actions/rebuild", {"image": "debian-13"})
    done(server.change_protection(delete=False, rebuild=False))
    done(server.delete())


def test_user_data_has_at_most_32_kib(client: Client) -> None:
    assert_rejected(client, "invalid_input", "POST", "/servers", server_request(user_data="x" * 32769))
    new_server(client, "one", user_data="x" * 32768)


def test_deleting_a_server_keeps_its_volumes_and_own_addresses_only(client: Client) -> None:
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


def test_a_rejected_server_leaves_nothing_behind(client: Client) -> None:
    assert_rejected(client, "invalid_input", "POST", "/servers", server_request(networks=[99]))
    assert_rejected(client, "invalid_input", "POST", "/servers", server_request(firewalls=[{"firewall": 99}]))
    nowhere = {"enable_ipv4": False, "enable_ipv6": False}
    assert_rejected(client, "invalid_input", "POST", "/servers", server_request(public_net=nowhere))
    assert client.servers.get_all() == client.primary_ips.get_all() == []


def test_a_placement_group_has_at_most_ten_servers(client: Client) -> None:
    group = client.placement_groups.create("group", "spread").placement_group
    for number in range(10):
        new_server(client, f"s{number}", placement_group=group)
    assert_rejected(client, "placement_error", "POST", "/servers", server_request("late", placement_group=group.id))
    running = f"/servers/{new_server(client, 'other').id}/actions/add_to_placement_group"
    assert_rejected(client, "server_not_stopped", "POST", running, {"placement_group": group.id})
    assert_rejected(
        client,
        "placement_error",
        "POST",
        f"{new_stopped_server(client, 'o')}/actions/add_to_placement_group",
        {"placement_group": group.id},
    )
    member = client.servers.get_by_name("s0")
    path = f"/servers/{member.id}/actions/add_to_placement_group"
    assert_rejected(client, "already_in_placement_group", "POST", path, {"placement_group": group.id})
