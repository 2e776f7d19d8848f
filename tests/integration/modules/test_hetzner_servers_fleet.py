"""hetzner_servers: stock, protection, and exact fleets."""

from __future__ import annotations

import pytest
from support.hetzner_project import NEW_SERVER, steps

OURS = {"managed-by": "sovereign.vdc"}
pytestmark = pytest.mark.usefixtures("short_polls")


def test_fallback_locations_are_used_without_stock(servers, lab, project):
    lab.configure("hetzner", {"stock": {"cx23": {"fsn1": 2, "nbg1": 1}}})
    options = {"fallback_locations": ["nbg1", "hel1"], "concurrency": 1}
    result = servers("a", "b", "c", "d", **options)
    assert [server["location"] for server in result["servers"]] == ["fsn1", "fsn1", "nbg1", "hel1"]
    assert result["servers"][3]["price_monthly"] == "5.49"
    assert not servers("a", "b", "c", "d", **options)["changed"]


def test_missing_stock_in_all_locations_is_reported(servers, lab, project):
    lab.configure("hetzner", {"stock": {"cx23": {"fsn1": 0, "nbg1": 0}}})
    result = servers("a", "b", fallback_locations=["nbg1"])
    assert result["error"]["code"] == "resource_unavailable"
    assert "cx23 is out of stock in fsn1, nbg1" in result["msg"]
    assert project.servers() == {}


def test_protected_servers_are_not_deleted(servers, project):
    servers("a", delete_protection=True)
    assert servers("a", state="absent")["msg"] == (
        "delete_protection: server 'a' is protected against deletion; set delete_protection: false to delete it"
    )
    assert steps(servers("a", state="absent", delete_protection=False)) == ["a: unprotect", "a: delete"]


def test_exact_deletes_members_of_the_fleet_that_are_not_listed(servers, project):
    project.server("theirs", labels={"fleet": "web"})
    servers("other", fleet="db")
    servers("a", "b", "c", fleet="web")
    assert not servers("a", "b", fleet="web")["changed"]
    assert steps(servers("a", "d", fleet="web", exact=True)) == ["d: create", "b: delete", "c: delete"]
    assert set(project.servers()) == {"theirs", "other", "a", "d"}
    assert "server 'other' belongs to the fleet 'db', not to 'web'" in servers("other", fleet="web")["msg"]
    servers(fleet="web", exact=True)
    assert set(project.servers()) == {"theirs", "other"}


def test_a_protected_member_of_an_exact_fleet_is_rejected(servers):
    servers("a", fleet="web", delete_protection=True)
    assert "server 'a' is protected" in servers(fleet="web", exact=True)["msg"]


def test_without_wait_changes_are_only_started(run_module, lab, project):
    lab.settings(action_seconds=60)
    result = run_module("hetzner_servers", **NEW_SERVER, servers=[{"name": "a"}], wait=False)
    assert result["changed"]
    assert result["servers"][0]["status"] == "initializing"


def test_a_server_busy_with_another_clients_action_is_waited_for(servers, lab, project):
    lab.settings(action_seconds=0.5)
    project.server("a", labels=OURS)
    result = servers("a", labels={"role": "x"})
    assert not result["failed"], result["msg"]
    assert project.servers()["a"]["labels"]["role"] == "x"
