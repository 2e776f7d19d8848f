"""Docker on a container host, as systemd, apt and Docker's client show it."""

from __future__ import annotations

import json

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
