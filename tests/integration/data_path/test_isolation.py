"""Attacks: from another tenant's container, as root with its address, as root on another node, and on the network.

acme is the victim. beta shares acme's node; gamma has another node, of which the attacker is root.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from support.guests import capture
from support.site import PLAYS
from support.waiting import wait_until

from .conftest import COMPUTE, STORAGE, TENANTS, DataPath

pytestmark = pytest.mark.machines

OTHER = "lab-compute-2"
GAMMA = {"gamma": {"number": 3, "node": OTHER, "gib": 1}}
MARKER = "acme-marker-4711"
IMAGE = "203.0.113.1:5000/lab/python:trixie"
KEPT = "/var/lib/vdc/tenants/victim"
# Addresses of the plan: nodes, then clients and servers by tenant.
NODE, VICTIM_NODE = "10.99.0.1", "10.99.16.1"
CLIENT = {"acme": "10.99.64.1", "beta": "10.99.64.2"}
SERVER = {"acme": "10.99.128.1", "beta": "10.99.128.2", "gamma": "10.99.128.3"}
VICTIM = f"""set -e
for name in acme beta; do docker network inspect $name > /dev/null 2>&1 || docker network create $name; done
docker run --quiet --detach --name victim --user 101000:101000 --network acme --volume /srv/vdc/acme:/data {IMAGE} \
  python3 -m http.server --directory /data 8000
docker run --quiet --detach --name rival --network beta --volume /srv/vdc/beta:/data {IMAGE} sleep 10000
docker exec victim sh -c 'umask 077; echo {MARKER} > /data/secret'
docker inspect --format '{{{{range .NetworkSettings.Networks}}}}{{{{.IPAddress}}}}{{{{end}}}}' victim
"""
# Mounts $1, shows its content and unmounts it.
MOUNT = """mount_and_show() {
  directory=$(mktemp -d)
  timeout 60 mount -t vdc -o vers=4.2,proto=tcp,soft,timeo=30,retrans=1,retry=0 "$1" $directory || return 1
  ls -R $directory; cat $directory/secret; umount -l $directory
}
"""


def mounts(source: str) -> str:
    return f"{MOUNT} mount_and_show {source}"


def connects(host: str, port: int) -> str:
    return f"timeout 5 bash -c 'exec 3<> /dev/tcp/{host}/{port} && echo {MARKER}'"


def in_rival(command: str) -> str:
    return f"docker exec rival {command}"


def rival_connects(host: str, port: int) -> str:
    program = f'import socket; socket.create_connection(("{host}", {port}), 5); print("{MARKER}")'
    return in_rival(f"python3 -c '{program}'")


@pytest.fixture(scope="module")
def victim(site: DataPath) -> Iterator[str]:
    """The address of acme's container; the second node with gamma exists, too."""
    site.deploy_paths({**TENANTS, **GAMMA, "acme": {**TENANTS["acme"], "gib": 2}}, "-e", "compute_nodes_count=2")
    site.read_addresses()
    secret = {"path": KEPT, "files": [{"path": "password", "content": MARKER, "owner": 101000}]}
    assert site.module(COMPUTE, "sovereign.vdc.file_tree", secret)["changed"]
    yield site.check_output(COMPUTE, VICTIM).splitlines()[-1]
    site.check_output(COMPUTE, "docker rm --force victim rival")


def assert_denied(site: DataPath, node: str, command: str) -> None:
    done = site.run_command(node, command)
    assert "acme" not in done.stdout, done.stdout
    assert done.returncode, f"{command}: {done.stdout}"


def test_the_same_commands_succeed_for_the_tenant_itself(site: DataPath, victim: str) -> None:
    """Otherwise the attacks below could fail for another reason."""
    assert MARKER in site.check_output(COMPUTE, mounts(f"{SERVER['acme']}:/srv/vdc/acme"))
    assert MARKER in site.check_output(COMPUTE, connects(SERVER["acme"], 2049))
    assert MARKER in site.check_output(COMPUTE, in_rival("ls /data > /dev/null") + f" && echo {MARKER}")
    fetch = f'import socket; socket.create_connection(("{victim}", 8000), 5); print("{MARKER}")'
    assert MARKER in site.check_output(COMPUTE, f"docker exec victim python3 -c '{fetch}'")


@pytest.mark.parametrize(
    "command",
    [
        in_rival("cat /data/../acme/secret"),
        in_rival("ls /srv/vdc"),
        in_rival(f"cat {KEPT}/password"),
        in_rival("ls /var/run/docker.sock"),
        rival_connects(NODE, 2049),
        rival_connects(SERVER["acme"], 2049),
        rival_connects(SERVER["beta"], 2049),
        rival_connects(VICTIM_NODE, 22),
    ],
)
@pytest.mark.usefixtures("victim")
def test_another_tenants_container_has_no_access(site: DataPath, command: str) -> None:
    assert_denied(site, COMPUTE, command)


def test_another_tenants_container_cannot_connect_to_the_tenants(site: DataPath, victim: str) -> None:
    for host, port in ((victim, 8000), (site.address[STORAGE], 2049)):
        assert_denied(site, COMPUTE, rival_connects(host, port))


@pytest.mark.usefixtures("victim")
def test_a_container_reaches_no_service_of_its_node(site: DataPath) -> None:
    """SSH and a port that answers everywhere on the node, at each of its addresses."""
    site.check_output(COMPUTE, "systemd-run --quiet --unit=exporter python3 -m http.server 9100")
    try:
        addresses = [one for one in site.check_output(COMPUTE, "hostname -I").split() if ":" not in one]
        assert len(addresses) > 3
        for address in addresses:
            wait_until(60, partial(_connects_from_node, site, address), f"the node connects to {address}")
            for port in (22, 9100):
                assert_denied(site, COMPUTE, rival_connects(address, port))
    finally:
        site.check_output(COMPUTE, "systemctl stop exporter")


def _connects_from_node(site: DataPath, address: str) -> bool:
    return MARKER in site.run_command(COMPUTE, connects(address, 9100)).stdout


@pytest.mark.usefixtures("victim")
def test_a_container_reaches_no_private_address_of_another_node(site: DataPath) -> None:
    private = site.check_output(OTHER, "hostname -I | tr ' ' '\\n' | grep ^10[.]20")
    assert MARKER in site.check_output(COMPUTE, connects(private, 22))
    assert_denied(site, COMPUTE, rival_connects(private, 22))
    assert_denied(site, COMPUTE, rival_connects("169.254.169.254", 80))


@pytest.mark.usefixtures("victim")
def test_the_role_finds_a_hole_in_the_isolation(site: DataPath) -> None:
    verify = ("data_path", "--tags", "verify", "--limit", COMPUTE)
    site.assert_ok(f"{PLAYS}/{verify[0]}", "-e", '{"tenants": {}}', *verify[1:])
    site.check_output(
        COMPUTE, "systemctl stop vdc-container-firewall-watch.timer; nft delete table inet vdc_containers"
    )
    try:
        failed = site.run(f"{PLAYS}/{verify[0]}", "-e", '{"tenants": {}}', *verify[1:])
    finally:
        site.check_output(COMPUTE, "vdc-container-firewall repair; systemctl start vdc-container-firewall-watch.timer")
    assert not failed.ok
    assert "are not isolated: the firewall is missing or changed" in failed.error
    assert "port 22" in failed.error


@pytest.mark.usefixtures("victim")
def test_containers_stay_isolated_when_docker_restarts(site: DataPath) -> None:
    site.check_output(COMPUTE, "systemctl restart docker; vdc-container-firewall check")
    assert_denied(site, COMPUTE, rival_connects(site.address[COMPUTE], 22))


@pytest.mark.usefixtures("victim")
def test_another_tenants_container_cannot_mount(site: DataPath) -> None:
    call = (
        "import ctypes; libc = ctypes.CDLL(None, use_errno=True);"
        f'print(libc.mount(b":/srv/vdc/acme", b"/data", b"nfs4", 0, b"vers=4.2,addr={SERVER["acme"]}"), ctypes.get_errno())'
    )
    assert site.check_output(COMPUTE, in_rival(f"python3 -c '{call}'")) == "-1 1"  # EPERM


@pytest.mark.parametrize(
    "command",
    [
        "ls /srv/vdc/acme",
        "cat /srv/vdc/acme/secret",
        "touch /srv/vdc/acme/mine",
        f"ls {KEPT}",
        f"cat {KEPT}/password",
        "ls /etc/vdc/tunnel",
    ],
)
@pytest.mark.usefixtures("victim")
def test_another_tenants_user_reads_nothing_outside_its_container(site: DataPath, command: str) -> None:
    assert_denied(site, COMPUTE, f"setpriv --reuid=102000 --regid=102000 --clear-groups {command}")


@pytest.mark.parametrize("source", [f"{SERVER['beta']}:/srv/vdc/acme", f"{NODE}:/srv/vdc/acme"])
@pytest.mark.usefixtures("victim")
def test_another_tenants_address_cannot_mount(site: DataPath, source: str) -> None:
    assert_denied(site, COMPUTE, mounts(source))


@pytest.mark.parametrize("node", [COMPUTE, OTHER])
@pytest.mark.usefixtures("victim")
def test_exports_are_not_listed_to_others(site: DataPath, node: str) -> None:
    server = SERVER["beta" if node == COMPUTE else "gamma"]
    listed = site.run_command(node, mounts(f"{server}:/")).stdout
    assert "vdc" in listed
    assert "acme" not in listed
    # Older versions are listed by rpcbind, which showmount uses.
    assert_denied(site, node, connects(server, 111))


@pytest.mark.parametrize("source", [f"{SERVER['gamma']}:/srv/vdc/acme", f"{NODE}:/srv/vdc/acme"])
@pytest.mark.usefixtures("victim")
def test_another_nodes_addresses_cannot_mount(site: DataPath, source: str) -> None:
    assert_denied(site, OTHER, mounts(source))


@pytest.mark.usefixtures("victim")
def test_another_node_cannot_take_the_tenants_address(site: DataPath) -> None:
    """Root adds the address, the route and WireGuard's allowed addresses; the storage node still rejects the traffic."""
    peer = site.check_output(OTHER, "wg show vdc0 peers")
    addresses = ",".join(f"{address}/32" for address in (NODE, SERVER["gamma"], SERVER["acme"]))
    site.check_output(
        OTHER,
        f"wg set vdc0 peer {peer} allowed-ips {addresses}; ip address add {CLIENT['acme']}/32 dev vdc0;"
        f"ip route add {SERVER['acme']}/32 dev vdc0 src {CLIENT['acme']}",
    )
    try:
        assert_denied(site, OTHER, mounts(f"{SERVER['acme']}:/srv/vdc/acme"))
        assert_denied(site, OTHER, connects(SERVER["acme"], 2049))
    finally:
        site.check_output(OTHER, "vdc-tunnel apply")
    assert CLIENT["acme"] not in site.check_output(OTHER, "ip address show dev vdc0; ip route; wg show")


def test_another_node_reaches_neither_containers_nor_credentials(site: DataPath, victim: str) -> None:
    assert_denied(site, OTHER, "ls /srv/vdc/acme")
    assert_denied(site, OTHER, f"ls {KEPT}")
    for host, port in ((victim, 8000), (site.address[COMPUTE], 8000), (VICTIM_NODE, 22)):
        assert_denied(site, OTHER, connects(host, port))


@pytest.mark.parametrize("port", [111, 2049, 20048])
@pytest.mark.usefixtures("victim")
def test_nfs_is_on_no_public_address(site: DataPath, port: int) -> None:
    assert_denied(site, OTHER, connects(site.address[STORAGE], port))
    knock = f'import socket; socket.create_connection(("{site.address[STORAGE]}", {port}), 4)'
    assert subprocess.run(site.inside("python3", "-c", knock), capture_output=True, check=False).returncode


@pytest.mark.usefixtures("victim")
def test_storage_node_offers_only_nfs_in_the_tunnel(site: DataPath) -> None:
    assert_denied(site, COMPUTE, connects(NODE, 22))


@pytest.mark.usefixtures("victim")
def test_traffic_between_nodes_is_encrypted(site: DataPath, tmp_path: Path) -> None:
    with capture(site, tmp_path / "frames") as frames:
        site.check_output(COMPUTE, f"docker exec victim sh -c 'seq 200 | sed s/^/{MARKER}-/ > /data/marked'; sync")
        site.check_output(COMPUTE, "echo 3 > /proc/sys/vm/drop_caches")
        assert site.check_output(COMPUTE, "docker exec victim cat /data/marked").count(MARKER) == 200
        assert site.check_output(STORAGE, "cat /srv/vdc/acme/marked").count(MARKER) == 200
        time.sleep(1)
    seen = frames.read_bytes()
    assert len(seen) > 10000
    assert MARKER.encode() not in seen
