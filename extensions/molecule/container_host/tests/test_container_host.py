"""Docker on a container host, as systemd, apt and Docker's client show it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from testinfra.host import Host


def test_docker_runs_and_starts_at_boot(host: Host) -> None:
    assert host.service("docker").is_running
    assert host.service("docker").is_enabled


def test_compose_plugin_answers(host: Host) -> None:
    assert host.run("docker compose version --short").succeeded


def test_docker_comes_from_the_expected_package(host: Host) -> None:
    expected = {"trixie": "docker.io", "bookworm": "docker-ce"}[host.system_info.codename]
    assert host.package(expected).is_installed


def test_daemon_runs_with_its_settings_and_limits(host: Host) -> None:
    info = json.loads(host.check_output("docker info --format json"))
    assert (info["LiveRestoreEnabled"], info["LoggingDriver"]) == (True, "local")
    assert (info["MemoryLimit"], info["CpuCfsQuota"]) == (True, True)


def test_settings_are_writable_by_root_only(host: Host) -> None:
    settings = host.file("/etc/docker/daemon.json")
    assert (settings.user, settings.mode) == ("root", 0o644)


def test_daemon_is_not_reachable_over_the_network(host: Host) -> None:
    assert not [listener for listener in host.socket.get_listening_sockets() if listener.endswith((":2375", ":2376"))]
    assert host.file("/run/docker.sock").mode == 0o660


CONNECT = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 4)"


@pytest.fixture
def guest(host: Host) -> Iterator[Callable[[str, int], bool]]:
    """A stand-in for a container at Docker's default bridge: ``guest(address, port)`` tells whether it can connect."""
    bridge = host.check_output("ip -4 -o address show dev docker0 | awk '{ print $4 }'").partition("/")[0]
    own = bridge.rpartition(".")[0] + ".77"
    host.check_output(
        "ip netns add guest && ip link add guest0 type veth peer name eth0 netns guest && "
        "ip link set guest0 master docker0 up && ip -n guest link set eth0 up && "
        f"ip -n guest address add {own}/16 dev eth0 && ip -n guest route add default via {bridge}"
    )
    yield lambda address, port: host.run(f"ip netns exec guest python3 -c '{CONNECT}' {address} {port}").succeeded
    host.check_output("ip netns delete guest")


def test_containers_cannot_connect_to_their_node(host: Host, guest: Callable[[str, int], bool]) -> None:
    own = host.check_output("hostname -I").split()
    addresses = [address for address in own if ":" not in address]
    assert len(addresses) >= 2
    assert not any(guest(address, 22) for address in addresses)
    # The same connections succeed without the rules, and fail again as soon as the watch has repaired them.
    host.check_output("nft delete table inet vdc_containers")
    assert all(guest(address, 22) for address in addresses)
    host.check_output("systemctl start vdc-container-firewall-watch.service")
    assert not any(guest(address, 22) for address in addresses)


def test_containers_cannot_connect_to_the_nodes_network(host: Host, guest: Callable[[str, int], bool]) -> None:
    """The default gateway stands for another machine in the node's private network."""
    gateway = host.check_output("ip route show default | awk '{ print $3 }'")
    listening = host.run(f"python3 -c '{CONNECT}' {gateway} 22").succeeded
    host.check_output("nft delete table inet vdc_containers")
    assert guest(gateway, 22) == listening
    host.check_output("vdc-container-firewall repair")
    assert not guest(gateway, 22)
    assert not guest("169.254.169.254", 80)


def test_containers_may_ask_the_nodes_name_server(host: Host, guest: Callable[[str, int], bool]) -> None:
    server = host.check_output("sed -n 's/^nameserver //p' /etc/resolv.conf | head -1")
    assert guest(server, 53) == host.run(f"python3 -c '{CONNECT}' {server} 53").succeeded


def test_the_firewall_survives_docker_and_a_reload_of_all_rules(host: Host) -> None:
    host.check_output("systemctl reload vdc-container-firewall.service && vdc-container-firewall check")
    host.check_output("nft delete table bridge vdc_containers")
    assert host.run("vdc-container-firewall check").failed
    assert "loaded again" in host.check_output("vdc-container-firewall repair")
    host.check_output("vdc-container-firewall check")


def test_docker_starts_with_the_firewall_only(host: Host) -> None:
    wanted = host.file("/etc/systemd/system/docker.service.requires/vdc-container-firewall.service")
    assert wanted.is_symlink
    assert host.file("/etc/systemd/system/multi-user.target.wants/vdc-container-firewall-watch.timer").is_symlink
    assert host.service("vdc-container-firewall-watch.timer").is_running
