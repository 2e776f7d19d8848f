"""The tunnel on each node, as wg, ip, nft and systemd show it."""

from __future__ import annotations

import pytest
from testinfra.host import Host

NETWORK = "10.99."


@pytest.fixture
def storage(host: Host) -> bool:
    """Whether the host is a storage node."""
    return "storage" in host.check_output("hostname")


def test_private_key_is_readable_by_root_only(host: Host) -> None:
    key = host.file("/etc/vdc/tunnel/key")
    assert (key.user, key.group, key.mode) == ("root", "root", 0o600)


def test_interface_has_one_address_of_the_tunnels_network(host: Host) -> None:
    addresses = [address for address in host.interface("vdc0").addresses if address.startswith(NETWORK)]
    assert len(addresses) == 1


def test_node_has_only_the_peers_of_the_other_kind(host: Host) -> None:
    lines = host.check_output("wg show vdc0 dump").splitlines()[1:]
    assert len(lines) == 2
    for line in lines:
        allowed, handshake = line.split("\t")[3:5]
        assert len(allowed.split(",")) == 1, "the closed route of a tenant is still allowed"
        assert int(handshake) > 0


def test_peers_answer_through_the_tunnel(host: Host, storage: bool) -> None:
    for number in (1, 2):
        peer = f"10.99.16.{number}" if storage else f"10.99.0.{number}"
        assert host.run(f"ping -n -c 1 -w 10 {peer}").succeeded


def test_wireguard_listens_on_the_port(host: Host) -> None:
    assert "51820" in host.check_output("wg show vdc0 listen-port")


def test_firewall_forwards_nothing_through_the_tunnel(host: Host) -> None:
    rules = host.check_output("nft list table inet vdc")
    assert 'oifname "vdc0" drop' in rules
    assert 'iifname "vdc0" drop' in rules


def test_only_storage_nodes_accept_nfs_in_the_tunnel(host: Host, storage: bool) -> None:
    rules = host.check_output("nft list table inet vdc")
    assert ("tcp dport != 2049 drop" in rules) is storage


def test_tunnel_is_monitored_and_starts_at_boot(host: Host) -> None:
    assert host.service("vdc-tunnel").is_enabled
    assert host.service("vdc-tunnel-watch").is_enabled
    assert host.service("vdc-tunnel-watch").is_running
