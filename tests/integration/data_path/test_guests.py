"""The state of both nodes while a tenant is active, as their own tools show it to testinfra.

Runs after ``test_a_writer``: acme has a stack, beta has only its volume and mount.
"""

from __future__ import annotations

import json
import re

import pytest
from testinfra.host import Host

from .conftest import COMPUTE, STORAGE, TENANTS, DataPath, Writer

pytestmark = [pytest.mark.machines, pytest.mark.usefixtures("writer")]


def client(tenant: str) -> str:
    """The tenant's client address, by the address plan."""
    return f"10.99.64.{TENANTS[tenant]['number']}"


def server(tenant: str) -> str:
    """The tenant's server address, by the address plan."""
    return f"10.99.128.{TENANTS[tenant]['number']}"


@pytest.fixture(scope="module")
def compute(site: DataPath) -> Host:
    """The compute node."""
    return site.host(COMPUTE)


@pytest.fixture(scope="module")
def storage(site: DataPath) -> Host:
    """The storage node."""
    return site.host(STORAGE)


@pytest.mark.parametrize("tenant", sorted(TENANTS))
def test_volume_is_mounted_hard_over_nfs_from_the_tenants_address(compute: Host, tenant: str) -> None:
    mount = compute.mount_point(f"/srv/vdc/{tenant}")
    assert (mount.filesystem, mount.device) == ("nfs4", f"{server(tenant)}:/srv/vdc/{tenant}")
    assert {"rw", "hard", "nosuid", "nodev", "vers=4.2"} <= set(mount.options)
    # An unused mount has no connection.
    compute.check_output(f"ls /srv/vdc/{tenant}")
    connections = compute.check_output(f"ss -H -n -t dst {server(tenant)} and dport = :2049").splitlines()
    assert {line.split()[3].rpartition(":")[0] for line in connections} == {client(tenant)}


@pytest.mark.parametrize("tenant", sorted(TENANTS))
def test_volume_is_exported_to_the_tenants_address_only(storage: Host, tenant: str) -> None:
    mount = storage.mount_point(f"/srv/vdc/{tenant}")
    assert (mount.filesystem, mount.device) == ("xfs", f"/dev/mapper/vdc_pool-t--{tenant}")
    exports = storage.check_output("exportfs -s").splitlines()
    (export,) = [line for line in exports if line.split()[0] == f"/srv/vdc/{tenant}"]
    assert re.findall(r"\s(\S+)\(", export) == [client(tenant)]
    uid = 100000 + 1000 * TENANTS[tenant]["number"]
    assert {"rw", "sync", "root_squash", f"anonuid={uid}", f"anongid={uid}"} <= set(
        export.partition("(")[2].rstrip(")").split(",")
    )


@pytest.mark.parametrize("node", [COMPUTE, STORAGE])
def test_wireguard_interface_has_the_tenants_addresses_and_one_peer(site: DataPath, node: str) -> None:
    host = site.host(node)
    address = client if node == COMPUTE else server
    assert {address(tenant) for tenant in TENANTS} <= set(host.interface("vdc0").addresses)
    (peer,) = host.check_output("wg show vdc0 dump").splitlines()[1:]
    allowed = peer.split("\t")[3].split(",")
    other = server if node == COMPUTE else client
    assert {f"{other(tenant)}/32" for tenant in TENANTS} < set(allowed)
    assert len(allowed) == len(TENANTS) + 1


def test_storage_node_listens_for_nfs_of_version_4_only(storage: Host) -> None:
    listeners = storage.socket.get_listening_sockets()
    ports = {listener.rpartition(":")[2] for listener in listeners if listener.startswith(("tcp", "udp"))}
    assert "2049" in ports
    assert not {"111", "20048"} & ports
    assert not storage.service("rpcbind").is_running


def test_compute_node_offers_only_ssh_on_public_addresses(compute: Host) -> None:
    loopback = ("tcp://127.", "tcp://::1")
    listeners = [one for one in compute.socket.get_listening_sockets() if one.startswith("tcp")]
    # The NFS client's package brings rpcbind, whose port the tunnel's firewall drops.
    assert {one.rpartition(":")[2] for one in listeners if not one.startswith(loopback)} - {"111"} == {"22"}
    rule = 'iifname != { "lo", "vdc0" } meta l4proto { tcp, udp } th dport { 111, 2049, 20048 } drop'
    assert rule in compute.check_output("nft list table inet vdc")


def test_tenants_container_runs_as_its_user_within_its_limits(compute: Host, writer: Writer) -> None:
    (inspected,) = json.loads(compute.check_output(f"docker inspect {writer.container}"))
    assert inspected["State"]["Running"]
    assert int(compute.check_output(f"stat -c %u /proc/{inspected['State']['Pid']}")) == 101000
    assert inspected["HostConfig"]["Memory"] > 0
    assert inspected["HostConfig"]["CapDrop"] == ["ALL"]
    assert inspected["HostConfig"]["ReadonlyRootfs"]


@pytest.mark.parametrize(
    ("node", "path", "mode"),
    [
        (COMPUTE, "/etc/vdc/tunnel/key", 0o600),
        (STORAGE, "/etc/vdc/tunnel/key", 0o600),
        (COMPUTE, "/etc/vdc/tunnel/tenants", 0o700),
        (STORAGE, "/etc/vdc/tunnel/tenants", 0o700),
    ],
)
def test_secrets_are_readable_by_root_only(site: DataPath, node: str, path: str, mode: int) -> None:
    file = site.host(node).file(path)
    assert (file.user, file.mode) == ("root", mode)


@pytest.mark.parametrize(
    ("node", "unit"),
    [
        (COMPUTE, "vdc-tunnel"),
        (STORAGE, "vdc-tunnel"),
        (COMPUTE, "vdc-tunnel-watch"),
        (STORAGE, "vdc-tunnel-watch"),
        (COMPUTE, "docker"),
        (STORAGE, "nfs-server"),
    ],
)
def test_service_runs_and_starts_at_boot(site: DataPath, node: str, unit: str) -> None:
    service = site.host(node).service(unit)
    assert service.is_running
    assert service.is_enabled
