"""Servers, their images and placement groups, by the official client."""

from __future__ import annotations

from hcloud import Client
from hcloud.images import Image
from hcloud.isos import Iso
from hcloud.server_types import ServerType

from support.hetzner import done, new_server, public_key
from support.hetzner_tours.common import HOUR, NBG, read_actions


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
    read_actions(client, "", "servers", server.id)
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
    read_actions(client, "", "images", snapshot.image.id)
    assert snapshot.image.delete()
    done(server.change_protection(delete=True, rebuild=True), server.change_protection(delete=False, rebuild=False))
    done(server.delete())


def tour_server_access(client: Client) -> None:
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
    read_actions(client, "", "volumes", first.volume.id)
    assert first.volume.delete()
    done(server.delete())
    assert client.volumes.get_by_id(second.volume.id).server is None
