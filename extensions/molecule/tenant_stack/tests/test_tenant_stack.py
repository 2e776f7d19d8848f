"""A tenant's containers, as Docker, the kernel and the file system show them."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import pytest
from testinfra.host import Host


class Tenant(NamedTuple):
    """What a machine of the scenario runs."""

    name: str
    number: int
    services: set[str]
    ports: set[int]


TENANTS = {
    "debian-13": Tenant("acme", 7, {"web", "cache", "database", "dump"}, {20070, 20071, 20072, 20073}),
    "debian-12": Tenant("beta", 8, {"objectstore", "vectors", "graph", "agent"}, {20080, 20081, 20082, 20083, 20084}),
}


@pytest.fixture
def tenant(host: Host) -> Tenant:
    """The tenant of the machine."""
    return TENANTS[host.check_output("hostname")]


@pytest.fixture
def containers(host: Host, tenant: Tenant) -> dict[str, dict[str, Any]]:
    """``docker inspect`` of the tenant's containers, by service."""
    names = host.check_output(f"docker ps --all --quiet --filter label=tenant={tenant.name}").split()
    inspected = json.loads(host.check_output(f"docker inspect {' '.join(names)}"))
    return {one["Config"]["Labels"]["com.docker.compose.service"]: one for one in inspected}


def test_every_service_runs_and_is_healthy(tenant: Tenant, containers: dict[str, dict[str, Any]]) -> None:
    states = {service: one["State"]["Health"]["Status"] for service, one in containers.items()}
    assert states == dict.fromkeys(tenant.services, "healthy")


def test_containers_run_as_users_of_the_tenants_range(
    host: Host, tenant: Tenant, containers: dict[str, dict[str, Any]]
) -> None:
    first = 100000 + 1000 * tenant.number
    for service, one in containers.items():
        uid = int(host.check_output(f"stat -c %u /proc/{one['State']['Pid']}"))
        assert first < uid < first + 1000, service


def test_containers_have_no_capabilities(host: Host, containers: dict[str, dict[str, Any]]) -> None:
    for service, one in containers.items():
        status = host.file(f"/proc/{one['State']['Pid']}/status").content_string
        assert "CapBnd:\t0000000000000000" in status, service
        assert "NoNewPrivs:\t1" in status, service


def test_ports_listen_on_the_loopback_only(host: Host, tenant: Tenant) -> None:
    listening = host.check_output("ss --no-header --listening --tcp --numeric").splitlines()
    addresses = {line.split()[3] for line in listening}
    first = 20000 + 10 * tenant.number
    published = {address for address in addresses if first <= int(address.rpartition(":")[2]) < first + 10}
    assert published == {f"127.0.0.1:{port}" for port in tenant.ports}


def test_secrets_are_readable_by_their_container_only(host: Host, tenant: Tenant) -> None:
    directory = f"/var/lib/vdc/tenants/{tenant.name}"
    listed = host.check_output(f"find {directory} -type f -printf '%m %U %P\\n'").splitlines()
    modes = {path: (mode, int(uid)) for mode, uid, path in (line.split(maxsplit=2) for line in listed)}
    secrets = {
        path for path in modes if "password" in path or path in ("agent.json", "s3.json", "tls.key", "neo4j_auth")
    }
    assert secrets
    for path in secrets:
        mode, uid = modes[path]
        assert mode == "400", path
        assert uid > 100000, path


def test_passwords_are_in_no_environment_and_no_process_list(host: Host, tenant: Tenant) -> None:
    directory = f"/var/lib/vdc/tenants/{tenant.name}"
    file = "postgres_password" if tenant.name == "acme" else "neo4j_auth"
    password = host.file(f"{directory}/{file}").content_string.strip().removeprefix("neo4j/")
    assert len(password) == 32
    assert password not in host.check_output(
        "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n'"
    )


def test_tenants_cpus_are_limited(host: Host, tenant: Tenant) -> None:
    quota = host.check_output(f"systemctl show --property CPUQuotaPerSecUSec --value vdc-{tenant.number}.slice")
    assert quota == "1s"


def test_roots_are_read_only_and_temporary_file_systems_have_a_size(
    host: Host, containers: dict[str, dict[str, Any]]
) -> None:
    for service, one in containers.items():
        mounts = [line.split() for line in host.check_output(f"cat /proc/{one['State']['Pid']}/mounts").splitlines()]
        options = {where: words.split(",") for _, where, _, words, *_ in mounts}
        assert "ro" in options["/"], service
        temporary = one["HostConfig"]["Tmpfs"]
        assert temporary, service
        for where in temporary:
            assert "size=65536k" in options[where], (service, where)


def test_logs_have_a_size(containers: dict[str, dict[str, Any]]) -> None:
    for one in containers.values():
        assert one["HostConfig"]["LogConfig"] == {"Type": "local", "Config": {"max-file": "3", "max-size": "10m"}}


def test_the_tenant_is_limited_as_a_whole(host: Host, tenant: Tenant) -> None:
    shown = host.check_output(f"systemctl show --property MemoryMax,TasksMax vdc-{tenant.number}.slice").splitlines()
    assert "MemoryMax=1073741824" in shown
    assert "TasksMax=infinity" not in shown


def test_the_tenants_bandwidth_is_limited_on_its_own_bridge(host: Host, tenant: Tenant) -> None:
    bridge = f"vdct{tenant.number}"
    assert host.interface(bridge).exists
    rules = host.check_output(f"nft list table inet vdc_tenant_{tenant.number}")
    for direction in ("iifname", "oifname"):
        assert f'{direction} "{bridge}"' in rules
    assert rules.count("limit rate over 12500 kbytes/second") == 2


def test_containers_reach_each_other_but_not_their_node(
    host: Host, tenant: Tenant, containers: dict[str, dict[str, Any]]
) -> None:
    first, other = sorted(containers)[:2]
    assert host.run(
        f"nsenter -t {containers[first]['State']['Pid']} -n ping -c 1 -W 3 {_address(containers[other])}"
    ).succeeded
    for address in host.check_output("hostname -I").split():
        if ":" not in address:
            attempt = (
                f"nsenter -t {containers[first]['State']['Pid']} -n timeout 4 bash -c 'exec 3<>/dev/tcp/{address}/22'"
            )
            assert host.run(attempt).failed, address


def _address(container: dict[str, Any]) -> str:
    (network,) = container["NetworkSettings"]["Networks"].values()
    return network["IPAddress"]
