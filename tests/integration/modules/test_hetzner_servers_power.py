"""hetzner_servers: power, rescaling, and runs that died in between."""

from __future__ import annotations

import pytest
from support.hetzner_project import steps

pytestmark = pytest.mark.usefixtures("short_polls")


def test_servers_are_started_and_stopped_gracefully(servers, lab):
    lab.settings(action_seconds=0.1)
    servers("a", "b", "c")
    assert steps(servers("a", "b", "c", state="stopped")) == ["a: shut down", "b: shut down", "c: shut down"]
    assert not servers("a", state="stopped")["changed"]
    assert not servers("a")["changed"]
    assert steps(servers("a", state="started")) == ["a: start"]


def test_a_guest_that_does_not_react_is_powered_off(servers, lab):
    servers("a")
    lab.configure("hetzner", {"ignore_shutdown": True})
    assert steps(servers("a", state="stopped", shutdown_timeout=0.1)) == ["a: shut down", "a: power off"]


def test_a_guest_that_does_not_react_stays_on_without_force_poweroff(servers, lab, project):
    servers("a", "b")
    lab.configure("hetzner", {"ignore_shutdown": True})
    result = servers("a", "b", state="stopped", shutdown_timeout=0.1, force_poweroff=False)
    assert result["error"]["code"] == "shutdown_timeout"
    assert "a: it did not shut down within 0.1 seconds; force_poweroff: true would" in result["msg"]
    assert set(result["failed_resources"]) == {"a", "b"}
    assert project.servers()["a"]["status"] == "running"


def test_a_shutdown_timeout_of_zero_powers_off_at_once(servers):
    servers("a")
    assert steps(servers("a", state="stopped", shutdown_timeout=0)) == ["a: power off"]


def test_a_server_can_be_created_stopped(servers, project):
    assert steps(servers("a", state="stopped")) == ["a: create"]
    assert project.servers()["a"]["status"] == "off"


def test_a_server_is_rescaled_up_and_down(servers, project):
    servers("a")
    rejected = servers("a", server_type="cx33")
    assert rejected["msg"] == (
        "allow_restart: 'a' must be stopped to change its server_type (cx23 to cx33); allow_restart: true confirms"
    )
    for kind in ("cx33", "cx43", "cx23"):
        result = servers("a", server_type=kind, allow_restart=True)
        assert steps(result)[-1] == "a: update"
        server = project.servers()["a"]
        assert (server["server_type"]["name"], server["status"], server["primary_disk_size"]) == (kind, "running", 40)
        assert server["labels"]["price-type"] == kind
        assert "resume" not in server["labels"]


def test_a_grown_disk_prevents_scaling_down(servers):
    servers("a", state="stopped")
    assert not servers("a", state="stopped", server_type="cx33", upgrade_disk=True)["failed"]
    result = servers("a", state="stopped")
    assert "server_type: the disk of a has 80 GB and cx23 has room for 40 GB" in result["msg"]


def test_a_server_that_was_off_stays_off(servers, project):
    servers("a", state="stopped")
    servers("a", server_type="cx33")
    server = project.servers()["a"]
    assert (server["server_type"]["name"], server["status"]) == ("cx33", "off")


def test_an_arm_server_cannot_become_x86(servers):
    servers("a", server_type="cax11")
    assert "is arm and cannot become cx23, which is x86" in servers("a", allow_restart=True)["msg"]


def test_another_run_starts_a_server_that_a_dead_run_left_off(servers, lab, project):
    servers("a")
    lab.faults([{"operation": "change_server_type", "status": 422, "code": "invalid_server_type", "message": "no"}])
    assert servers("a", server_type="cx33", allow_restart=True)["failed"]
    server = project.servers()["a"]
    assert (server["status"], server["labels"]["resume"]) == ("off", "start")
    lab.faults([])
    assert not servers("a", server_type="cx33", allow_restart=True)["failed"]
    server = project.servers()["a"]
    assert (server["status"], server["server_type"]["name"]) == ("running", "cx33")
    assert "resume" not in server["labels"]


def test_a_server_keeps_its_recorded_price_until_the_rescale(servers, lab, project):
    servers("a")
    lab.configure("hetzner", {"prices": {"cx23": {"monthly": "6.49"}, "cx33": {"monthly": "9.99"}}})
    assert not servers("a")["changed"]
    assert project.servers()["a"]["labels"]["price-monthly"] == "5.49"
    servers("a", server_type="cx33", allow_restart=True)
    assert project.servers()["a"]["labels"]["price-monthly"] == "9.99"
